"""Whether values are Hounsfield units, decided from the values themselves and stated.

A scan that is not in HU gives an empty or a wrong mask without a word, and files say little about it: pictures were
windowed to 8 bits, floats scaled to 0..1, raw scanner values left without their rescale. CT gives it away: the air
around and inside the patient makes one peak and soft tissue another, a thousand units above it. The values of some
radiographs are spread like that too, so a single slice is also looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array
from pleura.errors import UnsuitableInput
from pleura.modality import decide
from pleura.reading.padding import corner_values, not_finite_outside, set_to_air
from pleura.reading.tissue import tissue_notes
from pleura.text import quantity
from pleura.volume import Kind, Note

AIR = -1024
"""The lowest HU that is kept; padding below it is set to it."""
STORED_OFFSET = 1024
"""What scanners add to HU so that stored values need no sign."""
_PICTURE_OFFSET = 32768
"""What writers of 16 bit pictures add to HU for the same reason."""

TAILS = (0.5, 99.5)
"""Percentiles beyond which markers and collimators lie."""

_LEAST_SPAN, _MOST_SPAN = 1e-30, 1e30
"""Between the lowest and the highest value, so that arithmetic in 32 bits neither loses nor overflows."""
_FEW_LABELS = 16
"""Values up to which whole numbers may be labels: two lungs, their lobes, airways and vessels are fewer."""
_PATCHES = (5, 200)
"""Greys, and regions of one grey, from which a single slice of few values is a picture: 230 pictures of 8 greys had 209
regions or more, 500 masks at most 40."""
_MOST_OF_TWO = 0.85
"""Share of its pixels that the two commonest greys of a picture hold at most; line drawings and text hold more."""
_MOST_NOT_FINITE = 0.01
"""Share of values that are no numbers which are taken as air: a few come from divisions by zero, many are damage."""
_CHOICE = "convert them to either, or say in Python what they are: pleura.read(path, kind='hu') or kind='windowed'"
_FAR_OUT = 2.0
"""Ends this many times as far apart as the beginnings of the tails are those of markers, not of the picture."""


@dataclass(frozen=True)
class Intensity:
    """Voxels with the kind of values they hold, and what was decided on the way."""

    voxels: Array
    kind: Kind
    notes: tuple[Note, ...]


def sample(voxels: Array) -> Array:
    """Return up to about half a million values, evenly spread over a (z, y, x) array."""
    z, y, x = (max(1, -(-size // limit)) for size, limit in zip(voxels.shape, (32, 128, 128), strict=True))
    return voxels[z // 2 :: z, y // 2 :: y, x // 2 :: x].reshape(-1)


def are_hu(values: Array) -> bool:
    """Say whether values hold air where HU have it: at least one in a hundred lies from -1100 to -600.

    Parameters
    ----------
    values : any shape; padding below -1500 is not counted
    """
    inside = values[values > -1500]
    return bool(inside.size) and float(((inside >= -1100) & (inside <= -600)).mean()) >= 0.01


def hold_tissue(values: Array) -> bool:
    """Say whether values hold soft tissue where HU have it: at least one in a hundred lies from -200 to 300."""
    return float(((values >= -200) & (values <= 300)).mean()) >= 0.01


def raw_offset(values: Array) -> int | None:
    """Return what was surely added to HU, or None: air lies at its place, and half of what is dense is soft tissue.

    A rescale that was left out adds 1024, one that was applied twice takes 1024 away.

    Parameters
    ----------
    values : any shape; padding 1500 or more below air is not counted
    """
    for offset in (STORED_OFFSET, -STORED_OFFSET, _PICTURE_OFFSET):
        hu = values.astype(np.float32) - offset
        hu = hu[hu > -2500]
        if hu.size and hu.min() < -1250 and float((hu == hu.min()).mean()) >= 0.01:
            hu = hu[hu > hu.min()]  # padding that lies nearer to air
        dense = hu[hu > -500]
        if dense.size < max(1, 0.05 * hu.size) or hu.min() < -1250 or hu.max() > 7000:
            continue
        air = float(((hu >= -1100) & (hu < -600)).mean())
        if air >= 0.02 and float(((dense >= -150) & (dense <= 150)).mean()) >= 0.5:
            return offset
    return None


def interpret(array: Array, kind: Kind | None = None) -> Intensity:
    """Decide what the values of an array without DICOM header mean.

    Parameters
    ----------
    array : (z, y, x), any integer or float type; it may be written to. A single slice may be a picture, whose 16 bit
        grey values are stretched to 0..255
    kind : what the values are, where the caller knows; they are then not judged

    Returns
    -------
    Intensity : int16 HU, or grey values 0..255 (uint8, or float32 where the source was finer than 8 bits)

    Raises
    ------
    UnsuitableInput : the values are labels, constant, not finite, or neither HU nor grey
    """
    notes: list[Note] = []
    if array.dtype.kind == "f":
        array, notes = _finite(array)
    low, high = float(array.min()), float(array.max())
    if high - low < _LEAST_SPAN:
        raise UnsuitableInput(f"all values are {low:g}; there is no picture", code="constant")
    if high - low > _MOST_SPAN:
        raise UnsuitableInput(f"the values run from {low:g} to {high:g}; no scan's do", code="not-hu")
    if kind is Kind.HU:
        hu = to_hu(array)
        return Intensity(hu, Kind.HU, (*notes, *set_to_air(hu, AIR)))
    offset = None
    if kind is None:
        notes += _few_greys(array, sample(array), low, high)
        offset = _offset(array, low, high)
    if offset is not None:
        note = offset_note(offset) if offset else Note("values-hu", "the values were taken as Hounsfield units")
        hu = to_hu(array, offset)
        padding = set_to_air(hu, AIR)
        return Intensity(hu, Kind.HU, (*notes, note, *padding, *tissue_notes(sample(hu))))
    grey, note = _stretched(array, low, high)
    return Intensity(grey, kind or Kind.WINDOWED, (*notes, note))


def to_hu(array: Array, offset: int = 0) -> NDArray[np.int16]:
    """Return `array` - `offset` as int16 HU, rounded and kept within -1024..32767, in place where it is int16."""
    if array.dtype == np.int16 and array.flags.writeable and 0 <= offset < 1 << 14:
        voxels = array.view(np.int16)
        np.maximum(voxels, AIR + offset, out=voxels)
        if offset:
            voxels -= offset
        return voxels
    hu = np.empty(array.shape, np.int16)
    for source, target in zip(array, hu, strict=True):  # by slices: no second volume in a wider type
        target[...] = np.clip(np.rint(source.astype(np.float64) - offset), AIR, np.iinfo(np.int16).max)
    return hu


def hu_warnings(values: Array) -> tuple[Note, ...]:
    """Return a note where values that a header calls HU hold no air, or hardly any soft tissue (-200..300)."""
    if not are_hu(values):
        return (Note("hu-doubtful", "the values hold no air, so they may not be Hounsfield units"),)
    if not hold_tissue(values):
        return (Note("hu-doubtful", "the values hold no soft tissue, so they may not be Hounsfield units"),)
    return tissue_notes(values)


def offset_note(offset: int) -> Note:
    """Return the note on values that were stored above HU."""
    where = "above" if offset > 0 else "below"
    return Note("hu-offset-corrected", f"the values lay {abs(offset)} {where} Hounsfield units and were set back")


def hu_offset(values: Array) -> int | None:
    """Return what lies between the values and HU, 0 for HU as they are, or None where they are not HU."""
    has_air = are_hu(values)
    if has_air and hold_tissue(values):
        return 0
    offset = raw_offset(values)
    return 0 if offset is None and has_air else offset


def _offset(array: Array, low: float, high: float) -> int | None:
    """Return what was added to HU, 0 for HU as they are, or None for grey values; refuse what is neither."""
    values = sample(array)
    offset = hu_offset(values)
    if offset is None:
        rest = values[~np.isin(values, corner_values(array))]
        offset = hu_offset(rest) if rest.size >= 0.01 * values.size else None
    grey = _are_grey(array, low, high)
    if (grey and offset is None) or _shows_radiograph(array, low, high):
        return None
    if offset is None:
        raise UnsuitableInput(
            f"the values run from {low:g} to {high:g} and are neither Hounsfield units nor grey values; {_CHOICE}",
            code="not-hu",
        )
    return offset


def _shows_radiograph(array: Array, low: float, high: float) -> bool:
    """Say whether a single slice surely shows a radiograph, whose values may be spread like those of a CT."""
    if len(array) > 1:
        return False
    decision = decide(np.asarray(_stretched(array, low, high)[0][0], np.uint8))
    return decision.kind == "radiograph" and decision.sure


def _are_grey(array: Array, low: float, high: float) -> bool:
    """Say whether values look like grey: whatever is positive in a picture, 0..255 used by half at least, or 0..1."""
    if low < 0:
        return False
    if len(array) == 1:
        return True
    return 128 <= high <= 255 or (array.dtype.kind == "f" and 0.5 < high <= 1)


def _stretched(array: Array, low: float, high: float) -> tuple[Array, Note]:
    """Return grey values as 0..255, and how they were got."""
    if array.dtype.kind == "f" and low >= 0 and 0.5 < high <= 1:
        grey, how = _by_slices(array, np.uint8, lambda plane: np.rint(plane * 255)), "from 0 to 1, scaled to 0..255"
    elif low >= 0 and 128 <= high <= 255:
        grey = _by_slices(array, np.uint8, np.rint) if array.dtype.kind == "f" else array.astype(np.uint8, copy=False)
        how = "from 0 to 255"
    else:
        low, high = _ends(array, low, high)
        black, scale = np.float32(low), np.float32(high - low)
        grey = _by_slices(
            array, np.float32, lambda plane: np.clip((plane.astype(np.float32) - black) / scale * 255, 0, 255)
        )
        how = f"from {low:g} to {high:g}, stretched to 0..255"
    return grey, Note("values-windowed", f"the values are not Hounsfield units but grey values {how}")


def _by_slices(array: Array, dtype: type, turned: Callable[[Array], Array]) -> Array:
    """Return the slices of (z, y, x), turned one by one into `dtype`: there is no second volume in a wider type."""
    target: Array = np.empty(array.shape, dtype)
    for slot, plane in zip(target, array, strict=True):
        slot[...] = turned(plane)
    return target


def _ends(array: Array, low: float, high: float) -> tuple[float, float]:
    """Return the values that become black and white: the ends, or where the tails begin if the ends lie far out."""
    first, last = np.percentile(sample(array), TAILS)
    return (low, high) if high - low <= _FAR_OUT * (last - first) or first == last else (float(first), float(last))


def _finite(array: Array) -> tuple[Array, list[Note]]:
    """Set values that are no numbers to the lowest one where they are few or padding; refuse many within the scan."""
    bad = ~np.isfinite(array)
    count = int(bad.sum())
    if not count:
        return array, []
    share = count / array.size
    if count == array.size or (share > _MOST_NOT_FINITE and not not_finite_outside(bad)):
        raise UnsuitableInput(f"{share:.0%} of the values are not finite numbers", code="not-finite")
    repaired = array if array.flags.writeable else array.copy()
    np.copyto(repaired, array.min(where=~bad, initial=np.inf), where=bad)
    if share > _MOST_NOT_FINITE:
        text = f"outside the scan's field the values are no numbers, {share:.0%} of all; taken as the lowest value"
        return repaired, [Note("padding", text)]
    text = quantity(count, "value that is not finite was", "values that are not finite were")
    return repaired, [Note("not-finite", f"{text} set to the lowest value")]


def _few_greys(array: Array, values: Array, low: float, high: float) -> tuple[Note, ...]:
    """Return a note where a single slice has few greys; refuse labels, whose values lie in few and large regions."""
    if low < 0 or high > 255 or np.unique(values).size > _FEW_LABELS:
        return ()
    found = np.unique(np.concatenate([np.unique(plane) for plane in array]))  # by slices: sorting takes much memory
    if found.size <= _FEW_LABELS and (found == np.rint(found)).all():
        if len(array) == 1 and _is_shaded(np.searchsorted(found, array[0]), found.size):
            return (Note("few-greys", f"the picture has {found.size} greys only; the lungs' borders may be off"),)
        raise UnsuitableInput(f"only {found.size} different values: a mask or label map, not a scan", code="a-mask")
    return ()


def _is_shaded(plane: NDArray[np.intp], count: int) -> bool:
    """Say whether a plane (y, x) of `count` different numbers from 0 is a picture: many regions, no two greys alone."""
    import cc3d

    largest = np.sort(np.bincount(plane.ravel()))[-2:].sum() / plane.size
    if count < _PATCHES[0] or largest > _MOST_OF_TWO:
        return False
    return int(cc3d.connected_components((plane + 1).astype(np.uint8), connectivity=4).max()) >= _PATCHES[1]
