"""`pleura measure` prints what the lungs measure, with what limits each number, for a mask of any kind or none."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel
import numpy as np
import pytest
from dicom_files import chest, save_all, series
from PIL import Image

import pleura.segmenter
from pleura.geometry import affine_from_spacing
from pleura.phantom import chest as drawn
from pleura.reading import read
from pleura.segmentation import Segmentation
from pleura.volume import Kind, Volume


@pytest.fixture
def masked(elsewhere: Path) -> tuple[Path, Segmentation]:
    """Return a series with contrast and a sharp kernel, with the true mask beside it as `mask.nii.gz`."""
    hu = chest()
    said = {"ContrastBolusAgent": "Omnipaque", "ConvolutionKernel": "B70f", "SliceThickness": 5}
    scan = save_all(series(hu, **said), elsewhere / "Miller")
    labels = ((hu > -890) & (hu < -600)).astype(np.uint8)
    labels[[0, -1]] = 0  # whole lungs
    labels[..., labels.shape[2] // 2 :] *= 2
    result = Segmentation(labels, read(scan))
    result.write("mask.nii.gz")
    return scan, result


def test_mask_is_measured_as_it_is_and_every_number_carries_its_limits(run, masked) -> None:
    scan, result = masked
    ran = run("measure", scan, "mask.nii.gz")
    assert (ran.code, ran.err) == (0, "")
    lines = {line[:42].strip(): line[42:].split() for line in ran.out.splitlines()}
    right = result.measurements.region("right lung")
    assert ran.out.splitlines()[0] == "dicom, 24 x 64 x 64, 5.00 x 5.00 x 5.00 mm"
    assert lines["volume"][:2] == ["mL", f"{right.volume_ml:.0f}"]
    assert lines["mean"][1] == f"{np.mean(result.volume.voxels[result.labels == 1]):.0f}"
    assert lines["mean"][-1] == "[1]"
    assert lines["at or below -950 HU"][-1] == "[1][2][3]"
    below = [line for line in ran.out.splitlines() if line.startswith("[")]
    assert [line.split()[:3] for line in below] == [
        ["[1]", "a", "contrast"],
        ["[2]", "the", "kernel"],
        ["[3]", "the", "slices"],
    ]
    assert "what others measured of both lungs, in full inspiration:" in ran.out
    assert "Omnipaque" not in ran.out


def test_object_has_every_figure_and_no_name(run, masked) -> None:
    scan, result = masked
    ran = run("measure", scan, "mask.nii.gz", "--json")
    found = json.loads(ran.out)
    assert {key: found[key] for key in result.measurements.data()} == json.loads(json.dumps(result.measurements.data()))
    assert found["acquisition"] == {
        "kernel": "B70f",
        "contrast": True,
        "slice_thickness_mm": 5.0,
        "expiration": False,
    }
    assert {one["key"] for one in found["context"]} == {"volume_ml", "laa_le_950_percent"}
    assert (found["kind"], found["mask"], found["mask_warnings"]) == ("hu", "mask.nii.gz", [])
    assert "Nobody" not in ran.out
    assert "SECRET" not in ran.out


def test_without_a_mask_the_scan_is_segmented_and_nothing_written(run, network, scan: Path, elsewhere: Path) -> None:
    ran = run("measure", scan, "--json")
    assert ran.code == 0
    voxels = read(scan).voxels
    right = int((voxels[..., :32] < -700).sum())
    assert json.loads(ran.out)["regions"][0]["voxels"] == right
    assert list(elsewhere.iterdir()) == []


def test_mask_on_another_grid_is_brought_to_the_scan_with_a_warning(run, scan: Path) -> None:
    phantom = drawn((48, 64, 64), (6.5, 6.0, 6.0))
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ phantom.volume.affine[:, [2, 1, 0, 3]]
    nibabel.save(nibabel.Nifti1Image(phantom.labels.T, affine), "fine.nii.gz")
    ran = run("measure", scan, "fine.nii.gz", "--json")
    assert ran.code == 0
    found = json.loads(ran.out)
    assert "mask-resampled" in {warning["code"] for warning in found["mask_warnings"]}
    fine = phantom.labels[phantom.labels == 1].size * 6.5 * 36 / 1000
    assert found["regions"][0]["volume_ml"] == pytest.approx(fine, rel=0.05)


def test_radiograph_has_areas_heights_and_shares(run, slice_picture: Path, monkeypatch) -> None:
    labels = np.zeros((40, 40), np.uint8)
    labels[5:35, 5:15], labels[10:30, 25:35] = 1, 2
    volume = Volume(
        np.full((1, 40, 40), 200, np.uint8), affine_from_spacing((1, 10, 5)), Kind.RADIOGRAPH, is_picture=True
    )
    monkeypatch.setattr(pleura.segmenter.Segmenter, "__call__", lambda *_, **__: Segmentation(labels, volume))
    lines = {line[:42].strip(): line[42:].split() for line in run("measure", slice_picture).out.splitlines()}
    # pixels of half a square centimetre: 300 and 200 of 1600; rows of 1 cm: 30 and 20
    assert lines["area"] == ["cm²", "150.0", "100.0"]
    assert lines["height"] == ["cm", "30.0", "20.0"]
    assert lines["share of the picture"] == ["%", "18.8", "12.5"]
    assert lines["area, left to right"] == ["0.67"]


def test_why_there_are_no_millimetres_is_said(run, network, slice_picture: Path) -> None:
    assert "note: a picture states no millimetres; distances count pixels" in run("measure", slice_picture).out


def test_picture_that_is_no_mask_is_refused_in_one_line(run, scan: Path, slice_picture: Path) -> None:
    Image.fromarray(np.zeros((9, 14), np.uint8)).save("mask.png")
    ran = run("measure", slice_picture, "mask.png")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("pleura: error: ")
    assert ran.err.count("\n") == 1
    ran = run("measure", scan, "nowhere.nii.gz", "--json")
    assert (ran.code, json.loads(ran.out)["error"]) == (2, "not-found")


def test_mask_of_many_structures_shows_a_few_and_says_so(run, scan: Path) -> None:
    volume = read(scan)
    labels = np.zeros(volume.shape, np.uint8)
    for value in range(1, 10):
        labels[value, 20:30, 20:30] = value
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ volume.affine[:, [2, 1, 0, 3]]
    nibabel.save(nibabel.Nifti1Image(labels.T, affine), "many.nii.gz")
    ran = run("measure", scan, "many.nii.gz")
    assert "6 of 9 structures; --json gives all" in ran.out
    assert len(json.loads(run("measure", scan, "many.nii.gz", "--json").out)["regions"]) == 9
