"""EXIF Orientation: how a picture is to be shown, where its pixels are stored mirrored or turned.

Phones and scanners of films write it. Masks lie on the stored pixels, as every program sees them that ignores it; right
and left are those of the picture as it is shown.

References: EXIF 2.32, table 6 (Orientation): where the first row and the first column are shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pleura.arrays import Array
from pleura.volume import Affine, Note

if TYPE_CHECKING:
    from PIL.Image import Image

_TAG = 274
"""Orientation, of Exif and TIFF 6.0."""
_WAYS = {
    2: ((0, 1), (-1, 0)),
    3: ((0, -1), (-1, 0)),
    4: ((0, -1), (1, 0)),
    5: ((1, 0), (0, 1)),
    6: ((-1, 0), (0, 1)),
    7: ((-1, 0), (0, -1)),
    8: ((1, 0), (0, -1)),
}
"""Orientation -> where rows and where columns grow as shown: (to the right, down)."""


def orientation(picture: Image) -> int:
    """Return the orientation of an open picture, 1 to 8; 1 where it states none that there is."""
    found = picture.getexif().get(_TAG, 1)
    return found if found in _WAYS else 1


def affine_as_shown(code: int) -> Affine:
    """Return the affine of a single picture of unknown spacing: array index -> LPS, shown as it is to be looked at."""
    affine = np.zeros((4, 4))
    affine[2, 0] = affine[3, 3] = 1
    for axis, (right, down) in zip((1, 2), _WAYS.get(code, ((0, 1), (1, 0))), strict=True):
        affine[:2, axis] = right, down
    return affine


def as_stored(displayed: Array, code: int) -> Array:
    """Return the stored pixels (y, x) of a picture that a decoder has turned to be looked at."""
    if code not in _WAYS:
        return displayed
    rows, columns = _WAYS[code]
    turned = displayed if rows[0] == 0 else displayed.T
    return turned[:: rows[0] + rows[1], :: columns[0] + columns[1]]


def orientation_notes(code: int) -> tuple[Note, ...]:
    """Return what is to be said of a picture that is stored otherwise than shown."""
    if code not in _WAYS:
        return ()
    where = "the mask lies on the stored pixels, right and left are those of the picture as shown"
    if code in {2, 4, 5, 7}:
        return (Note("stored-mirrored", f"by its EXIF orientation the picture is stored mirrored; {where}"),)
    return (Note("stored-turned", f"by its EXIF orientation the picture is stored turned; {where}"),)
