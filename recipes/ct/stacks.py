"""Stacks of pictures as scans: neighbouring slices of 8-bit greys become HU, about, by tissues that are known.

The set ``covid_stacks`` was stretched slice by slice, and its millimetres are not known. Its patients teach the coarse
network what varies most between people, where vessels and the heart lie; shades within a tissue it does not teach.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pleura.datasets.manifest import Record, read_manifest

Spacing = tuple[float, float, float]

STACKS = "covid_stacks"
"""The set of stacks; `covid` has some of the same slices."""

PIXEL_MM = 1.4
"""Of 256 pixels over a field of view of about 360 mm, that of most adults (chosen)."""

LENGTH_MM = 200.0
"""Most stacks run from above the recesses to below the apices of lungs that are some 250 mm high (seen)."""

GAPS_MM = (1.0, 6.0)
"""Distances between slices of chest scans."""

AIR, AERATED, SOFT, BONE = -1000.0, -850.0, 40.0, 500.0
"""HU of what anchors the greys: around the body, of lung, of muscle and organs, and of the brightest."""


def load_stack(folder: Path) -> tuple[NDArray[np.int16], NDArray[np.uint8], Spacing]:
    """Return HU and labels (z, y, x) of a stack, named as a folder of the set that its volume would lie in.

    Axes run to the head, the back and the left, as the pictures do, and spacing is in millimetres.
    """
    records = _records(folder)
    greys = np.stack([np.asarray(Image.open(folder.parent / one.image).convert("L")) for one in records])
    labels = np.stack([np.asarray(Image.open(folder.parent / str(one.mask))) for one in records])
    hu = np.stack([_hu(plane, mask) for plane, mask in zip(greys, labels, strict=True)])
    gap = float(np.clip(LENGTH_MM / len(records), *GAPS_MM))
    return hu, labels.astype(np.uint8), (gap, PIXEL_MM, PIXEL_MM)


def _records(folder: Path) -> list[Record]:
    """Return the slices of one volume from feet to head."""
    records = [one for one in read_manifest(folder.parent) if one.volume == folder.name]
    return sorted(records, key=lambda one: one.index or 0)


def _hu(greys: NDArray[np.uint8], labels: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Return HU of a slice, even between the greys of its tissues."""
    lung = labels > 0
    air = float(np.percentile(greys, 2))
    aerated = max(float(np.percentile(greys[lung], 30)) if lung.any() else air, air + 1)
    body = greys[~lung & (greys > aerated + 40)]
    soft = max(float(np.median(body)) if body.size else aerated, aerated + 1)
    bright = max(float(np.percentile(greys, 99.8)), soft + 1)
    values = np.interp(greys.astype(np.float32), [air, aerated, soft, bright], [AIR, AERATED, SOFT, BONE])
    return np.rint(values).astype(np.int16)
