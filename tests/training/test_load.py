"""Data sets are read as their manifests and their names say."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest
import torch
from PIL import Image

from pleura.errors import PleuraError
from pleura.training.load import label_names, load
from pleura.training.losses import make_objective


def write_set(folder: Path, labels: list[str] | None = None, *, sides: bool = False) -> Path:
    """Write a set of one picture with two structures, whose `dataset.json` names them; without names there is none."""
    picture = np.full((32, 32), 40, np.int16)
    mask = np.zeros((32, 32), np.uint8)
    mask[8:24, 4:12], mask[8:24, 20:28] = 1, 2
    folder.mkdir(parents=True)
    Image.fromarray(picture).save(folder / "a.tif")
    Image.fromarray(mask).save(folder / "a.png")
    record = {"id": "a", "split": "train", "image": "a.tif", "mask": "a.png", "hu": True, "sides": sides}
    (folder / "manifest.jsonl").write_text(json.dumps(record) + "\n")
    if labels is not None:
        named = {str(value): name for value, name in enumerate(labels, 1)}
        (folder / "dataset.json").write_text(json.dumps({"labels": named}))
    return folder


@pytest.mark.parametrize("labels", [["lung"], ["right lung", "left lung"], None])
def test_lungs_are_distinguished_where_the_manifest_says_so(tmp_path: Path, labels: list[str] | None) -> None:
    write_set(tmp_path / "no", labels)
    write_set(tmp_path / "yes", labels, sides=True)
    assert [load(tmp_path, name, "train")[0].sides.tolist() for name in ("no", "yes")] == [[False], [True]]


def test_two_structures_that_are_no_lungs_are_always_distinguished(tmp_path: Path) -> None:
    write_set(tmp_path / "heart", ["heart", "aorta"])
    case = load(tmp_path, "heart", "train")[0]
    labels, exchanged = (torch.tensor(table)[torch.from_numpy(case.labels).long()] for table in ([0, 1, 2], [0, 2, 1]))
    scores = 20.0 * torch.nn.functional.one_hot(labels, 3).permute(0, 3, 1, 2).float()
    objective = make_objective("cross-entropy+dice", 3)
    right, wrong = (objective(scores, given, torch.from_numpy(case.sides)) for given in (labels, exchanged))
    assert right < 0.01 < wrong


def test_sets_of_lungs_with_sides_and_as_one_go_together(tmp_path: Path) -> None:
    for name, labels in (("one", ["lung"]), ("two", ["right lung", "left lung"]), ("unnamed", None)):
        write_set(tmp_path / name, labels)
    assert label_names(tmp_path, ["one"]) == ("lung",)
    assert label_names(tmp_path, ["one", "two", "unnamed"]) == ("right lung", "left lung")


def test_sets_that_name_their_labels_differently_are_refused(tmp_path: Path) -> None:
    write_set(tmp_path / "lungs", ["right lung", "left lung"])
    write_set(tmp_path / "lobes", ["upper lobe", "lower lobe"])
    with pytest.raises(PleuraError, match="lobes: upper lobe, lower lobe") as caught:
        label_names(tmp_path, ["lungs", "lobes"])
    assert caught.value.code == "labels-differ"


def test_values_of_one_region_are_one_label(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set", sides=True)
    (folder / "dataset.json").write_text('{"labels": {"background": 0, "lung": [1, 2]}}')
    assert label_names(tmp_path, ["set"]) == ("lung",)
    (case,) = load(tmp_path, "set", "train")
    assert np.unique(case.labels).tolist() == [0, 1]
    assert not case.sides.any()


def test_names_of_another_form_are_an_error_by_name(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set")
    (folder / "dataset.json").write_text('{"labels": ["lung"]}')
    with pytest.raises(PleuraError, match=r"dataset\.json") as caught:
        label_names(tmp_path, ["set"])
    assert caught.value.code == "bad-manifest"


@pytest.mark.parametrize("name", ["a.tif", "a.png"])
def test_damaged_picture_is_named(tmp_path: Path, name: str) -> None:
    folder = write_set(tmp_path / "set")
    (folder / name).write_bytes(b"not a picture any more")
    with pytest.raises(PleuraError, match=rf"set/{name}: ") as caught:
        load(tmp_path, "set", "train")
    assert caught.value.code == "truncated"
    (folder / name).unlink()
    with pytest.raises(PleuraError, match=rf"set/{name}: there is no such file"):
        load(tmp_path, "set", "train")


def test_masks_of_volumes_lie_on_their_scans_whichever_way_they_are_stored(tmp_path: Path) -> None:
    scan, mask = np.full((6, 40, 48), 40, np.int16), np.zeros((6, 40, 48), np.uint8)  # (z, y, x), to head, back, left
    scan[2:4, 5:20, 4:16], mask[2:4, 5:20, 4:16] = -850, 1
    ras = np.diag([-2.0, -2.0, 5.0, 1.0])
    nibabel.Nifti1Image(scan.transpose(2, 1, 0), ras).to_filename(tmp_path / "scan.nii.gz")
    other = nibabel.Nifti1Image(mask.transpose(2, 1, 0), ras).as_reoriented(np.array([[1, -1], [2, 1], [0, -1]]))
    other.to_filename(tmp_path / "mask.nii.gz")
    record = {"id": "a", "split": "train", "image": "scan.nii.gz", "mask": "mask.nii.gz", "hu": True}
    (tmp_path / "manifest.jsonl").write_text(json.dumps({**record, "spacing": [2.0, 2.0, 5.0]}))
    case = load(tmp_path, "", "train")[0]
    assert case.slice_spacing == 5.0
    inside = case.labels > 0
    assert inside.any(axis=(1, 2)).tolist() == [False, False, True, True, False, False]
    assert (case.slices[inside] < -400).mean() > 0.95  # edges are smeared where slices are scaled
    assert (case.slices[~inside & (case.slices > -1000)] > -700).all()


def test_case_is_known_by_its_file_in_the_source_else_by_its_id(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "set")
    assert load(tmp_path, "set", "train")[0].name == "a"
    (folder / "report.json").write_text(json.dumps({"sources": {"a": "ward 3/scan_07"}}))
    (case,) = load(tmp_path, "set", "train")
    assert (case.id, case.name) == ("a", "scan_07")


def test_grid_over_a_volume_is_as_high_as_wide_in_millimetres(tmp_path: Path) -> None:
    scan, mask = np.full((1, 60, 120), -1000, np.int16), np.zeros((1, 60, 120), np.uint8)
    scan[:, 5:55, 10:110] = 40  # 100 x 100 mm
    affine = np.diag([-1.0, -2.0, 5.0, 1.0])
    for name, voxels in (("scan", scan), ("mask", mask)):
        nibabel.Nifti1Image(voxels.transpose(2, 1, 0), affine).to_filename(tmp_path / f"{name}.nii.gz")
    record = {"id": "a", "split": "train", "image": "scan.nii.gz", "mask": "mask.nii.gz", "hu": True}
    (tmp_path / "manifest.jsonl").write_text(json.dumps(record))
    fov = load(tmp_path, "", "train")[0].fov
    assert fov.width == pytest.approx(2 * fov.height, abs=1)


def _of_other_size(folder: Path) -> None:
    Image.fromarray(np.zeros((30, 32), np.uint8)).save(folder / "a.png")


def _with_slice_of_other_size(folder: Path) -> None:
    Image.fromarray(np.full((30, 32), 40, np.int16)).save(folder / "b.tif")
    lines = [
        {"id": name, "split": "train", "image": f"{name}.tif", "mask": "a.png", "volume": "v", "index": index}
        for index, name in enumerate("ab")
    ]
    (folder / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def _with_a_pipe(folder: Path) -> None:
    (folder / "a.tif").unlink()
    os.mkfifo(folder / "a.tif")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [(_of_other_size, "mask-size"), (_with_slice_of_other_size, "grid-mismatch"), (_with_a_pipe, "not-a-file")],
)
def test_pictures_that_do_not_make_a_case_are_named(tmp_path: Path, spoil: Callable[[Path], None], code: str) -> None:
    spoil(write_set(tmp_path / "set"))
    with pytest.raises(PleuraError) as caught:
        load(tmp_path, "set", "train")
    assert caught.value.code == code
    assert str(tmp_path) in str(caught.value)
