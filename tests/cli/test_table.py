"""`pleura table` prints the columns of a table for masks alone: what they measure by themselves."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from unittest.mock import Mock

import nibabel
import numpy as np
import pytest
from dicom_masks import LEFT, RIGHT, SQUARE, seg, structures
from PIL import Image

from pleura.batch import scan_of_mask
from pleura.batch.table_file import read_rows


def rows(out: str) -> list[dict[str, str]]:
    return list(csv.DictReader(out.splitlines()))


def test_masks_of_a_folder_are_measured_as_their_segmentation_was(run, network, scan: Path, elsewhere: Path) -> None:
    shutil.copy(scan, "second.nii.gz")
    assert run("segment", scan, "second.nii.gz", "-o", "out", "--preview", "--table", "lungs.csv").code == 0
    ran = run("table", "out", "out/chest_lungs.nii.gz")
    assert ran.code == 0
    assert "no densities of 2 of 2 masks: no scan of their name lies beside them" in ran.err
    found = rows(ran.out)
    assert [row["source"] for row in found] == ["out/chest_lungs.nii.gz", "out/second_lungs.nii.gz"]
    expected = rows(Path("lungs.csv").read_text())[0]
    assert expected["right_lung_mean_hu"]
    same = ("right_lung_volume_ml", "both_lungs_upper_third_by_volume_volume_ml", "sha256", "spacing_z_mm", "kind")
    assert {key: found[0][key] for key in same} == {key: expected[key] for key in same}
    assert found[0]["right_lung_mean_hu"] == ""
    assert list(found[0]) == list(expected)


def test_mask_of_other_making_is_measured_and_one_that_cannot_be_read_is_a_row(run, elsewhere: Path) -> None:
    labels = np.zeros((20, 20, 20), np.uint8)
    labels[2:8, 5:15, 5:15], labels[12:18, 5:15, 5:15] = 2, 1
    nibabel.save(nibabel.Nifti1Image(labels, np.diag([2.0, 2.0, 2.0, 1.0])), "other.nii.gz")
    (elsewhere / "bad.nii").touch()
    ran = run("table", "other.nii.gz", "bad.nii")
    assert ran.code == 1
    good, bad = rows(ran.out)
    assert good["right_lung_volume_ml"] == "4.8"  # 600 voxels of 8 mm³
    assert (bad["source"], bad["error"]) == ("bad.nii", "empty-file")
    assert run("table", "bad.nii").code == 2


def test_mask_of_a_radiograph_has_shares(run, elsewhere: Path) -> None:
    labels = np.zeros((10, 10), np.uint8)
    labels[2:8, 1:3], labels[2:8, 6:9] = 1, 2
    Image.fromarray(labels).save("film.png")
    sidecar = {"program": {}, "geometry": {}, "mask": {}, "input": {"kind": "radiograph"}}
    Path("film.png.json").write_text(json.dumps(sidecar))
    (found,) = rows(run("table", "film.png").out)
    assert (found["right_lung_share_of_scan"], found["left_to_right"]) == ("0.12", "1.5")


@pytest.mark.parametrize(
    "edited",
    [
        {"warnings": 3},
        {"warnings": ["text"]},
        {"warnings": [{"code": 1}]},
        {"input": "scan"},
        {"input": {"shape": 5}},
        {"geometry": {"spacing_mm": 1.5}},
        {"quality": {"verdict": "good", "dice": {"lung": {"expected": "high", "low": 0, "high": 1}}, "flags": []}},
    ],
)
def test_a_sidecar_that_was_edited_costs_its_own_facts_alone(run, network, scan: Path, elsewhere: Path, edited) -> None:
    assert run("segment", scan, "-o", "out").code == 0
    (sidecar,) = Path("out").glob("*.json")
    sidecar.write_text(json.dumps({**json.loads(sidecar.read_text()), **edited}))
    (found,) = rows(run("table", "out/chest_lungs.nii.gz").out)
    assert (found["error"], found["both_lungs_volume_ml"] != "") == ("", True)
    assert run("table", "out/chest_lungs.nii.gz", "-o", "lungs.parquet").code == 0
    ((_, typed),) = read_rows(Path("lungs.parquet")).items()
    assert typed["both_lungs_volume_ml"] == found["both_lungs_volume_ml"]
    resumed = run("segment", scan, "-o", "out", "--resume", "--table", "lungs.csv")
    assert (resumed.code, resumed.err) == (0, "")


@pytest.mark.parametrize("parameters", ["text", {"modality": 7}])
def test_a_sidecar_with_parameters_of_no_call_does_not_keep_its_mask_from_its_scan(
    run, network, scan: Path, elsewhere: Path, parameters
) -> None:
    assert run("segment", scan, "-o", "out").code == 0
    (sidecar,) = Path("out").glob("*.json")
    sidecar.write_text(json.dumps({**json.loads(sidecar.read_text()), "parameters": parameters}))
    (found,) = rows(run("table", "out/chest_lungs.nii.gz", "--scans", scan).out)
    assert (found["error"], found["both_lungs_mean_hu"] != "") == ("", True)


def test_what_is_no_number_is_null_in_parquet_and_loses_no_table(run, network, scan: Path, elsewhere: Path) -> None:
    assert run("segment", scan, "-o", "out").code == 0
    (sidecar,) = Path("out").glob("*.json")
    edited = {"input": {"shape": ["many", 1 << 70, "nan"]}, "geometry": {"spacing_mm": ["thick"]}}
    sidecar.write_text(json.dumps({**json.loads(sidecar.read_text()), **edited}))
    assert run("table", "out/chest_lungs.nii.gz", "-o", "lungs.parquet").code == 0
    ((_, found),) = read_rows(Path("lungs.parquet")).items()
    assert [found[name] for name in ("slices", "rows", "columns", "spacing_z_mm")] == [""] * 4
    assert found["both_lungs_volume_ml"]


def test_a_mask_that_was_corrected_has_no_verdict_on_the_one_before(run, slice_picture: Path) -> None:
    assert run("segment", slice_picture, "-o", "out").code == 0
    (mask,) = Path("out").glob("*_lungs.*g")
    assert rows(run("table", mask).out)[0]["verdict"]
    labels = np.asarray(Image.open(mask)).copy()
    labels[labels.shape[0] // 2] = 0
    Image.fromarray(labels).save(mask)
    (corrected,) = rows(run("table", mask).out)
    assert (corrected["error"], corrected["verdict"], corrected["flags"]) == ("", "", "")


def test_what_is_found_on_reading_a_mask_stands_beside_the_warnings_of_its_sidecar(run, slice_picture: Path) -> None:
    assert run("segment", slice_picture, "-o", "out").code == 0
    (mask,) = Path("out").glob("*_lungs.*g")
    stated = rows(run("table", mask).out)[0]["warnings"]
    right = np.asarray(Image.open(mask)).copy()
    right[right == 2] = 0
    Image.fromarray(right).save(mask)
    (found,) = rows(run("table", mask).out)
    assert found["warnings"].split() == [*stated.split(), "sidecar-of-other-mask"]


def test_a_folder_of_many_masks_is_listed_once(run, network, scan: Path, elsewhere: Path, monkeypatch) -> None:
    for name in "abc":
        shutil.copy(scan, f"{name}.nii.gz")
    assert run("segment", *(f"{name}.nii.gz" for name in "abc"), "-o", ".").code == 0
    listed = Mock(wraps=scan_of_mask._listed)
    monkeypatch.setattr(scan_of_mask, "_listed", listed)
    ran = run("table", *(f"{name}_lungs.nii.gz" for name in "abc"))
    assert (listed.call_count, [row["both_lungs_mean_hu"] != "" for row in rows(ran.out)]) == (1, [True] * 3)


def test_dicom_segmentation_is_measured_on_its_own_grid_and_contours_have_none(run, elsewhere: Path) -> None:
    seg(elsewhere / "seg.dcm", {"Right Lung": RIGHT, "Left Lung": LEFT})
    structures(elsewhere / "contours.dcm", {"Lung_R": SQUARE})
    ran = run("table", "seg.dcm", "contours.dcm")
    measured, contours = rows(ran.out)
    assert measured["right_lung_volume_ml"] == "0.48"  # 2 slices of 12 pixels, 2 x 2 x 5 mm
    assert measured["number_warnings"] == "density-unknown"
    assert (ran.code, contours["error"]) == (1, "no-grid")
    assert "pleura measure SCAN MASK" in contours["message"]


@pytest.mark.parametrize("what", ["empty", "nowhere.nii"])
def test_nothing_to_measure_is_one_line(run, elsewhere: Path, what: str) -> None:
    (elsewhere / "empty").mkdir()
    ran = run("table", what)
    assert ran.code == 2
    assert ran.err.startswith("pleura: error: ")
    assert ran.err.count("\n") == 1


def test_densities_are_those_of_the_scan_that_lies_beside_or_is_named(
    run, network, scan: Path, elsewhere: Path
) -> None:
    shutil.copy(scan, "chest.nii.gz")
    assert run("segment", "chest.nii.gz", "--table", "lungs.csv").code == 0
    (expected,) = rows(Path("lungs.csv").read_text())
    beside = run("table", "chest_lungs.nii.gz")
    Path("masks").mkdir()
    for file in list(Path().glob("chest_lungs*")):
        file.rename(Path("masks") / file.name)
    named = run("table", "masks", "--scans", "chest.nii.gz")
    for ran in (beside, named):
        (found,) = rows(ran.out)
        assert (ran.code, ran.err) == (0, "")
        assert expected["both_lungs_mean_hu"]
        measured = [name for name in expected if name.startswith(("right_lung", "left_lung", "both_lungs"))]
        assert {name: found[name] for name in measured} == {name: expected[name] for name in measured}


def test_scan_of_the_name_that_is_another_is_not_measured(run, network, scan: Path, elsewhere: Path) -> None:
    shutil.copy(scan, "chest.nii.gz")
    assert run("segment", "chest.nii.gz").code == 0
    image = nibabel.load("chest.nii.gz")
    nibabel.save(nibabel.Nifti1Image(np.asarray(image.dataobj) + np.int16(1), image.affine), "chest.nii.gz")
    ran = run("table", "chest_lungs.nii.gz")
    assert ran.code == 0
    assert "the scan of their name is not the one that they were made of" in ran.err
    assert rows(ran.out)[0]["both_lungs_mean_hu"] == ""
    Path("chest.nii.gz").write_bytes(b"broken")
    assert rows(run("table", "chest_lungs.nii.gz").out)[0]["right_lung_volume_ml"]


def test_table_is_added_to_a_file_of_either_kind(run, network, scan: Path, elsewhere: Path) -> None:
    assert run("segment", scan, "-o", "out").code == 0
    for name in ("lungs.csv", "lungs.parquet"):
        for _ in range(2):
            ran = run("table", "out", "-o", name)
            assert (ran.code, ran.out) == (0, "")
        (found,) = read_rows(Path(name)).values()
        assert (found["source"], found["right_lung_volume_ml"] != "") == ("out/chest_lungs.nii.gz", True)
