"""A row of a table says of each scan what came of it, and of each column what the measurements say."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from pleura.batch.plan import Job
from pleura.batch.results import Outcome
from pleura.batch.table import COLUMNS, row
from pleura.errors import UnreadableInput
from pleura.geometry import affine_from_spacing
from pleura.labels import structures
from pleura.measurement import measure
from pleura.volume import Acquisition, Kind, Note, Volume

JOB = Job(Path("scans/a"), "scans/a", series="1.2.3#1")
MADE = Acquisition("B30f", contrast=False, slice_thickness_mm=1.0)


def lungs() -> tuple[np.ndarray, Volume]:
    labels = np.zeros((9, 8, 8), np.uint8)
    labels[1:8, 2:6, 1:3], labels[1:8, 2:6, 5:7] = 1, 2
    hu = np.where(labels == 1, -870, np.where(labels == 2, -820, 40)).astype(np.int16)
    return labels, Volume(hu, affine_from_spacing((10, 10, 10)), acquisition=MADE)


def outcome(measured, **more) -> Outcome:
    sidecar = {
        "input": {"format": "dicom", "kind": "hu", "sha256": "ab", "shape": [9, 8, 8]},
        "model": {"name": "chest-ct", "version": "1"},
        "geometry": {"spacing_mm": [10.0, 10.0, 10.0]},
    }
    return Outcome(
        1, JOB, {"nifti": Path("out/a.nii.gz")}, sidecar=sidecar, measurements=measured, acquisition=MADE, **more
    )


def test_columns_are_those_that_are_documented() -> None:
    assert len(COLUMNS) == len(set(COLUMNS)) == 513
    assert COLUMNS[8:13] == (
        "verdict",
        "flags",
        "right_lung_dice_expected",
        "right_lung_dice_low",
        "right_lung_dice_high",
    )
    assert COLUMNS[:8] == ("source", "series", "mask", "error", "message", "warnings", "number_warnings", "seconds")
    assert "right_lung_upper_third_by_volume_laa_le_950_percent" in COLUMNS
    assert "both_lungs_clusters_exponent" in COLUMNS
    # a table that is there would not be added to by a version of other columns
    assert hashlib.sha256(",".join(COLUMNS).encode()).hexdigest()[:16] == "ea9ce59650076493"


def test_row_holds_what_was_measured_and_how_the_scan_was_made() -> None:
    measured = measure(*lungs())
    warnings = (Note("one-lung", "..."), Note("cut-off", "..."))
    found = row(outcome(measured, warnings=warnings, seconds={"read": 0.25, "lungs": 1.5}))
    assert tuple(found) == COLUMNS
    assert (found["source"], found["series"], found["mask"]) == ("scans/a", "1.2.3#1", "out/a.nii.gz")
    assert (found["error"], found["warnings"], found["seconds"]) == ("", "one-lung cut-off", "1.75")
    assert (found["kernel"], found["contrast"], found["slice_thickness_mm"]) == ("B30f", "false", "1")
    assert (found["slices"], found["spacing_z_mm"], found["model"]) == ("9", "10", "chest-ct")
    # 56 voxels of 1 mL; -870 HU are 0.13 g/mL
    assert (found["right_lung_voxels"], found["right_lung_volume_ml"]) == ("56", "56")
    assert (found["right_lung_mass_g"], found["right_lung_mean_hu"]) == ("7.28", "-870")
    assert (found["both_lungs_mean_hu"], found["mean_difference_hu"]) == ("-845", "-50")
    assert found["left_lung_clusters_count"] == "0"
    assert found["right_lung_dorsal_half_by_depth_voxels"] == "28"


def test_scan_that_failed_is_a_row_with_its_error() -> None:
    found = row(Outcome(2, JOB, error=UnreadableInput("scans/a: the file is damaged", code="damaged")))
    assert {key: value for key, value in found.items() if value} == {
        "source": "scans/a",
        "series": "1.2.3#1",
        "error": "damaged",
        "message": "scans/a: the file is damaged",
    }


def test_lungs_without_sides_are_both_and_other_structures_have_no_column() -> None:
    labels, volume = lungs()
    found = row(outcome(measure((labels > 0).astype(np.uint8), volume, structures(["lung"]))))
    assert (found["both_lungs_voxels"], found["right_lung_voxels"]) == ("112", "")
    other = row(outcome(measure(labels, volume, structures(["heart", "spine"]))))
    assert tuple(other) == COLUMNS
    assert other["both_lungs_voxels"] == ""


def test_radiograph_has_areas_and_no_volumes() -> None:
    labels, volume = lungs()
    film = Volume(np.full((1, 8, 8), 90, np.uint8), volume.affine, kind=Kind.RADIOGRAPH, is_picture=True)
    found = row(outcome(measure(labels[4], film)))
    # 8 pixels of 1 square centimetre each
    assert (found["right_lung_area_cm2"], found["left_lung_height_cm"], found["left_to_right"]) == ("8", "4", "1")
    assert found["thoracic_width_cm"] == "6"  # columns 1 to 6
    assert (found["right_lung_share_of_scan"], found["right_lung_volume_ml"]) == ("0.125", "")
