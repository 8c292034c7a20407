"""What a person should look at: cases that may be wrong, and what many of them together say of a set.

A case carries codes alone; here is what they mean in words, for those that speak of its mask or of what it shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pleura.preparation.record import Record
from pleura.volume import Note

DOUBTS: Mapping[str, str] = {
    "empty-mask": "nothing is marked; kept as a picture without lung",
    "mask-beyond-body": "a part of the mask lies in the air around the body",
    "mask-cropped": "a part of the mask lies beyond the size that the scan was cropped to",
    "mask-cut": "a part of the mask lay outside the image and was left out",
    "modality-doubtful": "taken for a CT slice or a radiograph, by its header or as told, but it looks like the other",
    "modality-unsure": "taken for the likelier of CT slice and radiograph; if that is wrong, say it with --modality",
    "not-a-chest": "it looks like neither a CT slice nor a frontal chest radiograph",
    "sides-reversed": "right lies on the right of the picture: a prone patient, a mirrored picture, or swapped sides",
    "sides-swapped": "by the geometry, the right lung lies on the patient's left; right and left were merged",
}
"""Code of a case's note -> what it says."""


def common_doubts(records: Sequence[Record]) -> tuple[Note, ...]:
    """Return what reversed sides say of the whole set.

    Merged sides are always told, because something is lost by it. Reversed ones are kept, and a patient may lie prone,
    so only where most are reversed is there a rule in it.
    """
    told = [one for one in records if one.sides or "sides-swapped" in one.notes]
    swapped = sum("sides-swapped" in one.notes for one in told)
    turned = sum("sides-reversed" in one.notes for one in told)
    notes = []
    if swapped:
        text = f"in {_of(swapped, len(told))} cases with two sides, right lies on the patient's left by the geometry"
        end = "names swapped, or is the orientation in the files wrong? They were merged into one lung"
        notes.append(Note("sides-swapped", f"{text}: are the {end}"))
    if 2 * turned > len(told):
        text = f"in {_of(turned, len(told))} cases with two sides, right lies on the right of the picture"
        notes.append(Note("sides-reversed", f"{text}: are the labels swapped, or the pictures mirrored? Kept as it is"))
    return tuple(notes)


def _of(count: int, total: int) -> str:
    return f"all {total}" if count == total else f"{count} of {total}"
