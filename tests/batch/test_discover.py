"""A folder is one scan or many, and nothing that lies in it is forgotten."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from dicom_files import ROOT, ct_slice, save
from pydicom.dataset import Dataset

from pleura.batch.discover import discover
from pleura.errors import UnreadableInput
from pleura.phantom import chest, write_dicom
from pleura.reading import read, survey_path

PNG = b"\x89PNG\r\n\x1a\n"


def _pictures(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(PNG)


def test_image_files_of_a_folder_are_scans_however_deep_and_other_files_are_not(elsewhere: Path) -> None:
    _pictures(elsewhere, "tree/b.png", "tree/a.png", "tree/deep/er/a.png", "tree/.hidden/c.png", "tree/._a.png")
    (elsewhere / "tree/list.csv").write_text("a,b")
    (elsewhere / "tree/letter.docx").write_bytes(b"PK\x03\x04")
    assert _planned(elsewhere / "tree") == ["a.png", "b.png", "deep/er/a.png"]


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


def test_pair_of_header_and_voxels_is_one_scan(elsewhere: Path) -> None:
    scan = nibabel.Nifti1Pair(np.zeros((4, 4, 4), np.int16), np.eye(4))
    scan.to_filename(elsewhere / "scan.img")
    assert _planned(elsewhere) == ["scan.hdr"]


def test_volumes_and_pictures_beside_a_series_are_scans_of_their_own(elsewhere: Path) -> None:
    write_dicom(chest((1, 16, 16), (5.0, 20.0, 20.0)), elsewhere / "deep/series")
    (elsewhere / "deep/list.csv").write_text("a,b")
    (elsewhere / "deep/series/empty.dcm").touch()
    assert _planned(elsewhere) == ["."]
    _pictures(elsewhere, "a.png", "deep/b.png")
    assert _planned(elsewhere) == ["a.png", "deep/b.png", "deep/series"]
    _pictures(elsewhere, "deep/series/c.png")
    assert _planned(elsewhere / "deep/series") == [".", "c.png"]


def test_series_of_one_study_stay_together_whatever_lies_beside_them(elsewhere: Path) -> None:
    _cohort(elsewhere, p1__thin="1", p1__thick="1", p2="2")
    _pictures(elsewhere, "p1/a.png", "p1/thin/b.png")
    assert _planned(elsewhere) == ["p1", "p1/a.png", "p1/thin/b.png", "p2"]
    assert _planned(elsewhere / "p1") == [".", "a.png", "thin/b.png"]


def test_pictures_of_the_viewer_on_a_disc_are_left_out_with_a_word_and_volumes_are_not(elsewhere: Path) -> None:
    _cohort(elsewhere, DICOM__1="1")
    _pictures(elsewhere, "VIEWER/help/logo.png", "start.GIF")
    (elsewhere / "a.mha").write_bytes(b"ObjectType = Image")
    assert discover(elsewhere).notes == ()
    (elsewhere / "DICOMDIR").write_bytes(bytes(128) + b"DICM")
    assert _planned(elsewhere) == ["DICOM", "a.mha"]
    assert discover(elsewhere / "DICOMDIR") == discover(elsewhere)
    (elsewhere / "DICOMDIR").rename(elsewhere / "dicomdir")
    assert discover(elsewhere / "dicomdir").scans == (elsewhere / "DICOM", elsewhere / "a.mha")
    (elsewhere / "lungs-preview.png").write_bytes(PNG + b"pleura 0.1.0")  # a result, which is no picture of a viewer
    (note,) = discover(elsewhere).notes
    assert note.code == "images-left-out"
    assert "(2)" in note.message


def test_radiograph_of_another_study_among_the_slices_is_not_forgotten(elsewhere: Path) -> None:
    _cohort(elsewhere, p1__ct="7")
    save(_radiograph(1), elsewhere / "p1/film/1.dcm")
    assert _planned(elsewhere / "p1") == ["ct", "film/1.dcm"]


def test_radiographs_among_the_slices_of_a_flat_folder_are_scans_whatever_their_names(elsewhere: Path) -> None:
    _cohort(elsewhere, ct="7")
    (elsewhere / "ct/1.dcm").rename(elsewhere / "m.dcm")
    (elsewhere / "ct").rmdir()
    for name, study in {"a": "8", "z": "9", "same": "7"}.items():
        save(_of_study(_radiograph(1), study), elsewhere / f"{name}.dcm")
    assert _planned(elsewhere) == [".", "a.dcm", "z.dcm"]


def test_what_is_no_chest_beside_radiographs_of_a_cohort_is_left_to_fail_or_to_the_notes(elsewhere: Path) -> None:
    _cohort(elsewhere, p1="1", p2="2")
    for name, view in {"p3/front.dcm": "PA", "p3/side.dcm": "LL", "p4/front.dcm": "PA", "p4/side.dcm": "LL"}.items():
        save(_of_study(_radiograph(1, view), name[1]), elsewhere / name)
    save(_of_study(_radiograph(2), "4"), elsewhere / "p4/again.dcm")
    assert _planned(elsewhere) == ["p1", "p2", "p3", "p4/again.dcm", "p4/front.dcm", "p4/side.dcm"]
    assert "1 lateral-view" in survey_path(elsewhere / "p3").notes[0].message


def test_linked_folders_are_gone_through_once_and_never_lead_out_to_others(elsewhere: Path) -> None:
    _cohort(elsewhere, store__p9="9", patients__p1="1")
    (elsewhere / "patients/p2").symlink_to(elsewhere / "store/p9")
    (elsewhere / "patients/p1/up").symlink_to("..")
    (elsewhere / "patients/p1/self").symlink_to("self")
    assert _planned(elsewhere / "patients") == ["p1", "p2"]
    assert _planned(elsewhere / "patients/p1") == ["."]


def test_folder_that_may_not_be_read_is_left_to_fail(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _cohort(elsewhere, p1="1", p2="2")
    scan = os.scandir

    def refuse(folder: Path) -> Any:
        if Path(folder).name == "p2":
            raise PermissionError(13, "Permission denied", str(folder))
        return scan(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    assert _planned(elsewhere) == ["p1", "p2"]
    assert discover(elsewhere / "p2").scans == (elsewhere / "p2",)
    with pytest.raises(UnreadableInput, match=r"p2: this may not be read") as caught:
        read(elsewhere / "p2")
    assert caught.value.code == "no-permission"


@pytest.mark.parametrize("one_scan", [True, False])
def test_folder_is_walked_once(elsewhere: Path, monkeypatch: pytest.MonkeyPatch, one_scan: bool) -> None:
    _cohort(elsewhere, p1="1", p2__deep="2")
    (elsewhere / "DICOMDIR").write_bytes(bytes(128) + b"DICM")
    _pictures(elsewhere, "viewer/a.png")
    walked, scan = [], os.scandir
    monkeypatch.setattr(os, "scandir", lambda folder: (walked.append(Path(folder).name), scan(folder))[1])
    found = discover(elsewhere, one_scan=one_scan)
    assert found.scans == ((elsewhere,) if one_scan else (elsewhere / "p1", elsewhere / "p2"))
    assert [note.code for note in found.notes] == ["images-left-out"]
    assert sorted(walked) == sorted([elsewhere.name, "p1", "p2", "deep", "viewer"])


def test_folder_without_any_image_is_left_to_the_reader_to_refuse(elsewhere: Path) -> None:
    assert discover(elsewhere).scans == (elsewhere,)


def _radiograph(number: int, view: str = "PA") -> Dataset:
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    of = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.1", "Modality": "CR", "ViewPosition": view}
    return ct_slice(grey, (0, 0, number), stored=grey, InstanceNumber=number, ImageType=["ORIGINAL", "PRIMARY"], **of)


def _of_study(image: Dataset, study: str) -> Dataset:
    image.StudyInstanceUID = f"{ROOT}.{study}"
    image.SeriesInstanceUID = f"{ROOT}.2{study}"
    return image


def _planned(folder: Path) -> list[str]:
    return [scan.relative_to(folder).as_posix() for scan in discover(folder).scans]


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


def _cohort(folder: Path, **studies: str) -> Path:
    """Write a CT slice into each folder, `__` standing for `/`, of the study that is named."""
    for number, (name, study) in enumerate(studies.items()):
        of = {"StudyInstanceUID": f"{ROOT}.{study}", "SeriesInstanceUID": f"{ROOT}.1{study}.{number}"}
        save(ct_slice(np.zeros((16, 16)), (0, 0, 0), **of), folder / name.replace("__", "/") / "1.dcm")
    return folder


def test_each_patient_of_a_cohort_is_a_scan_named_by_the_highest_folder_of_its_own(elsewhere: Path) -> None:
    _cohort(elsewhere, p1__study__thin="1", p1__study__thick="1", p2__early="2", p2__late="3", p3="4")
    assert _planned(elsewhere) == ["p1", "p2/early", "p2/late", "p3"]
    assert _planned(elsewhere / "p1") == ["."]


def test_studies_that_share_a_folder_are_left_to_be_chosen_from(elsewhere: Path) -> None:
    _cohort(elsewhere, p1="1", p1__other="2", p3__a="3", p3__b="3")
    assert _planned(elsewhere) == ["p1", "p3"]
    assert _planned(elsewhere / "p1") == ["."]


def test_what_is_no_ct_among_the_patients_of_a_cohort_is_not_forgotten(elsewhere: Path) -> None:
    _cohort(elsewhere, p1__ct="1", p2__ct="2")
    _pictures(elsewhere, "film.png", "p1/film.png")
    save(_radiograph(1), elsewhere / "p3" / "1.dcm")
    for number, (name, study) in enumerate({"p1/scout": "1", "p4/side": "4"}.items()):
        side = _radiograph(number, "LL")
        side.StudyInstanceUID = f"{ROOT}.{study}"
        save(side, elsewhere / name / "1.dcm")
        save(side, elsewhere / name / "2.dcm")
    assert _planned(elsewhere) == ["film.png", "p1/ct", "p1/film.png", "p2", "p3/1.dcm", "p4/side"]


def test_two_patients_under_one_study_uid_are_two_scans(elsewhere: Path) -> None:
    for number, name in enumerate(("p1/ct/a", "p1/ct/b", "p2/ct")):
        of = {"PatientID": name[:2], "StudyInstanceUID": f"{ROOT}.1", "SeriesInstanceUID": f"{ROOT}.2"}
        save(ct_slice(np.zeros((16, 16)), (0, 0, number), **of), elsewhere / name / "1.dcm")
    assert _planned(elsewhere) == ["p1", "p2"]
