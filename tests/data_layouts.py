"""Folders of images and masks as people keep them, of slices and of a scan of the phantom."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pleura.phantom import chest

PHANTOM = chest(shape=(12, 64, 64), spacing=(20.0, 6.0, 6.0))


def pictures(folder: Path, count: int = 10, mask: str = "{}.png", labels: Sequence[int] = (0, 255, 255)) -> None:
    """Write slices of the phantom, each a little different, as 8-bit pictures with masks."""
    for number in range(count):
        plane = PHANTOM.volume.voxels[3 + number % 6]
        grey = np.clip((plane + 1350) / 1500 * 250, 0, 250).astype(np.uint8)
        grey[0, 0] = number
        save_picture(folder / "images" / f"p{number}.png", grey)
        label = np.take(np.array(labels, np.uint8), PHANTOM.labels[3 + number % 6])
        save_picture(folder / "masks" / mask.format(f"p{number}"), label)


def save_picture(path: Path, array: NDArray[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def nifti(path: Path, array: NDArray[Any], affine: NDArray[Any] | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    ras = np.diag([-6.0, -6.0, 20.0, 1.0]) if affine is None else affine
    nib.Nifti1Image(np.ascontiguousarray(array.transpose(2, 1, 0)), ras).to_filename(path)  # type: ignore[no-untyped-call]


def manifest(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]


def nnunet(folder: Path, seed: int, labels: NDArray[Any], names: Mapping[str, int | list[int]]) -> None:
    """Write one case of nnU-Net with its own dataset.json."""
    nifti(folder / "imagesTr" / f"c{seed}_0000.nii.gz", PHANTOM.volume.voxels + seed)
    nifti(folder / "labelsTr" / f"c{seed}.nii.gz", labels)
    (folder / "dataset.json").write_text(json.dumps({"labels": {"background": 0, **names}}))


def real_pictures(shared: Path, folder: Path, names: Sequence[str]) -> None:
    """Copy pictures of `cxr` and `ct/covid` with their masks, without the manifest that says what they are."""
    for name in names:
        source = shared / "data" / name / "val"
        image = min((source / "images").iterdir())
        mask = next((source / "masks").glob(f"{image.stem}.*"))
        for kind, path in (("images", image), ("masks", mask)):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            (folder / kind / path.name).write_bytes(path.read_bytes())
