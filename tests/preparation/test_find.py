"""Pairs are found in every usual layout, each with what the nearest dataset.json calls its values."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from data_layouts import PHANTOM, manifest, nifti, nnunet, pictures
from PIL import Image

from pleura.errors import UnreadableInput, UnsuitableInput
from pleura.phantom.dicom import write_dicom
from pleura.preparation import prepare
from pleura.preparation.find import is_collection, is_unfinished
from pleura.training.load import load


@pytest.mark.parametrize("mask", ["{}.png", "{}_mask.png", "{}_lungs.png"])
def test_images_and_masks_of_one_stem_are_paired(tmp_path: Path, mask: str) -> None:
    pictures(tmp_path / "in", mask=mask)
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert len(report.cases) == 10
    assert not report.refused
    records = manifest(tmp_path / "out")
    assert {record["split"] for record in records} <= {"train", "val", "test"}
    assert all("p" not in record["id"] for record in records)  # no file name, only hashes


def test_both_may_lie_in_one_folder(tmp_path: Path) -> None:
    pictures(tmp_path / "in")
    both = tmp_path / "both"
    both.mkdir()
    for path in (tmp_path / "in" / "images").iterdir():
        path.rename(both / path.name)
        (tmp_path / "in" / "masks" / path.name).rename(both / f"{path.stem}_mask.png")
    assert len(prepare(both, tmp_path / "out").cases) == 10


def test_folders_as_they_were_collected_are_no_data_sets(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=2)
    assert is_collection(tmp_path / "in")
    assert is_collection(tmp_path)
    prepare(tmp_path / "in", tmp_path / "sets" / "out")
    assert not is_collection(tmp_path / "sets" / "out")
    assert not is_collection(tmp_path / "sets")
    (tmp_path / "sets" / "out" / "manifest.jsonl").unlink()  # as where it was broken off
    assert is_unfinished(tmp_path / "sets" / "out")
    assert not is_collection(tmp_path / "sets" / "out")


def test_layout_of_nnunet_and_decathlon(tmp_path: Path) -> None:
    for number in range(2):
        scan = PHANTOM.volume.voxels + number
        nifti(tmp_path / "in" / "imagesTr" / f"case{number}_0000.nii.gz", scan)
        nifti(tmp_path / "in" / "labelsTr" / f"case{number}.nii.gz", PHANTOM.labels)
    names = {"background": 0, "right lung": 1, "left lung": 2}
    (tmp_path / "in" / "dataset.json").write_text(json.dumps({"labels": names}))
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert len(report.cases) == 2
    assert dict(report.labels) == {1: "right lung", 2: "left lung"}
    for split in ("train", "val", "test"):
        for case in load(tmp_path, "out", split):
            assert case.labels.any(axis=(1, 2)).sum() == PHANTOM.labels.any(axis=(1, 2)).sum()


def test_names_are_those_of_the_nearest_dataset_json(tmp_path: Path) -> None:
    lobes = {"left upper lobe": 1, "right lobes": 2}
    nnunet(tmp_path / "in" / "Dataset001", 1, PHANTOM.labels, lobes)
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert dict(report.labels) == {1: "left upper lobe", 2: "right lobes"}


def test_slices_and_masks_may_both_be_dicom(tmp_path: Path) -> None:
    pydicom = pytest.importorskip("pydicom")
    (tmp_path / "in" / "masks").mkdir(parents=True)
    paths = write_dicom(PHANTOM, tmp_path / "in" / "images")
    for path, labels in zip(paths, PHANTOM.labels[::-1], strict=True):  # written head first
        mask = pydicom.dcmread(path)
        mask.SOPClassUID = mask.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
        mask.PixelData = (labels * 127).astype("<u2").tobytes()
        mask.save_as(tmp_path / "in" / "masks" / path.name)
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert (len(report.cases), report.refused) == (12, ())
    marked = [np.count_nonzero(np.asarray(Image.open(tmp_path / "out" / case.mask)) == 2) for case in report.cases]
    assert sum(marked) == np.count_nonzero(PHANTOM.labels == 2)


def test_of_two_equal_lines_of_a_manifest_one_is_kept(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=2)
    names = sorted(path.name for path in (tmp_path / "in" / "images").iterdir())
    lines = [{"id": name, "split": "val", "image": f"images/{name}", "mask": f"masks/{name}"} for name in names]
    (tmp_path / "in" / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in [*lines, lines[0]]))
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert len({case.id for case in report.cases}) == len(report.cases) == 2
    assert [refusal.code for refusal in report.refused] == ["duplicate-image"]


def listed_pictures(folder: Path, prefix: str = "") -> None:
    pictures(folder, count=2)
    names = sorted(path.name for path in (folder / "images").iterdir())
    lines = [{"id": name, "split": "val", "image": f"{prefix}images/{name}", "mask": f"masks/{name}"} for name in names]
    (folder / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.mark.parametrize("text", ["{", "[]", '{"labels": [1, 2]}', '{"labels": {"1": null}}'])
def test_a_damaged_description_of_a_data_set_is_not_passed_over(tmp_path: Path, text: str) -> None:
    listed_pictures(tmp_path / "in")
    (tmp_path / "in" / "dataset.json").write_text(text)
    with pytest.raises(UnreadableInput, match=r"dataset\.json") as caught:
        prepare(tmp_path / "in", tmp_path / "out")
    assert caught.value.code == "bad-manifest"
    assert not (tmp_path / "out").exists()


def test_a_line_of_a_manifest_whose_path_leads_out_of_the_data_set_is_left_out_by_its_number(tmp_path: Path) -> None:
    listed_pictures(tmp_path / "in", f"{tmp_path}/in/")
    with pytest.raises(UnsuitableInput, match=r"manifest\.jsonl:1, .* is no path below the data set"):
        prepare(tmp_path / "in", tmp_path / "out")


def test_an_image_of_a_data_set_may_be_a_link(tmp_path: Path) -> None:
    listed_pictures(tmp_path / "in")
    for path in sorted((tmp_path / "in" / "images").iterdir()):
        path.rename(tmp_path / path.name)
        path.symlink_to(tmp_path / path.name)
    assert len(prepare(tmp_path / "in", tmp_path / "out").cases) == 2
