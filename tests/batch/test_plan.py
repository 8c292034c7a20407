"""Where each result goes is decided before any work is begun."""

from __future__ import annotations

from pathlib import Path

import pytest

from pleura.batch.plan import plan
from pleura.errors import UnwritableOutput


def _stems(*names: str) -> list[str]:
    return [job.stem.name.removesuffix("_lungs") for job in plan(names, Path("out"))]


def test_results_are_named_after_their_scans_without_the_format() -> None:
    assert _stems("a/one.nii.gz", "two.DCM", "three.nrrd.gz", "four.tiff") == ["one", "two", "three", "four"]


def test_dots_that_are_no_format_stay_in_the_name() -> None:
    assert _stems("1.2.840.10008.7", "case.7.nii", "v1.5/") == ["1.2.840.10008.7", "case.7", "v1.5"]


def test_equal_names_are_distinguished_by_folders_whatever_the_order_and_whatever_else_is_given() -> None:
    assert _stems("a/ct.nii", "b/ct.nii", "c/ct.png") == ["a_ct", "b_ct", "c_ct"]
    assert _stems("c/ct.png", "b/mr.nii", "b/ct.nii", "a/ct.nii") == ["c_ct", "mr", "b_ct", "a_ct"]
    assert _stems("x/p/ct", "y/p/ct", "z/q/ct") == ["x_p_ct", "y_p_ct", "q_ct"]


def test_equal_names_in_one_folder_are_distinguished_by_suffixes(elsewhere: Path) -> None:
    (elsewhere / "ct").mkdir()
    assert _stems("ct.nii.gz", "ct.nii", "ct.png", "ct.zip", "ct") == ["ct_nii_gz", "ct_nii", "ct_png", "ct_zip", "ct"]


def test_names_that_only_upper_case_tells_apart_never_meet_on_any_disc() -> None:
    assert _stems("a/CT.nii", "b/ct.nii") == ["CT", "ct_2"]
    assert _stems("b/ct.nii", "a/CT.nii") == ["ct_2", "CT"]


def test_scans_of_a_folder_are_named_by_their_place_in_it(elsewhere: Path) -> None:
    for name in ("a.png", "deep/a.png", "deep_a.png", "other/er/b.png"):
        (elsewhere / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (elsewhere / "in" / name).write_bytes(b"\x89PNG\r\n\x1a\n")
    names = dict(zip(("a", "deep/a", "deep_a", "other/er/b"), _stems("in"), strict=True))
    assert names == {"a": "a", "deep/a": "deep_a", "deep_a": "deep_a_2", "other/er/b": "other_er_b"}


def test_an_input_that_is_named_twice_is_one(elsewhere: Path) -> None:
    (elsewhere / "ct").mkdir()
    assert _stems("ct", "./ct/", str(elsewhere / "ct"), "ct/../ct") == ["ct"]
    (elsewhere / "linked").symlink_to("ct")
    assert _stems("ct", "linked") == ["ct", "linked"]


def test_this_folder_gives_its_own_name(elsewhere: Path) -> None:
    assert _stems(".", str(elsewhere)) == [elsewhere.name]
    (elsewhere / "DICOMDIR").write_bytes(b"DICM")
    assert _stems("DICOMDIR") == [elsewhere.name]


@pytest.mark.parametrize(
    ("paths", "output"),
    [(["a", "b", "c"], None), (["a", "b"], None), (["a", "b"], "one.nii.gz"), (["a", "out/"], None)],
)
def test_unclear_places_are_asked_for(paths: list[str], output: str | None) -> None:
    with pytest.raises(UnwritableOutput, match="-o FOLDER") as caught:
        plan(paths, Path(output) if output else None)
    assert caught.value.code == "where-to"


def test_one_folder_may_hold_many_scans_unless_one_series_of_it_is_wanted(elsewhere: Path) -> None:
    for name in ("b.png", "a.png", "deep/a.png"):
        (elsewhere / name).parent.mkdir(exist_ok=True)
        (elsewhere / name).write_bytes(b"\x89PNG\r\n\x1a\n")
    assert [job.stem.name for job in plan([str(elsewhere)], Path("out"))] == ["a_lungs", "b_lungs", "deep_a_lungs"]
    assert [job.source for job in plan([str(elsewhere)], Path("out"), series="1.2#1")] == [elsewhere]


def test_all_series_of_a_flat_folder_are_jobs_once_and_the_others_are_counted_by_reason(shared: Path) -> None:
    folder = shared / "data/cxr/other/dicom"
    files = [*folder.glob("*.dcm"), shared / "odd/01-ct-transfer-syntax/CT-JPEGLosslessSV1.dcm"]
    flat = Path("flat")
    flat.mkdir()
    for file in files:
        (flat / file.name).symlink_to(file)
    jobs = plan(["flat"], Path("out"), series="all")
    assert {job.source for job in jobs} == {flat}
    assert len({job.series for job in jobs}) == len(jobs) == 5  # a CT slice, three chests and the dog's
    (note,) = (note for job in jobs for note in job.notes)
    assert note.code == "series-left-out"
    assert note.message.startswith("of 8 series 3 cannot be segmented: 2 not-a-chest, 1 ")
