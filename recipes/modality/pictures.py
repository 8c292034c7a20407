"""Pictures that teach CT slice, frontal chest radiograph and neither apart, from the training parts of the data sets.

There are few real pictures of the third kind, so most of it is made: radiographs from the side are projected from CT
volumes, coronal and sagittal planes are cut from them, and what is no medical picture at all is drawn. Projections
from the front count as radiographs, so that a projection alone decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pleura.conventions import CONVENTIONS
from pleura.datasets.manifest import read_manifest
from pleura.geometry import to_axial
from pleura.phantom import chest
from pleura.reading import read
from pleura.volume import Kind

STORED = 128
"""Pixels along the sides of a stored picture, whatever its proportions were."""
WINDOWS = ((-600.0, 1600.0), (40.0, 400.0), (-312.0, 1424.0), (-450.0, 1200.0), (300.0, 2000.0))
"""Centre and width of the windows, in HU, through which slices are shown: lung, soft tissue, wide, lung, bone."""
_SLICES = ("slices", "nolung")
_VOLUMES = ("volumes", "nsclc_rt")
_STEP = 3.0
"""Millimetres of the grid that planes and projections are taken from: of a chest, as many pixels as are stored."""
_FRONT = (-12, -6, 0, 6, 12)
"""Degrees by which a patient may be turned and the view is still frontal (chosen)."""
_SIDE = (60, 72, 80, 90, 100, 108, 120, 270)
"""Degrees of lateral and oblique views; between 12 and 60 it is open what a view is (chosen)."""

Picture = NDArray[np.uint8]
Pictures = NDArray[np.uint8]


def ct_pictures(data: Path, split: str) -> Pictures:
    """Return axial CT slices, (n, STORED, STORED): pictures as they are, HU through each window."""
    found = [window(plane, *params) for plane in _hu_slices(data / "ct", split) for params in WINDOWS]
    sets = ("covid", "covid_stacks") if split == "train" else ("covid",)
    found += [picture for name in sets for picture in _listed(data / "ct" / name, split)]
    return np.stack([square(picture) for picture in found])


def radiographs(data: Path, split: str) -> Pictures:
    """Return frontal chest radiographs, (n, STORED, STORED)."""
    found = [picture for name in CONVENTIONS for picture in _listed(data / "cxr" / name, split)]
    return np.stack([square(picture) for picture in found])


def projections(data: Path, split: str) -> tuple[Pictures, Pictures]:
    """Return radiographs projected from CT volumes, from the front and from the side."""
    front, side = [], []
    for volume in _volumes(data / "ct", split):
        front += [square(project(volume, angle)) for angle in _FRONT]
        side += [square(project(volume, angle)) for angle in _SIDE]
    return np.stack(front), np.stack(side)


def laterals(data: Path, split: str) -> Pictures:
    """Return real radiographs from the side; they have no split, so odd numbers are for training, even ones for val."""
    from PIL import Image

    files = sorted((data / "cxr" / "other" / "lateral").glob("*.jpg"))
    found = [np.asarray(Image.open(file).convert("L")) for file in files[0 if split == "train" else 1 :: 2]]
    return np.stack([square(picture) for picture in found])


def reformats(data: Path, split: str) -> Pictures:
    """Return coronal and sagittal planes of CT volumes through the windows, head up."""
    found = []
    for volume in _volumes(data / "ct", split):
        for axis in (1, 2):
            size = volume.shape[axis]
            for number, place in enumerate(range(int(size * 0.25), int(size * 0.75), max(1, size // 20))):
                found.append(square(window(np.take(volume, place, axis)[::-1], *WINDOWS[number % len(WINDOWS)])))
    return np.stack(found)


def window(hu: NDArray[Any], centre: float, width: float) -> Picture:
    """Return HU as grey 0..255 through a window."""
    return np.asarray(np.clip((hu - (centre - width / 2)) * (255 / width), 0, 255), np.uint8)


def square(picture: Picture) -> Picture:
    """Return a picture squeezed to `STORED` pixels along both sides."""
    from PIL import Image

    return np.asarray(Image.fromarray(picture).resize((STORED, STORED), Image.Resampling.BILINEAR))


def project(volume: NDArray[np.float32], angle: float) -> Picture:
    """Return the shadow of a volume, (z, y, x) HU at even spacing, as of X-rays from the front turned by `angle`."""
    from scipy import ndimage

    # attenuation beside that of water; metal above 1500 HU would take the range from everything else
    density = np.clip(volume[::-1] / 1000 + 1, 0, 2.5)
    turned = ndimage.rotate(density, angle, axes=(1, 2), reshape=True, order=1)
    path = turned.sum(axis=1) * (_STEP / 100)
    low, high = np.percentile(path, (2, 99.5))
    return np.asarray(np.clip((path - low) / max(high - low, 1e-3), 0, 1) * 255, np.uint8)


def _hu_slices(folder: Path, split: str) -> Iterator[NDArray[Any]]:
    """Yield axial slices in HU: single ones, every third of each volume, and of drawn chests for training."""
    sets = (*_SLICES, "hard_unlabelled", "hard_unlabelled2") if split == "train" else _SLICES
    for name in sets:
        yield from _listed(folder / name, split)
    for volume in _scans(folder, split):
        yield from volume[1::3]
    if split == "train":
        for seed in range(8):
            yield from np.asarray(chest((6, 128, 128), (50.0, 3.0, 3.0), seed=seed).volume.voxels)


def _listed(folder: Path, split: str) -> Iterator[NDArray[Any]]:
    """Yield the pictures of one part of a set; sets without masks count as training."""
    from PIL import Image

    for record in read_manifest(folder):
        if record.split == split or (record.split == "unlabelled" and split == "train"):
            with Image.open(folder / record.image) as image:
                deep = image.mode not in {"L", "RGB", "P"}
                yield np.asarray(image if deep else image.convert("L"))


def _scans(folder: Path, split: str) -> Iterator[NDArray[Any]]:
    """Yield whole scans as (z, y, x) HU, head last."""
    for volume, _ in _located(folder, split):
        yield volume


def _volumes(folder: Path, split: str) -> Iterator[NDArray[np.float32]]:
    """Yield whole scans on an even grid of `_STEP` millimetres."""
    from scipy import ndimage

    for volume, spacing in _located(folder, split):
        coarse = volume[:, ::2, ::2] if spacing[1] < _STEP / 1.5 else volume
        steps = [extent * step / n / _STEP for extent, step, n in zip(volume.shape, spacing, coarse.shape, strict=True)]
        yield ndimage.zoom(coarse.astype(np.float32), steps, order=1)


def _located(folder: Path, split: str) -> Iterator[tuple[NDArray[Any], tuple[float, ...]]]:
    for name in (*_VOLUMES, "volumes_unlabelled") if split == "train" else _VOLUMES:
        for record in read_manifest(folder / name):
            if record.split in ({"train", "unlabelled"} if split == "train" else {split}):
                scan = read(folder / name / record.image, kind=Kind.HU)
                yield to_axial(scan.voxels, scan.affine), (record.spacing or ())[::-1]
