"""Where each result goes is decided before any work is begun."""

from __future__ import annotations

from pathlib import Path

import pytest

from pleura.cli.jobs import plan
from pleura.errors import UnwritableOutput


def _stems(*names: str) -> list[str]:
    return [job.stem.name.removesuffix("_lungs") for job in plan([Path(name) for name in names], Path("out"))]


def test_results_are_named_after_their_scans_without_the_format() -> None:
    assert _stems("a/one.nii.gz", "two.DCM", "three.nrrd.gz", "four.tiff") == ["one", "two", "three", "four"]


def test_dots_that_are_no_format_stay_in_the_name() -> None:
    assert _stems("1.2.840.10008.7", "case.7.nii", "v1.5/") == ["1.2.840.10008.7", "case.7", "v1.5"]


def test_equal_names_are_numbered_and_never_meet() -> None:
    assert _stems("a/ct.nii", "a/ct_2.nii", "b/ct.nii", "c/ct.png") == ["ct", "ct_2", "ct_3", "ct_4"]


def test_this_folder_gives_its_own_name(elsewhere: Path) -> None:
    assert _stems(".", str(elsewhere)) == [elsewhere.name, f"{elsewhere.name}_2"]


@pytest.mark.parametrize(
    ("paths", "output"),
    [(["a", "b", "c"], None), (["a", "b"], None), (["a", "b"], "one.nii.gz"), (["a", "out/"], None)],
)
def test_unclear_places_are_asked_for(paths: list[str], output: str | None) -> None:
    with pytest.raises(UnwritableOutput, match="-o FOLDER") as caught:
        plan([Path(path) for path in paths], Path(output) if output else None)
    assert caught.value.code == "where-to"


def test_one_folder_may_hold_many_scans_unless_one_series_of_it_is_wanted(elsewhere: Path) -> None:
    for name in ("b.png", "a.png", "deep/a.png"):
        (elsewhere / name).parent.mkdir(exist_ok=True)
        (elsewhere / name).write_bytes(b"\x89PNG\r\n\x1a\n")
    assert [job.stem.name for job in plan([elsewhere], Path("out"))] == ["a_lungs", "b_lungs", "a_2_lungs"]
    assert [job.source for job in plan([elsewhere], Path("out"), series="1.2#1")] == [elsewhere]
