"""`--report` with a folder writes an index of the pages that lie there, also of calls before."""

from __future__ import annotations

from pathlib import Path

import pytest

from pleura.batch.engine import BatchOptions, SegmenterOptions, segment_batch
from pleura.batch.plan import plan
from pleura.errors import UnwritableOutput


def segmented(paths: list[str], output: str | None, **options: bool) -> None:
    jobs = plan(paths, Path(output) if output else None)
    list(segment_batch(jobs, SegmenterOptions(), BatchOptions(report=True, **options)))


@pytest.fixture
def here(network, scan: Path, elsewhere: Path) -> Path:
    (elsewhere / "a.nii.gz").write_bytes(scan.read_bytes())
    (elsewhere / "b.nii.gz").write_bytes(scan.read_bytes())
    (elsewhere / "bad.nii").write_bytes(b"nothing")
    return elsewhere


def test_folder_gets_a_page_a_scan_and_an_index_with_what_failed(here: Path) -> None:
    segmented(["a.nii.gz", "bad.nii"], "out")
    assert {path.name for path in (here / "out").glob("*.html")} == {"a_lungs.html", "index.html"}
    text = (here / "out/index.html").read_text()
    assert 'href="a_lungs.html"' in text
    assert "bad.nii" in text


def test_index_holds_what_calls_before_have_written(here: Path) -> None:
    segmented(["a.nii.gz"], "out")
    segmented(["b.nii.gz"], "out", resume=True)
    text = (here / "out/index.html").read_text()
    assert 'href="a_lungs.html"' in text
    assert 'href="b_lungs.html"' in text


@pytest.mark.parametrize("output", [None, "lungs.nii.gz"])
def test_one_mask_has_a_page_beside_it_and_no_index(here: Path, output: str | None) -> None:
    segmented(["a.nii.gz"], output)
    name = "lungs.html" if output else "a_lungs.html"
    assert [path.name for path in here.glob("*.html")] == [name]


def test_index_of_other_making_is_kept(here: Path) -> None:
    (here / "out").mkdir()
    (here / "out/index.html").write_text("<p>mine</p>")
    with pytest.raises(UnwritableOutput, match="is not an earlier result") as caught:
        segmented(["a.nii.gz"], "out")
    assert caught.value.code == "output-exists"
    assert (here / "out/index.html").read_text() == "<p>mine</p>"
    assert not (here / "out/a_lungs.nii.gz").exists()


def test_page_that_is_lost_or_cut_is_made_again(here: Path) -> None:
    segmented(["a.nii.gz"], "out")
    page = here / "out/a_lungs.html"
    whole = page.read_bytes()
    page.write_bytes(whole[: len(whole) // 2])
    segmented(["a.nii.gz"], "out", resume=True)
    assert page.read_bytes() == whole
    page.unlink()
    segmented(["a.nii.gz"], "out", resume=True)
    assert page.read_bytes() == whole
