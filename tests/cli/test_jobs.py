from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from dicom_files import ROOT, ct_slice, save
from pydicom.dataset import Dataset

from pleura.cli.jobs import left_out, plan
from pleura.errors import UnwritableOutput
from pleura.phantom import chest, write_dicom

PNG = b"\x89PNG\r\n\x1a\n"


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


def _pictures(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(PNG)


def test_image_files_of_a_folder_are_scans_however_deep_and_other_files_are_not(elsewhere: Path) -> None:
    _pictures(elsewhere, "tree/b.png", "tree/a.png", "tree/deep/er/a.png", "tree/.hidden/c.png", "tree/._a.png")
    (elsewhere / "tree/list.csv").write_text("a,b")
    (elsewhere / "tree/letter.docx").write_bytes(b"PK\x03\x04")
    assert _planned(elsewhere / "tree") == ["a.png", "b.png", "deep/er/a.png"]
    stems = [job.stem.name for job in plan([elsewhere / "tree"], Path("out"))]
    assert stems == ["a_lungs", "b_lungs", "a_2_lungs"]


def test_folder_with_pictures_in_subfolders_alone_is_many_scans(elsewhere: Path) -> None:
    _pictures(elsewhere, "tree/one/a.png", "tree/two/b.png")
    assert _planned(elsewhere / "tree") == ["one/a.png", "two/b.png"]


def test_file_that_claims_to_be_an_image_and_is_none_is_left_to_fail(elsewhere: Path) -> None:
    _pictures(elsewhere, "tree/a.png")
    for name in ("bad.png", "zero.dcm", "zero.NII.GZ", "old.bmp", "notes.txt", "noname"):
        (elsewhere / "tree" / name).touch()
    os.mkfifo(elsewhere / "tree/pipe.png")
    (elsewhere / "tree/gone.png").symlink_to("nowhere.png")
    (elsewhere / "tree/scan.zip").write_bytes(b"PK\x03\x04")
    found = ["a.png", "bad.png", "gone.png", "old.bmp", "pipe.png", "scan.zip", "zero.NII.GZ", "zero.dcm"]
    assert _planned(elsewhere / "tree") == found


def test_picture_beside_a_series_does_not_hide_it_and_is_not_forgotten(elsewhere: Path) -> None:
    write_dicom(chest((1, 16, 16), (5.0, 20.0, 20.0)), elsewhere / "deep/series")
    (elsewhere / "deep/list.csv").write_text("a,b")
    (elsewhere / "deep/series/empty.dcm").touch()
    assert left_out(elsewhere) == ()
    _pictures(elsewhere, "a.png", "deep/b.png")
    assert [job.source for job in plan([elsewhere], Path("out"))] == [elsewhere]
    (note,) = left_out(elsewhere)
    assert note.code == "images-left-out"
    assert "(2)" in note.message


def test_folder_without_any_image_is_left_to_the_reader_to_refuse(elsewhere: Path) -> None:
    assert [job.source for job in plan([elsewhere], None)] == [elsewhere]


def _radiograph(number: int, view: str = "PA") -> Dataset:
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    of = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.1", "Modality": "CR", "ViewPosition": view}
    return ct_slice(grey, (0, 0, number), stored=grey, InstanceNumber=number, ImageType=["ORIGINAL", "PRIMARY"], **of)


def _planned(folder: Path, **how: str) -> list[str]:
    return [job.source.relative_to(folder).as_posix() for job in plan([folder], Path("out"), **how)]


@pytest.fixture
def radiographs(elsewhere: Path) -> Path:
    """A folder with two frontal radiographs of one series, one of them in a folder of its own, and a lateral one."""
    for number, (name, view) in enumerate({"a/1.dcm": "PA", "b.dcm": "AP", "c.dcm": "LL"}.items(), 1):
        save(_radiograph(number, view), elsewhere / "films" / name)
    return elsewhere / "films"


def test_dicom_radiographs_of_a_folder_are_scans_one_by_one(radiographs: Path) -> None:
    assert _planned(radiographs) == ["a/1.dcm", "b.dcm", "c.dcm"]


def test_pictures_and_damaged_files_beside_radiographs_are_not_forgotten(radiographs: Path) -> None:
    (radiographs / "d.png").write_bytes(PNG)
    (radiographs / "e.dcm").write_bytes(bytes(128) + b"DICM" + b"\xff" * 40)
    (radiographs / "list.csv").write_text("a,b")
    assert _planned(radiographs) == ["a/1.dcm", "b.dcm", "c.dcm", "d.png", "e.dcm"]


def test_one_radiograph_does_not_hide_the_pictures_beside_it(radiographs: Path) -> None:
    (radiographs / "a/1.dcm").unlink()
    (radiographs / "c.dcm").unlink()
    _pictures(radiographs, "d.png", "e/f.png")
    assert _planned(radiographs) == ["b.dcm", "d.png", "e/f.png"]


def test_frontal_radiograph_and_its_lateral_are_one_scan(radiographs: Path) -> None:
    (radiographs / "b.dcm").unlink()
    assert _planned(radiographs) == ["."]


def test_ct_among_radiographs_makes_the_folder_one_scan(radiographs: Path) -> None:
    save(ct_slice(np.zeros((16, 16)), (0, 0, 0), SeriesInstanceUID=f"{ROOT}.7"), radiographs / "ct" / "1.dcm")
    assert _planned(radiographs) == ["."]


def test_folder_of_which_a_series_is_named_is_one_scan(radiographs: Path) -> None:
    assert _planned(radiographs, series=f"{ROOT}.2#1") == ["."]


@pytest.mark.parametrize(
    ("paths", "output"),
    [(["a", "b", "c"], None), (["a", "b"], None), (["a", "b"], "one.nii.gz"), (["a", "out/"], None)],
)
def test_unclear_places_are_asked_for(paths: list[str], output: str | None) -> None:
    with pytest.raises(UnwritableOutput, match="-o FOLDER") as caught:
        plan([Path(path) for path in paths], Path(output) if output else None)
    assert caught.value.code == "where-to"
