"""A study in, DICOM objects of the same patient out, whose data are in these and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
from dicom_files import chest, save_all, series
from quick_network import Threshold

from pleura.conventions import FORMAT_NAMES

PERSONAL = ("Nobody", "Someone", "SECRET", "19520229")
"""What the header of the study says of its patient."""


@pytest.fixture
def study(elsewhere: Path) -> Path:
    return save_all(series(chest()), elsewhere / "study")


def planes(path: Path) -> np.ndarray:
    """Return the frames of a segmentation."""
    return pydicom.dcmread(path).pixel_array


def test_study_gives_a_segmentation_of_its_patient(run, network, study: Path, elsewhere: Path) -> None:
    ran = run("segment", study, "out.dcm")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith("written: out.dcm\n")
    found = pydicom.dcmread("out.dcm")
    assert (found.Modality, found.SegmentationType, found.PatientID) == ("SEG", "BINARY", "SECRET-7")


def test_patient_is_in_the_dicom_objects_and_nowhere_else(run, network, study: Path, elsewhere: Path) -> None:
    pytest.importorskip("highdicom")  # for the report
    formats = [name for name in FORMAT_NAMES if name != "png"]
    ran = run("segment", study, "-o", "out", "--to", ",".join(formats), "--preview", "--json")
    assert (ran.code, list(json.loads(ran.out)["outputs"])) == (0, formats)
    files = sorted(file for file in Path("out").rglob("*") if file.is_file())
    assert any(file.suffix == ".dcm" for file in files)
    clean = [file.read_bytes() for file in files if file.suffix != ".dcm"]
    texts = [ran.out.encode(), ran.err.encode(), *(file.name.encode() for file in files), *clean]
    assert [word for word in PERSONAL for text in texts if word.encode() in text] == []


def test_several_formats_are_one_run_of_the_network(run, network, study: Path, elsewhere: Path) -> None:
    ran = run("segment", study, "-o", "out", "--to", "dicom-seg,nifti")
    assert ran.out.splitlines()[-1] == "written: out/study_lungs-seg.dcm and out/study_lungs.nii.gz"
    assert len(Threshold.segmented) == 1
    names = sorted(path.name for path in Path("out").iterdir())
    masks = ["study_lungs-seg.dcm", "study_lungs.nii.gz"]
    assert names == sorted([*masks, *(f"{name}.json" for name in masks)])
    mask = np.asarray(nibabel.load("out/study_lungs.nii.gz").dataobj)
    assert np.count_nonzero(planes(Path("out/study_lungs-seg.dcm"))) == np.count_nonzero(mask)


def test_outputs_are_listed_as_data(run, network, study: Path, elsewhere: Path) -> None:
    found = json.loads(run("segment", study, "--to", "nifti,dicom-seg", "--json").out)
    assert found["outputs"] == {"nifti": "study_lungs.nii.gz", "dicom-seg": "study_lungs-seg.dcm"}
    assert found["output"] == "study_lungs.nii.gz"
    assert json.loads(Path("study_lungs-seg.dcm.json").read_text())["mask"]["format"] == "dicom-seg"


def test_format_may_be_named_for_a_file_whose_suffix_is_one_of_it(run, network, study: Path, elsewhere: Path) -> None:
    assert run("segment", study, "out.dcm", "--to", "dicom-seg", "--seg-type", "labelmap").code == 0
    assert pydicom.dcmread("out.dcm").SegmentationType == "LABELMAP"
    assert "written as .nii.gz, .nii" in run("segment", study, "b.dcm", "--to", "nifti").err
    ran = run("segment", study, "b.dcm", "--to", "nifti,dicom-seg")
    assert (ran.code, "do not go into one file" in ran.err) == (2, True)
    assert "there is no format 'jpeg'" in run("segment", study, "--to", "jpeg").err


def test_type_of_a_segmentation_that_is_not_written_is_refused(run, network, study: Path) -> None:
    ran = run("segment", study, "--seg-type", "labelmap", "--json")
    assert (ran.code, json.loads(ran.out)["error"]) == (2, "seg-type-unused")


def test_scan_of_another_format_is_refused_before_the_network_runs(run, network, scan: Path, elsewhere: Path) -> None:
    ran = run("segment", scan, "out.dcm", "--json")
    found = json.loads(ran.out)
    assert (ran.code, found["error"]) == (2, "not-from-dicom")
    assert found["message"].startswith(f"{scan}: a DICOM object belongs to the patient")
    assert Threshold.segmented == []
    assert list(elsewhere.iterdir()) == []


def test_run_again_gives_the_same_bytes_and_replaces_no_result_of_another_study(run, network, study: Path) -> None:
    other = save_all(series(chest() + np.int16(1)), study.parent / "other")
    assert run("segment", study, "out.dcm").code == 0
    first = Path("out.dcm").read_bytes()
    assert run("segment", study, "out.dcm").code == 0
    assert Path("out.dcm").read_bytes() == first
    ran = run("segment", other, "out.dcm", "--json")
    assert (ran.code, json.loads(ran.out)["error"]) == (2, "other-input")
    Path("mine.dcm").write_bytes(next(study.iterdir()).read_bytes())
    assert "exists and is not an earlier result" in run("segment", study, "mine.dcm").err


def test_folder_of_pictures_is_replaced_where_all_in_it_is_ours(run, network, study: Path) -> None:
    asked = ("segment", study, "-o", "out", "--to", "dicom-sc")
    assert run(*asked).code == 0
    pictures = Path("out/study_lungs-sc")
    first = {file.name: file.read_bytes() for file in pictures.iterdir()}
    assert run(*asked).code == 0
    assert {file.name: file.read_bytes() for file in pictures.iterdir()} == first
    assert len(Threshold.segmented) == 2
    assert run(*asked, "--resume").code == 0
    assert len(Threshold.segmented) == 2
    (pictures / "letter.txt").write_text("dear colleague")
    assert "exists and is not an earlier result" in run(*asked).err
    assert (pictures / "letter.txt").exists()


def test_resume_leaves_alone_what_is_there_as_asked_for_and_makes_again_what_is_not(run, network, study: Path) -> None:
    asked = ("segment", study, "-o", "out", "--to", "dicom-seg,nifti", "--resume")
    for _ in range(2):
        assert run(*asked).code == 0
    assert len(Threshold.segmented) == 1
    assert run(*asked, "--seg-type", "labelmap").code == 0
    assert len(Threshold.segmented) == 2
    half = Path("out/study_lungs-seg.dcm")
    half.write_bytes(half.read_bytes()[:3000])
    assert run(*asked, "--seg-type", "labelmap").code == 0
    assert len(Threshold.segmented) == 3


def test_results_beside_a_study_are_no_scans(run, network, study: Path, elsewhere: Path) -> None:
    assert run("segment", study, study / "out.dcm").code == 0
    assert run("segment", study, "results/b.dcm").code == 2  # there is no such folder
    (elsewhere / "results").mkdir()
    assert run("segment", study, "results/b.dcm").code == 0
    ran = run("segment", elsewhere, "-o", "all")
    assert (ran.code, ran.err) == (0, "")
    assert len(list(Path("all").glob("*.nii.gz"))) == 1
