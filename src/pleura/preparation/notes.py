"""What has to be said of a data set as a whole: whose its images are, their kinds, their sides, what has changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pleura.datasets.manifest import Record, read_manifest
from pleura.errors import PleuraError
from pleura.preparation.patients import PairedRecord, patient_hash
from pleura.text import quantity
from pleura.volume import Kind, Note


def patients_guessed(cases: Sequence[PairedRecord]) -> tuple[Note, ...]:
    """Return a note where nothing tells whose the images are, so that each counts as a patient of its own."""
    guessed = sum(record.patient == patient_hash(pair.name) and not pair.patient for pair, record in cases)
    if not guessed:
        return ()
    text = quantity(
        guessed,
        "image does not say whose it is and counts as a patient of its own",
        "images do not say whose they are and count as a patient each",
    )
    return (Note("patients-unknown", f"{text}; prepare again with --patients where that is wrong"),)


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
    slices = quantity(kinds[Kind.WINDOWED], "picture was taken for a CT slice", "pictures were taken for CT slices")
    radiographs = quantity(kinds[Kind.RADIOGRAPH], "for a radiograph", "for radiographs")
    return (Note("mixed-kinds", f"{slices} and {radiographs}; where all are of one kind, say which with --modality"),)


def against_earlier(folder: Path, records: Sequence[Record]) -> tuple[Note, ...]:
    """Return notes on what a folder held before: cases that are gone, and cases that are in another split now.

    Parameters
    ----------
    folder : of the data set that is replaced, if there is one
    records : of the data set that takes its place; where there are none, the earlier one stays
    """
    earlier = _earlier_splits(folder)
    now = {record.pixels: record.split for record in records}
    gone = sum(pixels not in now for pixels in earlier) if now else 0
    moved = sum(now.get(pixels, split) != split for pixels, split in earlier.items())
    notes = []
    if gone:
        verb = "is not in this source and was" if gone == 1 else "are not in this source and were"
        text = f"{gone} of the {quantity(len(earlier), 'image')} of the earlier data set {verb} removed"
        notes.append(Note("set-replaced", f"{text}; name another folder to keep both sets"))
    if moved:
        text = f"{quantity(moved, 'image is', 'images are')} in another part than in the earlier data set"
        notes.append(Note("split-changed", f"{text}; train anew before evaluating on it"))
    return tuple(notes)


def _earlier_splits(folder: Path) -> dict[str, str]:
    """Return hash of the source's voxels -> split of the data set in a folder; nothing where there is none."""
    try:
        return {record.pixels: record.split for record in read_manifest(folder)}
    except PleuraError:
        return {}


def common_warnings(records: Sequence[Record]) -> tuple[Note, ...]:
    """Return what reversed sides say of the whole set.

    Merged sides are always reported, because something is lost by it. Reversed ones are kept, and a patient may lie
    prone, so they are reported only where most are reversed.
    """
    sided = [record for record in records if record.sides or "sides-swapped" in record.notes]
    swapped = sum("sides-swapped" in record.notes for record in sided)
    reversed_ = sum("sides-reversed" in record.notes for record in sided)
    notes = []
    if swapped:
        text = f"in {_of(swapped, len(sided))} with two sides, right lies on the patient's left by the geometry"
        end = "names swapped, or is the orientation in the files wrong? They were merged into one lung"
        notes.append(Note("sides-swapped", f"{text}: are the {end}"))
    if 2 * reversed_ > len(sided):
        text = f"in {_of(reversed_, len(sided))} with two sides, right lies on the right of the picture"
        notes.append(Note("sides-reversed", f"{text}: are the labels swapped, or the pictures mirrored? Kept as it is"))
    return tuple(notes)


def _of(count: int, total: int) -> str:
    cases = quantity(total, "case")
    if count < total:
        return f"{count} of {cases}"
    return f"all {cases}" if total > 1 else "the one case"
