"""Masks of one lung or lobe each are joined, and half the lungs are never taken for the whole."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from data_layouts import PHANTOM, nifti, pictures, save_picture
from PIL import Image

from pleura.preparation import prepare


def one_lung_each(folder: Path, right: str, left: str, count: int = 3) -> None:
    """Write pictures with a mask for each lung; `right` and `left` are paths, with the stem of the image for {}."""
    pictures(folder, count, labels=(0, 1, 2))
    for path in sorted((folder / "masks").iterdir()):
        labels = np.asarray(Image.open(path))
        path.unlink()
        for side, name in ((1, right), (2, left)):
            save_picture(folder / name.format(path.stem), np.where(labels == side, 255, 0).astype(np.uint8))


@pytest.mark.parametrize(
    ("right", "left"),
    [
        ("ManualMask/rightMask/{}.png", "ManualMask/leftMask/{}.png"),  # Montgomery County
        ("rightMask/{}.png", "leftMask/{}.png"),
        ("masks/right lung/{}.png", "masks/left lung/{}.png"),
        ("masks/right/{}.png", "masks/left/{}.png"),
        ("masks/{}_right.png", "masks/{}_left.png"),
        ("masks/{}_right_lung_mask.png", "masks/{}_left_lung_mask.png"),
    ],
)
def test_masks_of_one_lung_each_become_one(tmp_path: Path, right: str, left: str) -> None:
    one_lung_each(tmp_path / "in", right, left)
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert (len(report.cases), report.refused) == (3, ())
    assert dict(report.labels) == {1: "right lung", 2: "left lung"}
    for case in report.cases:
        number = int(report.sources[case.id][-1])
        assert np.array_equal(np.asarray(Image.open(tmp_path / "out" / case.mask)), PHANTOM.labels[3 + number])


def test_one_lung_is_never_taken_for_both(tmp_path: Path) -> None:
    one_lung_each(tmp_path / "in", "rightMask/{}.png", "leftMask/{}.png")
    (tmp_path / "in" / "leftMask" / "p1.png").unlink()
    (tmp_path / "in" / "rightMask" / "p2.png").write_bytes((tmp_path / "in" / "leftMask" / "p2.png").read_bytes())
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert {one.name: one.code for one in report.refused} == {"images/p1.png": "no-mask", "images/p2": "parts-differ"}


def test_a_side_in_the_name_of_images_too_is_part_of_the_name(tmp_path: Path) -> None:
    pictures(tmp_path / "all", count=2)
    for number, name in enumerate(("a_left", "a_right")):
        for kind in ("images", "masks"):
            (tmp_path / "in" / kind).mkdir(parents=True, exist_ok=True)
            (tmp_path / "all" / kind / f"p{number}.png").rename(tmp_path / "in" / kind / f"{name}.png")
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert sorted(report.sources.values()) == ["images/a_left", "images/a_right"]
    assert dict(report.labels) == {1: "lung"}


def test_lobes_in_files_of_their_own_become_lungs_and_other_organs_are_left_out(tmp_path: Path) -> None:
    for number in range(2):
        case = tmp_path / "in" / f"s{number:04}"
        nifti(case / "ct.nii.gz", PHANTOM.volume.voxels + number)
        upper = np.arange(12)[:, None, None] > 5
        for side, name in ((1, "right"), (2, "left")):
            lung = PHANTOM.labels == side
            nifti(case / "segmentations" / f"lung_upper_lobe_{name}.nii.gz", (lung & upper).astype(np.uint8))
            nifti(case / "segmentations" / f"lung_lower_lobe_{name}.nii.gz", (lung & ~upper).astype(np.uint8))
        for name in ("heart", "kidney_left", "kidney_right"):
            nifti(case / "segmentations" / f"{name}.nii.gz", (PHANTOM.labels == 0).astype(np.uint8))
    (tmp_path / "in" / "s0002").mkdir()
    for path in (tmp_path / "in" / "s0000").rglob("*upper*"):  # half the lungs is not the whole
        nifti(tmp_path / "in" / "s0002" / "segmentations" / path.name, PHANTOM.labels)
    nifti(tmp_path / "in" / "s0002" / "ct.nii.gz", PHANTOM.volume.voxels + 2)
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert [one.name.split("/")[0] for one in report.refused] == ["s0002"] * 3
    assert {one.code for one in report.refused} == {"ambiguous-pair"}
    assert len(report.cases) == 2
    for case in report.cases:
        mask = np.asanyarray(nib.load(tmp_path / "out" / case.mask).dataobj)  # type: ignore[attr-defined]
        assert np.array_equal(np.bincount(mask.ravel()), np.bincount(PHANTOM.labels.ravel()))
