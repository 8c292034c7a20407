"""Which segmentations and structure sets of a folder are the mask of a scan.

One that refers to the scan is its mask. Of several, those that mark the right lung alone and the left lung alone are
the two halves of one mask; any others are versions, of which the caller has to choose.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pleura.errors import AmbiguousInput, PleuraError, UnsuitableInput
from pleura.labels import LEFT, RIGHT, side_of
from pleura.reading.dicom.lungs import object_class, object_names
from pleura.reading.dicom.references import belongs, read_references
from pleura.reading.limits import MOST_FILES
from pleura.reading.walk import files_below
from pleura.volume import Identity

_MOST_LISTED = 8
"""Files that a sentence lists."""


def masks_of_scan(folder: Path, scan: Identity) -> tuple[Path, ...]:
    """Return the file of a scan's mask, or those of its right and its left lung.

    Raises
    ------
    UnsuitableInput : no segmentation or structure set of the folder refers to the scan (`no-mask`)
    AmbiguousInput : several do (`several-masks`)
    """
    found = [path for path in files_below(folder, most=MOST_FILES) if _is_of(path, scan)]
    marking = [path for path in found if sides(path)] or found
    if not marking:
        text = "no DICOM segmentation or structure set in it refers to the scan; give the file of the mask"
        raise UnsuitableInput(text, code="no-mask")
    if len(marking) == 1:
        return (marking[0],)
    halves = {frozenset(sides(path)): path for path in marking}
    if len(marking) == 2 and halves.keys() == {frozenset({RIGHT}), frozenset({LEFT})}:
        return halves[frozenset({RIGHT})], halves[frozenset({LEFT})]
    raise AmbiguousInput(
        f"several masks of the scan; give one of them: {_listed(marking, folder)}", code="several-masks"
    )


def sides(path: Path) -> set[int]:
    """Return the lungs that an object names; one that holds them as one structure has both."""
    try:
        named = {side_of(name) for name in object_names(path).values()}
    except PleuraError:  # reading it says what is wrong
        return set()
    return {RIGHT, LEFT} if 0 in named else {side for side in named if side}


def _is_of(path: Path, scan: Identity) -> bool:
    try:
        return bool(object_class(path)) and belongs(read_references(path), scan)
    except PleuraError:
        return False


def _listed(paths: Sequence[Path], folder: Path) -> str:
    words = {frozenset(): "no lung", frozenset({RIGHT}): "right lung", frozenset({LEFT}): "left lung"}
    said = [
        f"{path.relative_to(folder)} ({words.get(frozenset(sides(path)), 'lungs')})" for path in paths[:_MOST_LISTED]
    ]
    more = len(paths) - len(said)
    return "; ".join([*said, *([f"{more} more"] if more else [])])
