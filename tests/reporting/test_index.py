"""The index over many pages: the worst first, what failed too, links that hold, and nothing of other making."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from pleura.quality import ExpectedDice, Quality
from pleura.reporting.index import Failure, index_page, write_index
from pleura.segmentation import Segmentation

pytestmark = pytest.mark.usefixtures("small_pictures")


@pytest.fixture
def pages(picture: Segmentation, tmp_path: Path) -> Path:
    """Return a folder with two pages, one of another call in a folder below, and a page of other making."""
    verdicts = {"a b_lungs": ("good", 0.98), "c_lungs": ("reject", 0.5), "deep/lungs": ("check", 0.9)}
    for name, (verdict, dice) in verdicts.items():
        quality = Quality(verdict, {"both lungs": ExpectedDice(dice, dice, dice)})
        (tmp_path / name).parent.mkdir(exist_ok=True)
        replace(picture, quality=quality).report(tmp_path / f"{name}.html")
    (tmp_path / "other.html").write_text("<p>of other making</p>")
    return tmp_path


def test_failed_scans_and_the_worst_masks_come_first(pages: Path) -> None:
    text = write_index(pages, [Failure("d.nii.gz", "d.nii.gz: <broken>")]).read_text(encoding="utf-8")
    rows = re.findall(r'<th scope="row">(.*?)</th><td data-value="\d+" class="\w+">(.*?)</td>', text)
    assert [re.sub("<.*?>", "", name) for name, _ in rows] == ["d.nii.gz", "c_lungs", "a b_lungs"]
    assert [verdict for _, verdict in rows] == ["failed", "reject", "good"]
    assert "<td>&lt;broken&gt;</td>" in text  # the name stands before it already
    assert "of other making" not in text


def test_links_lead_to_the_pages(pages: Path) -> None:
    text = write_index(pages).read_text(encoding="utf-8")
    assert re.findall(r'<a href="([^"]*)"', text) == ["c_lungs.html", "a%20b_lungs.html"]


def test_index_of_a_batch_lists_the_folders_that_it_names_and_no_other(pages: Path) -> None:
    text = write_index(pages, names={"deep": "patients/7", "gone": "patients/8"}).read_text(encoding="utf-8")
    assert re.findall(r'<a href="([^"]*)">([^<]*)', text) == [("deep/lungs.html", "patients/7")]


def test_page_that_is_a_link_is_not_of_the_folder(pages: Path) -> None:
    (pages / "linked.html").symlink_to("deep/lungs.html")
    assert "linked" not in write_index(pages).read_text(encoding="utf-8")


def test_index_is_made_anew_and_does_not_list_itself(pages: Path) -> None:
    first = write_index(pages).read_bytes()
    assert write_index(pages).read_bytes() == first
    assert b"pleura " in first[:512]


@pytest.mark.parametrize(
    "changed",
    [
        {"flags": 3},
        {"warnings": "text"},
        {"flags": [{"code": "x"}]},
        {"dice": "high"},
        {"dice": float("nan")},
        {"mean_hu": 10**400},
        {"volume_ml": [1]},
        {"verdict": ["good"]},
        {"thumbnail": 1},
    ],
)
def test_pages_with_a_summary_that_was_changed_are_left_out(pages: Path, changed: dict[str, object]) -> None:
    text = (pages / "c_lungs.html").read_text(encoding="utf-8")
    begin = text.index(">", text.index('id="summary"')) + 1
    end = text.index("</script>", begin)
    summary = {**json.loads(text[begin:end]), **changed}
    (pages / "c_lungs.html").write_text(text[:begin] + json.dumps(summary) + text[end:], encoding="utf-8")
    assert re.findall(r'<a href="([^"]*)"', write_index(pages).read_text(encoding="utf-8")) == ["a%20b_lungs.html"]


def test_a_summary_on_a_page_of_other_making_is_not_listed(pages: Path) -> None:
    text = (pages / "c_lungs.html").read_text(encoding="utf-8")
    (pages / "c_lungs.html").write_text(re.sub('content="pleura [^"]*"', 'content="other"', text, count=1))
    assert "c_lungs" not in write_index(pages).read_text(encoding="utf-8")


def test_masks_that_nobody_judged_stand_between_those_to_check_and_the_good() -> None:
    rows = [{"name": name, "link": name, "verdict": verdict} for name, verdict in (("a", "good"), ("b", None))]
    assert re.findall(r'<a href="(\w)"', index_page(rows)) == ["b", "a"]


def test_dice_below_a_limit_reads_so() -> None:
    row = {"name": "a", "link": "a.html", "verdict": "check", "dice": 0.9496, "flags": [], "thumbnail": ""}
    assert "<td>0.94</td>" in index_page([row])
