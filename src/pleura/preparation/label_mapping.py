"""What the values of masks mean: right and left lung where names, numbers or positions tell, else what they are called.

Masks come as 0 and 255, as 1 and 2, as two greys, as 3, 4 and 5 (right lung, left lung and windpipe of LUNA16, in an
order that nothing in the files states), with names in a dataset.json or in a DICOM object, or blurred by JPEG. One
meaning is settled for the whole set, because a single slice that shows one structure cannot tell which it is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array
from pleura.errors import UnsuitableInput
from pleura.labels import LEFT, LUNG, LUNGS, RIGHT, side_of
from pleura.reading.dicom.lungs import names_left_out
from pleura.reading.raw_image import LabelMap
from pleura.text import quantity
from pleura.volume import Note

_SIDED = {label.value: label.name for label in LUNGS}
PLAIN: Mapping[int, str] = {LUNG: "lung"}
_PAIRS: Mapping[tuple[int, int], tuple[int, ...]] = {(RIGHT, LEFT): (), (3, 4): (5,)}
"""Values that stand for the two lungs where nothing has a name, with those that may come along and are left out."""
_LEAST_WHITE = 128
"""From here on, the only value of a mask is a way to draw white and no number of a structure."""
_COLOUR = 1 << 24
"""Added to a colour, 0xRRGGBB, that stands for a label: the numbers of colours differ from picture to picture."""
_MOST_VALUES = 16
"""Values above which a picture is a blurred mask and no label map: lobes, airways and vessels of lungs are fewer."""
_MOST_BETWEEN = 0.25
"""Share of a blurred mask that may be half-way; more is no edge, but a structure in a grey of its own."""
_MOST_LABELS = 254
"""What a byte holds beside background and 255, which is unknown."""


@dataclass(frozen=True)
class MaskInfo:
    """What one mask says, before it is laid on its image.

    Attributes
    ----------
    values : what occurs beside 0, sorted
    names : what the file or the source calls them
    mean_x : mean position along the patient's left of each value, millimetres, of a picture in colours the mean column;
        empty where the file does not say
    side_by_side : True where the two values of a picture lie beside each other, as two lungs do
    """

    values: tuple[int, ...]
    names: Mapping[int, str] = field(default_factory=dict)
    mean_x: Mapping[int, float] = field(default_factory=dict)
    side_by_side: bool = False


@dataclass(frozen=True)
class LabelMapping:
    """What the values of all masks of a set become.

    Attributes
    ----------
    labels : value -> name in the new dataset
    values : stored value -> new one, for masks without names; what is not listed becomes background
    names : name as stored -> new value, for masks with names
    notes : what had to be decided
    """

    labels: Mapping[int, str]
    values: Mapping[int, int] = field(default_factory=dict)
    names: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    @property
    def sided(self) -> bool:
        """True where right and left lung have values of their own."""
        return dict(self.labels) == _SIDED

    def for_mask(self, info: MaskInfo) -> tuple[dict[int, int], bool]:
        """Return stored value -> new value for one mask, and whether it tells right from left.

        Raises
        ------
        UnsuitableInput : the mask has names, and none means anything (`no-structure`)
        """
        if info.names:
            return self.for_names(info.names)
        if (self.sided or dict(self.labels) == PLAIN) and len(info.values) == 1 and info.values[0] not in self.values:
            return {info.values[0]: LUNG}, False
        return dict(self.values), self.sided

    def for_names(self, names: Mapping[int, str]) -> tuple[dict[int, int], bool]:
        """Return what `for_mask` does, by names; one lung beside both lungs in one tells nothing of the other side.

        Raises
        ------
        UnsuitableInput : no name means anything (`no-structure`)
        """
        known = {value: name for value, name in names.items() if name in self.names}
        if not known:
            raise UnsuitableInput("it marks nothing that this set is about", code="no-structure")
        sides = {side_of(name) for name in known.values()}
        if self.sided and 0 in sides and not {RIGHT, LEFT} <= sides:
            return dict.fromkeys(known, LUNG), False
        return {v: self.names[name] for v, name in known.items() if not self.sided or side_of(name) != 0}, self.sided


def to_integer_labels(label_map: LabelMap) -> NDArray[np.int32]:
    """Return the labels as whole numbers; a mask with soft edges is cut half-way between its two values.

    Raises
    ------
    UnsuitableInput : a blurred picture holds another grey between the two (`mask-blurred`)
    """
    voxels = label_map.voxels
    if label_map.colours:
        values = np.array([0, *(_COLOUR + colour for colour in label_map.colours[1:])], np.int32)
        return np.asarray(values[voxels])
    if label_map.lossy or _is_soft(label_map):
        top = float(voxels.max())
        if label_map.is_picture and _has_grey_between(voxels / max(top, 1.0)):
            raise UnsuitableInput("a blurred mask of several greys; save it as PNG, not resized", code="mask-blurred")
        cut: NDArray[np.int32] = (voxels >= top / 2).astype(np.int32) * (round(max(top, 1.0)) if top > 0 else 0)
        return cut
    rounded = np.rint(voxels) if voxels.dtype.kind == "f" else voxels
    return np.asarray(np.maximum(rounded, 0), np.int32)


def inspect_labels(label_map: LabelMap, names: Mapping[int, str]) -> MaskInfo:
    """Return what a mask says; `names` are those that the source gives its values."""
    labels = to_integer_labels(label_map)
    values = tuple(int(value) for value in np.unique(labels) if value)
    # Colours have no order of their own, so that place decides.
    has_position = label_map.placed or bool(label_map.colours)
    mean_x = {value: _mean_x(labels == value, label_map) for value in values[:_MOST_VALUES]} if has_position else {}
    side_by_side = (
        label_map.is_picture and len(values) == 2 and _are_side_by_side(*(labels == value for value in values))
    )
    return MaskInfo(values, {value: name for value, name in names.items() if value}, mean_x, side_by_side)


def derive_mapping(masks: Sequence[MaskInfo]) -> LabelMapping:
    """Return what the values of a set mean, from all its masks together; nothing where there are none.

    Raises
    ------
    UnsuitableInput : more structures than a mask of 8 bits can hold
    """
    if not masks:
        return LabelMapping({})
    sides = {name: side_of(name) for info in masks for name in info.names.values()}
    lungs = {name: side or LUNG for name, side in sides.items() if side is not None}
    unmapped = names_left_out(sides.keys() - lungs.keys()) if lungs else ()
    unnamed = [info for info in masks if not info.names]
    values = {value for info in unnamed if not _is_mark(info) for value in info.values}
    pair = next((pair for pair, more in _PAIRS.items() if set(pair) <= values <= {*pair, *more}), None)
    if {RIGHT, LEFT} <= set(sides.values()) or (pair and not set(sides) - set(lungs)):
        values_of_sides, notes = _sides_by_position(unnamed, pair or (RIGHT, LEFT))
        return LabelMapping(_SIDED, values_of_sides, lungs, (*notes, *unmapped))
    if not sides and _are_greys_of_sides(unnamed, values):
        return _sides_of_two(unnamed, *sorted(values))
    if lungs or (not sides and len(values) <= 1):
        return LabelMapping(PLAIN, dict.fromkeys(values, LUNG), dict.fromkeys(lungs, LUNG), unmapped)
    return _by_name(masks, sorted({value for info in unnamed for value in info.values}))


def _sides_by_position(unnamed: Sequence[MaskInfo], pair: tuple[int, int]) -> tuple[dict[int, int], tuple[Note, ...]]:
    """Say which of two values is right: the one at the patient's right in most volumes, else the lower one."""
    low, high = pair
    votes = [info.mean_x[low] < info.mean_x[high] for info in unnamed if {low, high} <= set(info.mean_x)]
    if not votes or 2 * sum(votes) >= len(votes):
        return {low: RIGHT, high: LEFT}, ()
    where = f"in {len(votes) - sum(votes)} of {quantity(len(votes), 'volume')}"
    text = f"{where} {low} lies on the left and {high} on the right: taken so"
    return {low: LEFT, high: RIGHT}, (Note("sides-by-place", text),)


def _sides_of_two(unnamed: Sequence[MaskInfo], low: int, high: int) -> LabelMapping:
    """Return which of two values that lie side by side is right: of greys the darker, of colours by their place."""
    if min(low, high) >= _COLOUR:
        values, _ = _sides_by_position(unnamed, (low, high))
        right, left = sorted(values, key=values.__getitem__)
        text = f"#{right - _COLOUR:06x} was taken for the right lung and #{left - _COLOUR:06x} for the left"
        note = Note("sides-by-place", f"masks in two colours: by where they lie, {text}")
        return LabelMapping(_SIDED, values, notes=(note,))
    text = f"masks in two greys that lie side by side: {low} taken for the right lung, {high} for the left"
    return LabelMapping(_SIDED, {low: RIGHT, high: LEFT}, notes=(Note("two-greys", text),))


def _are_greys_of_sides(unnamed: Sequence[MaskInfo], values: Collection[int]) -> bool:
    """Say whether two values are one lung each, by where they lie in most of the pictures that hold both."""
    both = [info.side_by_side for info in unnamed if set(info.values) == set(values)]
    return len(values) == 2 and 2 * sum(both) > len(both)


def _by_name(masks: Sequence[MaskInfo], values: Sequence[int]) -> LabelMapping:
    """Return other structures, numbered from 1 on in the order of their stored values."""
    named = sorted({(value, name) for info in masks for value, name in info.names.items()})
    words: dict[str, int] = {}
    for _, name in named:
        words.setdefault(name, len(words) + 1)
    numbers = {value: len(words) + k for k, value in enumerate(values, 1)}
    labels = {number: name for name, number in words.items()} | {n: _label_name(value) for value, n in numbers.items()}
    if len(labels) > _MOST_LABELS:
        raise UnsuitableInput(f"{len(labels)} structures; a mask holds {_MOST_LABELS} at most", code="too-many-labels")
    return LabelMapping(labels, numbers, words)


def _label_name(value: int) -> str:
    return f"label {value}" if value < _COLOUR else f"label #{value - _COLOUR:06x}"


def _is_mark(info: MaskInfo) -> bool:
    return len(info.values) == 1 and info.values[0] >= _LEAST_WHITE


def _is_soft(label_map: LabelMap) -> bool:
    voxels = label_map.voxels
    if voxels.dtype.kind == "f":
        return bool(((voxels > 0) & (voxels < 1)).any())
    return not label_map.placed and np.unique(voxels).size > _MOST_VALUES


def _has_grey_between(voxels: Array) -> bool:
    """Say whether values (1, y, x) from 0 to 1 are half-way over whole areas, not on the edges alone."""
    half = np.abs(voxels[0] - 0.5) < 0.25
    inner = half[1:-1, 1:-1] & half[:-2, 1:-1] & half[2:, 1:-1] & half[1:-1, :-2] & half[1:-1, 2:]
    return bool(np.count_nonzero(inner) > _MOST_BETWEEN * np.count_nonzero(voxels > 0.25))


def _are_side_by_side(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> bool:
    """Say whether neither of two regions of a picture reaches the middle column of the other."""
    first, second = sorted((np.nonzero(region)[2] for region in (one, other)), key=np.mean)
    return bool(first.max() < second.mean() and first.mean() < second.min())


def _mean_x(where: NDArray[np.bool_], label_map: LabelMap) -> float:
    """Return the mean position along the patient's left of the voxels that are marked."""
    middle = [float(axis.mean()) for axis in np.nonzero(where)]
    return float(label_map.affine[0] @ (*middle, 1.0))
