"""Cases are sampled and cropped as the settings say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from data_layouts import PHANTOM, manifest, nifti
from PIL import Image

from pleura.preparation import PRESETS, Settings, prepare


def test_original_is_the_middle_slice_in_a_soft_window_at_one_millimetre(tmp_path: Path) -> None:
    nifti(tmp_path / "in" / "images" / "a.nii.gz", PHANTOM.volume.voxels)
    nifti(tmp_path / "in" / "masks" / "a.nii.gz", PHANTOM.labels)
    prepare(tmp_path / "in", tmp_path / "out", PRESETS["original"])
    record = manifest(tmp_path / "out")[0]
    assert (record["shape"], record["spacing"], record["kind"]) == ([256, 256], [1.0, 1.0], "windowed")
    grey = np.asarray(Image.open(tmp_path / "out" / record["image"]))
    label = np.asarray(Image.open(tmp_path / "out" / record["mask"]))
    assert grey[label > 0].mean() < 25  # lung lies below -125 HU
    assert grey.max() > 150


@pytest.mark.parametrize(
    ("settings", "cropped"),
    [
        (Settings(), False),
        (Settings(size=(64, 64)), False),
        (Settings(size=(64, 32)), True),
        (Settings(spacing=(1.0, 1.0, 1.0), size=(384, 384), slices=1), False),  # 64 voxels of 6 mm
        (Settings(spacing=(1.0, 1.0, 1.0), size=(128, 384), slices=1), True),
    ],
)
def test_crop_that_cuts_the_lungs_is_noted(settings: Settings, cropped: bool, tmp_path: Path) -> None:
    nifti(tmp_path / "in" / "images" / "a.nii.gz", PHANTOM.volume.voxels)
    nifti(tmp_path / "in" / "masks" / "a.nii.gz", PHANTOM.labels)
    report = prepare(tmp_path / "in", tmp_path / "out", settings)
    assert report.case_warnings == ((("images/a", "mask-cropped"),) if cropped else ())
