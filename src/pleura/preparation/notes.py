"""What concerns a data set as a whole: whose images they are, whether they have masks, whether they are of one kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from pleura.preparation.record import Pair, Record
from pleura.preparation.splitting import patient_hash
from pleura.volume import Kind, Note

Owned = tuple[Pair, Record]
"""A case as it lies in the source, and as it is recorded with its patient."""


def patients_guessed(owned: Sequence[Owned]) -> tuple[Note, ...]:
    """Return a note where nothing tells whose the images are, so that each counts as a patient of its own."""
    guessed = sum(record.patient == patient_hash(pair.name) and not pair.patient for pair, record in owned)
    if not guessed:
        return ()
    text = f"{guessed} images do not say whose they are and count as a patient each; use --patients where that is wrong"
    return (Note("patients-unknown", text),)


def without_masks(records: Sequence[Record]) -> tuple[Note, ...]:
    """Return a note where there are images only, which can be segmented but neither trained nor evaluated on."""
    if not records or any(record.mask for record in records):
        return ()
    text = (
        "not one image has a mask, so this is a set of images to segment; to train or evaluate, put masks of the same"
    )
    return (Note("no-masks", f"{text} names into a folder masks beside the images and prepare it again"),)


def mixed(records: Sequence[Record]) -> tuple[Note, ...]:
    """Return a note where some pictures were taken for CT slices and some for radiographs, each by itself."""
    kinds = Counter(record.kind for record in records)
    if not kinds[Kind.WINDOWED] or not kinds[Kind.RADIOGRAPH]:
        return ()
    text = f"{kinds[Kind.WINDOWED]} pictures were taken for CT slices and {kinds[Kind.RADIOGRAPH]} for radiographs"
    return (Note("mixed-kinds", f"{text}; where all are of one kind, say which with --modality"),)


def against_earlier(earlier: Mapping[str, str], records: Sequence[Record]) -> tuple[Note, ...]:
    """Return notes on what a folder held before: cases that are gone, and cases that are in another part now.

    Parameters
    ----------
    earlier : hash of the source's voxels -> part, of the data set that is replaced
    records : of the data set that takes its place; where there are none, the earlier one stays
    """
    now = {record.pixels: record.split for record in records}
    gone = sum(pixels not in now for pixels in earlier) if now else 0
    moved = sum(now.get(pixels, split) != split for pixels, split in earlier.items())
    notes = []
    if gone:
        text = f"{gone} of the {len(earlier)} images of the earlier data set are not in this source and were removed"
        notes.append(Note("set-replaced", f"{text}; name another folder to keep both sets"))
    if moved:
        text = f"{moved} images are in another part than in the earlier data set"
        notes.append(Note("split-changed", f"{text}; train anew before evaluating on it"))
    return tuple(notes)
