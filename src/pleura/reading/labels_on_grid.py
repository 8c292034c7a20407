"""A mask from any source as labels on the grid of its scan, with the structures that they stand for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import pleura
from pleura.errors import UnsuitableInput
from pleura.labels import LUNGS, Label, side_of, structures
from pleura.reading.alignment import on_image
from pleura.reading.dicom.lungs import lung_values, names_left_out, object_class, object_names, read_object
from pleura.reading.dicom.mask_choice import masks_of_scan
from pleura.reading.dicom.references import notes_of_other_series, read_references, refuse_other_scan
from pleura.reading.labelmap import read_label_map
from pleura.reading.raw_image import LabelMap
from pleura.reading.stated_labels import stated_structures
from pleura.segmentation import Segmentation
from pleura.text import quantity
from pleura.volume import Note, Volume, input_fields

_MOST_LABELS = 255
_MOST_IN_PICTURE = 16
"""Values of a picture that are structures; with more its edges are soft, or it is no mask."""


@dataclass(frozen=True, eq=False)
class _Mask:
    """Labels on the grid of the scan, what they stand for, and what had to be done."""

    labels: NDArray[np.uint8]
    structures: tuple[Label, ...]
    notes: tuple[Note, ...]


def read_on_grid(path: Path, volume: Volume) -> Segmentation:
    """Return a mask on the grid of a scan; see `pleura.reading.read_labels`."""
    files = masks_of_scan(path, volume.identity) if path.is_dir() else (path,)
    masks = [_object(file, volume) if object_class(file) else _file(file, volume) for file in files]
    labels = masks[0].labels
    for mask in masks[1:]:
        labels = np.maximum(labels, mask.labels)  # a voxel that both lungs cover is the left one's
    notes = dict.fromkeys(note for mask in masks for note in mask.notes)
    if not labels.any():
        notes[Note("empty-mask", "nothing of the scan is marked in it")] = None
    return Segmentation(
        labels[0] if volume.is_picture else labels,
        volume,
        warnings=tuple(notes),
        provenance={
            "program": {"name": "pleura", "version": pleura.__version__},
            "source": {"sha256": _hash_of(files)},
            "input": input_fields(volume),
        },
        structures=masks[0].structures,
    )


def whole_labels(label_map: LabelMap) -> NDArray[np.uint8]:
    """Return the voxels of a mask as uint8, unchanged; in a JPEG, which smears them, 1 is what is above 127.

    Raises
    ------
    UnsuitableInput : values are not whole numbers from 0 to 255 (`not-a-mask`)
    """
    values = label_map.voxels > 127 if label_map.lossy else label_map.voxels
    with np.errstate(invalid="ignore"):  # what is not finite does not survive the comparison
        labels = values.astype(np.uint8)
    if not np.array_equal(labels, values):
        text = "values are not whole numbers from 0 to 255: a scan or a map of probabilities, not a mask"
        raise UnsuitableInput(text, code="not-a-mask")
    return labels


def _object(path: Path, volume: Volume) -> _Mask:
    """Read a DICOM segmentation or structure set."""
    references = read_references(path)
    refuse_other_scan(references, volume.identity)
    names = object_names(path)
    if not names:
        text = "it marks nothing: it has no segment, or no closed contour of three corners or more"
        raise UnsuitableInput(text, code="no-structure")
    values, found, notes = _meaning(names)
    notes = (*notes_of_other_series(references, volume.identity), *notes)
    label_map = read_object(path, volume, values)
    stored, more = on_image(label_map.voxels, label_map, volume)
    labels = _renumbered(stored, values)
    return _Mask(labels, found, (*notes, *label_map.notes, *more, *_notes_of_filled(labels, volume)))


def _notes_of_filled(labels: NDArray[np.uint8], volume: Volume) -> tuple[Note, ...]:
    """Return what is to be said of slices within what is marked that were filled in: no DICOM object marks them."""
    if volume.source is None:
        return ()
    marked = np.flatnonzero(labels.any(axis=(1, 2)))
    filled = [
        k for k, one in enumerate(volume.source.slices) if one is None and marked.size and marked[0] < k < marked[-1]
    ]
    bare = [k for k in filled if not labels[k].any()]
    if not bare:
        return ()
    text = f"the scan lacks {quantity(len(bare), 'slice')} within what is marked, and the mask is empty there"
    return (Note("slices-unmarked", f"{text}: its volume is too small; pleura segment marks them, too"),)


def _meaning(names: Mapping[int, str]) -> tuple[dict[int, int], tuple[Label, ...], tuple[Note, ...]]:
    """Return number -> value of the structures to read, what they are, and a note of those that are left out.

    Lungs go before all else, since they lie under the body's outline and over tumours; without lungs all is read.
    """
    if any(side_of(name) is not None for name in names.values()):
        values = lung_values(names)
        sided = all(side_of(names[number]) for number in values)
        others = [name for name in names.values() if side_of(name) is None]
        return values, LUNGS if sided else structures(["lung"]), names_left_out(others)
    _refuse_many(len(names))
    values = {number: value for value, number in enumerate(sorted(names), start=1)}
    return values, structures([names[number] or f"structure {number}" for number in sorted(names)]), ()


def _file(path: Path, volume: Volume) -> _Mask:
    """Read a mask whose values are labels."""
    label_map = read_label_map(path)
    labels = whole_labels(label_map)
    values = [int(value) for value in np.flatnonzero(np.bincount(labels.ravel(), minlength=256)) if value]
    if label_map.is_picture and len(values) > _MOST_IN_PICTURE:
        text = f"{len(values)} values in a picture: soft edges, or no mask; save it with one value a structure"
        raise UnsuitableInput(text, code="not-a-mask")
    placed, notes = on_image(labels, label_map, volume)
    found = _structures_by(values)
    stated = stated_structures(path, values)
    if stated is None:
        kept = placed if found == LUNGS else _renumbered(placed, dict(zip(values, range(1, 256), strict=False)))
        return _Mask(kept.astype(np.uint8), found, tuple(notes))
    changed = () if stated.of_this_file or stated.structures == found else (_changed_note(stated.structures, found),)
    return _Mask(placed.astype(np.uint8), stated.structures, (*notes, *changed))


def _structures_by(values: Sequence[int]) -> tuple[Label, ...]:
    """Return what a mask of these values holds, as far as they tell."""
    if values in ([2], [1, 2]):
        return LUNGS
    return structures(["lung"] if len(values) < 2 else [f"label {value}" for value in values])


def _changed_note(stated: Sequence[Label], by_values: Sequence[Label]) -> Note:
    """Return what is to be said of names that a sidecar states, when the mask is no longer the file it was of."""
    names, others = (", ".join(one.name for one in labels) for labels in (stated, by_values))
    text = f"read as {names}, as the JSON beside it says, though the mask was changed or replaced since"
    return Note("sidecar-of-other-mask", f"{text}; if it is another mask, remove that JSON, and it is read as {others}")


def _renumbered(stored: NDArray[np.integer], values: Mapping[int, int]) -> NDArray[np.uint8]:
    """Return labels with new values, by stored value -> new one."""
    if all(old == new for old, new in values.items()):
        return stored.astype(np.uint8, copy=False)
    table = np.zeros(int(max(values, default=0)) + 1, np.uint8)
    table[list(values)] = list(values.values())
    return np.asarray(table[stored])


def _refuse_many(count: int) -> None:
    if count > _MOST_LABELS:
        raise UnsuitableInput(f"{count} structures; a mask holds {_MOST_LABELS} at most", code="too-many-labels")


def _hash_of(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()
