"""Masks in folders, and a data set that a model can be run on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from two_lungs import lungs, save, write_manifest

from pleura.phantom import chest


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Return references and predictions of three cases: perfect, moved by five rows, and missing."""
    for name in ("a", "b", "c"):
        save(tmp_path / "ref" / f"{name}.png", lungs())
    save(tmp_path / "pred" / "a_mask.png", lungs())
    save(tmp_path / "pred" / "b.png", lungs(5))
    return tmp_path / "ref", tmp_path / "pred"


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data set of two slices of a drawn chest, one of them in the split val."""
    folder = tmp_path_factory.mktemp("dataset")
    phantom = chest(shape=(3, 256, 256), spacing=(60.0, 1.5, 1.5))
    records = []
    for number, split in ((0, "train"), (1, "val")):
        Image.fromarray(phantom.volume.voxels[1].astype(np.int16)).save(folder / f"{number}.tif")
        save(folder / f"{number}.png", phantom.labels[1])
        records.append({"id": str(number), "patient": str(number), "split": split, "image": f"{number}.tif"})
        records[-1] |= {"mask": f"{number}.png", "sides": True}
    write_manifest(folder, *records)
    return folder
