"""Whether a scan is what it should be: values the right way round. What readers know of it are notes and warnings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.geometry import to_axial
from pleura.inference.morphology import dilate
from pleura.modality.borders import connected_to_border
from pleura.modality.polarity import polarity
from pleura.quality.record import Flag
from pleura.volume import Kind, Volume

SAMPLED_SLICES = 5
"""Of a scan, between a fifth and four fifths of it: enough for a majority where one shows shoulders or bowel."""

SHOWN_HU = (-1024.0, 476.0)
"""CT numbers that are shown as black and as white: air, fat, tissue and bone differ."""

MOST_BRIGHT = 0.25
"""Share of voxels above the shown ones from which on air may be bright: of 45 slices with lungs 0.06 at most, of heads
0.08; where 1024 was added to all values, twice what bone holds."""


def inverted_flag(volume: Volume) -> Flag | None:
    """Return a flag where CT numbers are the wrong way round: bright air, dark tissue; None where they are not.

    Greys, which are often inverted, are set back when they are read.
    """
    if volume.kind is not Kind.HU:
        return None
    slices = to_axial(volume.voxels, volume.affine)
    first, last = 0.2 * (len(slices) - 1), 0.8 * (len(slices) - 1)
    chosen = sorted({round(z) for z in np.linspace(first, last, SAMPLED_SLICES)})
    low, high = SHOWN_HU
    found = []
    for z in chosen:
        step = max(1, max(slices.shape[1:]) // 256)
        plane = slices[z, ::step, ::step]
        greys = np.clip((plane - low) * (255.0 / (high - low)), 0, 255).astype(np.uint8)
        is_bright = float((plane > high).mean()) > MOST_BRIGHT
        found.append(is_bright or polarity(_without_padding(greys)) == "inverted")
    if 2 * sum(found) <= len(found):
        return None
    text = "air is bright and tissue dark: the values are inverted, and the mask means nothing; invert the scan"
    return Flag("inverted", text)


def _without_padding(greys: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a slice (y, x) whose outermost black, which readers make of padding, has the grey of what is beside it."""
    black = connected_to_border(greys == 0)
    rim = dilate(black, (0, 1, 0, 1)) & ~black
    if not black.any() or not rim.any():
        return greys
    return np.where(black, np.uint8(np.median(greys[rim])), greys)
