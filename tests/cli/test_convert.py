"""`pleura convert` writes a mask in another format on the grid of its scan, and refuses what it must not touch."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest
from dicom_files import chest, save_all, series
from pydicom import dcmread

import pleura
from pleura.segmentation import Segmentation
from pleura.volume import input_fields

PERSONAL = ("Nobody", "Someone", "SECRET", "19520229")


@pytest.fixture
def study(elsewhere: Path) -> Path:
    """Return a CT series as a folder, in a folder of the test's own."""
    return save_all(series(chest()), elsewhere / "study")


@pytest.fixture
def mask(study: Path) -> Segmentation:
    volume = pleura.read(study)
    labels = np.zeros(volume.shape, np.uint8)
    labels[3:20, 10:30, 5:20], labels[6:9, 12:16, 9:14], labels[2:18, 12:40, 40:55] = 1, 0, 2
    return Segmentation(labels, volume)


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("b.dcm", []),
        ("b.dcm", ["--seg-type", "labelmap"]),
        ("b.dcm", ["--to", "rtstruct"]),
        ("b.nii.gz", []),
        ("b.nrrd", []),
    ],
)
def test_mask_comes_back_from_every_format(run, study: Path, mask: Segmentation, name: str, how: list[str]) -> None:
    mask.write("a.mha")
    ran = run("convert", "a.mha", "--like", study, name, *how)
    assert (ran.code, ran.err) == (0, "")
    # slices of 5 mm, pixels of 5 x 5 mm: (17 x 20 x 15 - 3 x 4 x 5) and 16 x 28 x 15 voxels of 1/8 mL
    assert ran.out.splitlines() == ["right lung 630 mL, left lung 840 mL, together 1.47 L", f"written: {name}"]
    assert run("convert", name, "--like", study, "c.mha").code == 0
    np.testing.assert_array_equal(pleura.read_labels("c.mha", grid=mask.volume).labels, mask.labels)


def test_nothing_but_the_object_holds_what_the_scan_says_of_the_patient(run, study: Path, mask: Segmentation) -> None:
    mask.write("a.nii.gz")
    for how in ([], ["--to", "rtstruct"]):
        ran = run("convert", "a.nii.gz", "--like", study, "b.dcm", *how)
        said = ran.out + ran.err + Path("b.dcm.json").read_text()
        assert not [word for word in PERSONAL if word in said]
        assert b"SECRET-7" in Path("b.dcm").read_bytes()


@pytest.mark.parametrize("output", ["a.nii.gz", "notes.nii.gz", "study"])
def test_input_and_files_of_other_making_are_kept(run, study: Path, mask: Segmentation, output: str) -> None:
    mask.write("a.nii.gz")
    Path("notes.nii.gz").write_text("not a mask")
    before = Path("a.nii.gz").read_bytes()
    ran = run("convert", "a.nii.gz", "--like", study, output)
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 1
    assert Path("a.nii.gz").read_bytes() == before
    assert Path("notes.nii.gz").read_text() == "not a mask"


def test_mask_of_another_scan_is_refused_in_one_line(run, study: Path, mask: Segmentation, elsewhere: Path) -> None:
    uids = {"StudyInstanceUID": "1.1.9", "SeriesInstanceUID": "1.2.9", "FrameOfReferenceUID": "1.3.9"}
    other = save_all(series(chest(), **uids, SOPInstanceUID="1.4.9"), elsewhere / "other")
    mask.write("a.dcm")
    ran = run("convert", "a.dcm", "--like", other, "b.nii.gz")
    assert ran.code == 2
    assert ran.err.startswith("pleura: error: a.dcm: ")
    assert "frame of reference" in ran.err
    assert not Path("b.nii.gz").exists()


def test_format_that_cannot_hold_the_scan_is_refused_before_the_mask_is_read(run, study, mask: Segmentation) -> None:
    mask.write("a.nii.gz")
    plain = run("convert", "a.nii.gz", "--like", "a.nii.gz", "b.dcm")  # a label map is no scan
    assert plain.code == 2
    ran = run("convert", "nothing-here.dcm", "--like", study, "b.png")
    assert ran.code == 2
    assert "slice" in ran.err


def test_warning_is_printed_and_fails_where_that_is_wanted(run, mask: Segmentation, elsewhere: Path) -> None:
    upper = save_all(series(chest()[8:], start=(-160, -160, -260)), elsewhere / "upper")
    mask.write("a.dcm")
    ran = run("convert", "a.dcm", "--like", upper, "b.nii.gz", "--fail-on-warning", "--quiet")
    assert (ran.code, ran.out) == (3, "")
    assert "outside the image" in ran.err


def test_mask_as_its_model_made_it_keeps_the_name_of_the_model_and_a_changed_one_does_not(
    run, study: Path, mask: Segmentation
) -> None:
    model = {"name": "chest-ct", "version": "9.9", "sha256": "5" * 64}
    made = replace(mask, provenance={"model": model, "input": input_fields(mask.volume)})
    made.write("a.nii.gz")
    assert run("convert", "a.nii.gz", "--like", study, "b.dcm").code == 0
    found = dcmread("b.dcm", stop_before_pixels=True)
    assert (found.ManufacturerModelName, found.DeviceSerialNumber) == ("chest-ct 9.9", "5" * 64)
    assert json.loads(Path("b.dcm.json").read_text())["model"] == model
    nibabel.save(nibabel.load("a.nii.gz"), "c.nii.gz")
    Path("a.nii.gz").write_bytes(Path("c.nii.gz").read_bytes())
    assert run("convert", "a.nii.gz", "--like", study, "d.dcm").code == 0
    assert dcmread("d.dcm", stop_before_pixels=True).ManufacturerModelName == "a mask that was read"
