"""Whether the air of a CT slice in greys is dark, as it is shown, or bright: an inverted picture.

Bright air is known by what lies in it: one dark body, whole and round, that hardly touches the border. The lungs of a
slice that is cut within the body lie in bright tissue too, but they are two, or one that is bent around the heart.

The figures are of train parts: 58 pictures (covid), and 45 slices with lungs and 16 without in three windows (-1350 to
150, -160 to 240, -1000 to -400 HU), as they are, inverted, and cut to the box of the lungs with four margins.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array
from pleura.modality.borders import PLAIN

Polarity = Literal["upright", "inverted", "doubtful", "unknown"]
Plane = Array
Mask = NDArray[np.bool_]

SIDE = 128
"""Pixels, about, of the longer side of what is looked at: noise is averaged."""

BORDER = 2
"""Width of the border of that, in pixels."""

MOST_AIR = 0.7
"""Share of the border that is air: around bodies 0.70 and more; with less the slice may be cut within the body."""

MOST_TOUCH = 0.3
"""Share of the border that the body holds at most: 0 to 0.27."""

BODY = (0.3, 0.65, 0.93)
"""Share of the picture that the body fills; its share of all that is no air, of which one of two lungs has 0.60 at
most; and its share of its outline, of which two lungs that are joined fill 0.92 at most. A body has all three."""

PERHAPS_BODY = (0.2, 0.65, 0.8)
"""The same for what is warned of: bodies that are cut, and few slices within the body."""

SCANNED_CIRCLE = 0.78
"""Share of a line along the largest circle of a picture that is dark where that circle is all that was scanned and the
picture is bright outside of it: of 30 slices whose body it cuts 22 are found; bodies in bright air have 0.73 at most.
"""

CIRCLE_LINE = (2, 5)
"""Pixels from that circle at which the line begins and ends: bone and table touch the circle itself."""

SKIN = 0.25
"""Share of a body that is darker than its rim where the air is bright, for fat lies under the skin: of the slices with
lungs 0.15 to 0.9; 0 to 0.2 for most of what begins with its darkest, dark air within a frame."""

SKIN_IN_FRAME = 0.4
"""The same, by `RIM_OF_FRAME`, that speaks against a frame: within frames 0 to 0.29, else 0.53 and more."""

RIM_OF_FRAME = 25.0
"""Percentile of the rim within a frame that is air, also where the frame cuts the body."""

FRAMED_BODY = (0.15, 0.65, 0.93)
"""As `BODY`, of what a frame surrounds, where less of it has to be a body: that there is a frame is known."""

RIM = (1, 3)
"""Pixels from the outline of a body at which its rim begins and ends; the outermost holds air, too."""

AIR_STEP, AIR_NOISE = 16.0, 4.0
"""Greys from the air of the border, if that has little noise, to what is no air: in a narrow window fat is near it."""


def polarity(plane: Plane) -> Polarity:
    """Return how the greys of an axial slice (y, x) are shown; unknown where there is no air around a body.

    Doubtful is what may be inverted.
    """
    small = _shrunk(plane)
    split = _otsu(small)
    if _body(small > split, BODY) is not None:
        return "upright"
    darker = [small <= split]
    air = small[_border(small.shape) & (small > split)]
    if air.size:
        grey = float(np.median(air))
        noise = float(np.median(np.abs(air - grey)))
        darker += [small < grey - AIR_STEP] if noise <= AIR_NOISE else []
    if any((body := _body_in_air(mask, BODY)) is not None and _darker_than_rim(small, body) >= SKIN for mask in darker):
        return "inverted"
    return "doubtful" if any(_body_in_air(mask, PERHAPS_BODY) is not None for mask in darker) else "unknown"


def is_in_bright_frame(plane: Plane, frame: Mask) -> bool:
    """Say whether what a bright frame surrounds in a slice (y, x) is a body in dark air."""
    small, rest = _shrunk(plane), _shrunk(frame) == 0
    rim = _rim(rest)
    if not rim.any() or _darker_than_rim(small, rest, RIM_OF_FRAME) >= SKIN_IN_FRAME:
        return False
    air = float(np.percentile(small[rim], RIM_OF_FRAME))
    filled = np.where(rest, small, air)
    return any(_body(filled > grey, FRAMED_BODY) is not None for grey in (_otsu(filled), air + AIR_STEP))


def _body(mask: Mask, least: tuple[float, float, float]) -> Mask | None:
    """Return the largest part of a mask (y, x), filled, if it is a body in air by the shares of `BODY`."""
    import cc3d
    import fill_voids

    ring = _border(mask.shape)
    if 1 - mask[ring].mean() < MOST_AIR or not mask.any():
        return None
    parts = cc3d.connected_components(mask, connectivity=4)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    body = parts == sizes.argmax()
    filled = np.asarray(fill_voids.fill(body), np.bool_)
    shares = (filled.mean(), body.sum() / mask.sum(), filled.sum() / _outline(filled).sum())
    if body[ring].mean() > MOST_TOUCH or any(share < low for share, low in zip(shares, least, strict=True)):
        return None
    return filled


def _body_in_air(mask: Mask, least: tuple[float, float, float]) -> Mask | None:
    """Return what `_body` does, but for the circle that scanners reconstruct: what lies around it is no air."""
    body = _body(mask, least)
    return None if body is None or _is_scanned_circle(body) else body


def _is_scanned_circle(body: Mask) -> bool:
    """Say whether a mask (y, x) goes along the circle that touches the sides."""
    rows, columns = body.shape
    down, across = np.ogrid[:rows, :columns]
    inside = min(body.shape) / 2 - np.hypot(down - (rows - 1) / 2, across - (columns - 1) / 2)
    return bool(body[(inside >= CIRCLE_LINE[0]) & (inside < CIRCLE_LINE[1])].mean() >= SCANNED_CIRCLE)


def _darker_than_rim(plane: Plane, body: Mask, percentile: float = 50.0) -> float:
    """Return the share of a body (y, x) that is darker than its rim, by a percentile of that."""
    rim = plane[_rim(body)]
    return float((plane[body] < np.percentile(rim, percentile) - PLAIN / 2).mean()) if rim.size else 0.0


def _rim(body: Mask) -> Mask:
    """Return the pixels of a body (y, x) that lie as far from its outline as `RIM` says."""
    inner = [body]
    for _ in range(RIM[1]):
        last = np.pad(inner[-1], 1, constant_values=True)
        inner.append(last[1:-1, 1:-1] & last[:-2, 1:-1] & last[2:, 1:-1] & last[1:-1, :-2] & last[1:-1, 2:])
    return np.asarray(inner[RIM[0]] & ~inner[RIM[1]])


def _outline(mask: Mask) -> Mask:
    """Return where a mask (y, x) lies on at least three of the four sides, itself included."""
    sides: NDArray[np.intp] = np.sum([_behind(mask, axis, step) for axis in (0, 1) for step in (1, -1)], axis=0)
    return np.asarray(sides >= 3)


def _behind(mask: Mask, axis: int, step: int) -> NDArray[np.uint8]:
    """Return 1 at and behind the first pixel of a mask along an axis, seen from its beginning or its end."""
    along = np.flip(mask, axis) if step < 0 else mask
    behind = np.maximum.accumulate(along, axis=axis)
    return (np.flip(behind, axis) if step < 0 else behind).view(np.uint8)


def _border(shape: tuple[int, ...]) -> Mask:
    border = np.ones(shape, np.bool_)
    border[BORDER:-BORDER, BORDER:-BORDER] = False
    return border


def _shrunk(plane: Plane) -> NDArray[np.float32]:
    """Return the means of square blocks of a plane, so many that the longer side has about `SIDE`."""
    step = max(1, round(max(plane.shape) / SIDE))
    rows, columns = (size // step for size in plane.shape)
    blocks = plane[: rows * step, : columns * step].reshape(rows, step, columns, step)
    return np.asarray(blocks.mean(axis=(1, 3), dtype=np.float32))


def _otsu(plane: Plane) -> float:
    """Return the grey that parts a plane of greys 0..255 best in two.

    References
    ----------
    N. Otsu, A threshold selection method from gray-level histograms, IEEE Trans. SMC 9 (1979) 62-66.
    """
    counts = np.bincount(np.clip(plane, 0, 255).astype(np.uint8).ravel(), minlength=256).astype(np.float64)
    below, total = np.cumsum(counts), counts.sum()
    weighted = np.cumsum(counts * np.arange(256))
    spread = np.maximum(below * (total - below), 1.0)
    between = (weighted[-1] * below / total - weighted) ** 2 / spread
    return float(np.flatnonzero(between == between.max()).mean())
