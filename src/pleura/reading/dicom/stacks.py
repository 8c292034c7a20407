"""Which slices of one series make a stack where positions are taken twice: phases, repeats, slabs that share slices.

A series may hold the same position at several times of breathing or of contrast, each a scan of its own. Or the table
was moved in steps and neighbouring slabs overlap by a slice or more: together they are one scan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pleura.reading.dicom.frames import Frame
from pleura.reading.dicom.geometry import SAME_POSITION, distances, group_by_position


class SliceGroup(NamedTuple):
    """Slices that may make a stack.

    Attributes
    ----------
    frames : the slices
    shared : how many more lay at positions of theirs and were left out
    """

    frames: list[Frame]
    shared: int


_ATTRIBUTES: tuple[Callable[[Frame], object], ...] = (
    lambda frame: frame.phase,
    lambda frame: frame.header.acquisition,
    lambda frame: frame.header.kernel,
    lambda frame: frame.header.image_type,
)
"""What distinguishes slices at one position, the surest first."""


def split_stacks(frames: list[Frame]) -> list[SliceGroup]:
    """Return the stacks that slices of one series, size and orientation make; one where nothing distinguishes them.

    References: DICOM PS3.3 sections C.7.6.2.1 (temporal position), C.7.4.1 (acquisition number).
    """
    if not all(frame.is_placed for frame in frames):
        return [SliceGroup(frames, 0)]
    stacks = _split(SliceGroup(frames, 0), _ATTRIBUTES)
    return [SliceGroup(frames, 0)] if any(_has_duplicates(part) for part, _ in stacks) else stacks


def _split(stack: SliceGroup, attributes: Sequence[Callable[[Frame], object]]) -> list[SliceGroup]:
    frames, _ = stack
    if not attributes or not _has_duplicates(frames):
        return [stack]
    parts: dict[object, list[Frame]] = {}
    for frame in frames:
        parts.setdefault(attributes[0](frame), []).append(frame)
    if 2 * len(parts) > len(frames):  # it distinguishes slices, not scans
        return _split(stack, attributes[1:])
    joined = _join_slabs(list(parts.values()))
    found = [joined] if joined else [SliceGroup(part, 0) for part in parts.values()]
    return [each for part in found for each in _split(part, attributes[1:])]


def _join_slabs(parts: Iterable[list[Frame]]) -> SliceGroup | None:
    """Return slabs that follow each other as one stack, or None where they cover each other by more than half.

    Of two slices at a shared position that of the lower slab is kept.
    """
    along = [(part, _along(part, parts)) for part in parts]
    along.sort(key=lambda slab: float(slab[1].min()))
    kept, shared = list(along[0][0]), 0
    for (before, lower), (after, upper) in pairwise(along):
        inside = upper <= lower.max() + SAME_POSITION
        if 2 * int(inside.sum()) > min(len(before), len(after)):
            return None
        kept += [frame for frame, double in zip(after, inside, strict=True) if not double]
        shared += int(inside.sum())
    return SliceGroup(kept, shared)


def _along(part: list[Frame], parts: Iterable[list[Frame]]) -> NDArray[np.float64]:
    """Return where the slices of a part lie along the normal that all parts share, in millimetres."""
    first = next(iter(parts))[0]
    return distances([first, *part])[1:]


def _has_duplicates(frames: list[Frame]) -> bool:
    """Say whether a position is taken by several slices; the same slice, there twice, is one."""
    distinct = {(frame.instance_uid, frame.index): frame for frame in frames}
    return len(group_by_position(list(distinct.values()))) < len(distinct)
