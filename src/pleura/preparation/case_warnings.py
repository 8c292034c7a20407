"""What the codes of a case mean that a person should look at; a record holds the codes alone."""

from __future__ import annotations

from collections.abc import Mapping

from pleura.volume import Kind

CASE_WARNINGS: Mapping[str, str] = {
    "empty-mask": "nothing is marked; kept as a picture without lung",
    "mask-beyond-body": "a part of the mask lies in the air around the body",
    "mask-cropped": "a part of the mask lies beyond the size that the scan was cropped to",
    "mask-cut": "a part of the mask lay outside the image and was left out",
    "modality-doubtful": "taken for a CT slice or a radiograph, by header or as requested, but looks like the other",
    "modality-unsure": "taken for a {kind}, but not surely; if that is wrong, prepare the data set with --modality",
    "not-a-chest": "it looks like neither a CT slice nor a frontal chest radiograph",
    "sides-reversed": "right lies on the right of the picture: a prone patient, a mirrored picture, or swapped sides",
    "sides-swapped": "by the geometry, the right lung lies on the patient's left; right and left were merged",
}
"""Code of a case's note -> what it says, for those that speak of its mask or of what it shows."""


def explain(code: str, kind: str) -> str:
    """Return what the code of a case says, where its image was taken for this kind of picture."""
    return CASE_WARNINGS[code].format(kind="radiograph" if kind == Kind.RADIOGRAPH else "CT slice")
