"""The greys of a CT as a CT is shown: what is inverted is set back, and a frame that is not dark becomes air."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array
from pleura.modality.borders import PLAIN, connected_to_border, without_borders
from pleura.modality.polarity import Polarity, is_in_bright_frame, polarity
from pleura.volume import Note

Plane = Array
Mask = NDArray[np.bool_]

_LEAST_SHARE = 0.005
"""Share of a slice that a frame has at least."""
_ABOVE_AIR = 24.0
"""Greys by which a frame is brighter than the darkest of the slice: less does no harm."""
_DARKEST = 5.0
"""Percentile that is air, or lung where there is no air."""
_OWN_BORDER = 0.3
"""Share of the border of the rectangle within plain rows and columns that has their grey: with more they are no frame,
but air or tissue that goes on in it."""
_CORNER = 2
"""Pixels along each side of a corner that have one grey where a circle or a turned slice leaves it empty."""
_LOOKED_AT = 9
"""Slices of a volume that are looked at, between the first fifth and the last."""


def set_greys_upright(voxels: Array) -> tuple[Array, tuple[Note, ...], tuple[Note, ...]]:
    """Return the greys of a CT with air dark everywhere, notes on what was set back, and warnings.

    Parameters
    ----------
    voxels : (z, y, x) greys 0..255 of axial slices; they are not written to
    """
    first, last = 0.2 * (len(voxels) - 1), 0.8 * (len(voxels) - 1)
    chosen = sorted({round(k) for k in np.linspace(first, last, _LOOKED_AT)})
    frames = [bright_frame(voxels[k]) for k in chosen]
    verdict = _majority([_polarity_within(voxels[k], frame) for k, frame in zip(chosen, frames, strict=True)])
    notes: list[Note] = []
    if verdict == "inverted":
        voxels = 255 - voxels
        frames = [bright_frame(voxels[k]) for k in chosen]
        notes.append(
            Note("greys-inverted", "air was bright and tissue dark: the greys were inverted and were set back")
        )
    if 2 * sum(bool(frame.any()) for frame in frames) > len(chosen):
        voxels, share = _with_dark_frames(voxels)
        notes.append(Note("padding", f"a frame or corners that are not dark hold {share:.0%}; taken as air"))
    text = "the greys may be inverted, air bright and tissue dark: if they are, invert the picture"
    return voxels, tuple(notes), (Note("greys-doubtful", text),) if verdict == "doubtful" else ()


def bright_frame(plane: Plane) -> Mask:
    """Return where a slice (y, x) of greys has a frame, bars or corners of one grey that is not dark."""
    frame = np.zeros(plane.shape, np.bool_)
    rows, columns = without_borders(plane)
    inner = plane[rows, columns]
    dark = float(np.percentile(inner, _DARKEST))
    outer = plane > dark + _ABOVE_AIR
    outer[rows, columns] = False
    if outer.mean() >= _LEAST_SHARE and not _goes_on(inner, float(np.median(plane[outer]))):
        frame |= outer
    frame[rows, columns] = _bright_corners(inner, dark)
    return frame


def _goes_on(inner: Plane, grey: float) -> bool:
    """Say whether much of the border of a rectangle (y, x) has the grey of what lies around it."""
    border = np.concatenate([inner[0], inner[-1], inner[:, 0], inner[:, -1]]).astype(np.float32)
    return bool((np.abs(border - grey) <= PLAIN).mean() >= _OWN_BORDER)


def _bright_corners(plane: Plane, dark: float) -> Mask:
    """Return the corners of one bright grey, if the rest of a slice (y, x) is a body in air without them."""
    nothing = np.zeros(plane.shape, np.bool_)
    ends = (slice(None, _CORNER), slice(-_CORNER, None))
    corners = [plane[rows, columns].astype(np.float32) for rows in ends for columns in ends]
    plain = [float(corner.mean()) for corner in corners if np.ptp(corner) <= PLAIN]
    greys = [grey for grey in plain if grey > dark + _ABOVE_AIR]
    if len(greys) < 2:
        return nothing
    found = connected_to_border(np.abs(plane.astype(np.float32) - np.median(greys)) <= PLAIN)
    return found if found.mean() >= _LEAST_SHARE and is_in_bright_frame(plane, found) else nothing


def _polarity_within(plane: Plane, frame: Mask) -> Polarity:
    """Return the polarity of a slice (y, x) whose frame is taken as air."""
    plane = np.where(frame, np.percentile(plane[~frame], _DARKEST), plane)
    return polarity(plane[without_borders(plane)])


def _majority(found: list[Polarity]) -> Polarity:
    """Return what the slices of a scan say: inverted if half do, and more than twice as many as say upright."""
    inverted, upright = found.count("inverted"), found.count("upright")
    if 2 * inverted >= len(found) and inverted > 2 * upright:
        return "inverted"
    return "doubtful" if 2 * (inverted + found.count("doubtful")) > len(found) else "unknown"


def _with_dark_frames(voxels: Array) -> tuple[Array, float]:
    """Return slices (z, y, x) whose frames have the grey of air, and the share of all that they hold."""
    greys, count = voxels.copy(), 0
    for plane in greys:
        frame = bright_frame(plane)
        plane[frame] = np.percentile(plane[~frame], _DARKEST)
        count += int(frame.sum())
    return greys, count / voxels.size
