"""Masks that others drew: the same formats as scans, but their values are names of structures, not densities.

A scan's values are judged, shifted and stretched on the way in; a mask's must come through untouched, empty ones and
palettes of colours included.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pleura.errors import UnreadableInput, UnsuitableInput
from pleura.reading.metaimage import decode_metaimage
from pleura.reading.nifti import decode_nifti
from pleura.reading.nrrd import decode_nrrd
from pleura.reading.sniff import Format, sniff
from pleura.volume import Affine, affine_from_spacing


@dataclass(frozen=True, eq=False)
class LabelMap:
    """A mask on its own grid.

    Attributes
    ----------
    labels : (z, y, x) uint8, as stored; 0 is background
    affine : (4, 4) array index (k, j, i, 1) -> LPS millimetres
    planar : True for a single picture
    spacing_known : False where the source holds no millimetres; the affine then counts pixels
    """

    labels: NDArray[np.uint8]
    affine: Affine
    planar: bool = False
    spacing_known: bool = True


def decode_labels(path: Path) -> LabelMap:
    """Read a mask from NIfTI, NRRD, MHA or MHD, PNG, JPEG or TIFF.

    A palette's numbers are the labels, not its colours. JPEG smears values, so there inside is what is above the
    middle, as label 1.

    Raises
    ------
    UnreadableInput : the file is damaged
    UnsuitableInput : another format (`not-a-mask`), colour, or values that are not whole numbers from 0 to 255
    """
    form, gzipped = sniff(path)
    if form is Format.NIFTI:
        array, affine, planar, _ = decode_nifti(path)
        return LabelMap(_whole(array), affine, planar)
    if form is Format.RASTER and not gzipped:
        return LabelMap(_whole(_picture(path))[None], affine_from_spacing((1, 1, 1)), True, spacing_known=False)
    if form is Format.NRRD and not gzipped:
        array, affine, _ = decode_nrrd(path)
        return LabelMap(_whole(array), affine)
    if form is Format.METAIMAGE and not gzipped:
        return LabelMap(_whole((decoded := decode_metaimage(path))[0]), decoded[1])
    raise UnsuitableInput("masks are read from NIfTI, NRRD, MHA, PNG, TIFF or JPEG", code="not-a-mask")


def _picture(path: Path) -> NDArray[Any]:
    """Return the values (y, x) of a picture; those of a palette are its numbers."""
    from PIL import Image

    try:
        with Image.open(path, formats=("PNG", "JPEG", "TIFF")) as picture:
            array = np.asarray(picture)
            lossy = picture.format == "JPEG"
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise UnreadableInput("the picture is damaged or cut short", code="truncated") from error
    if array.ndim == 3:
        if (array[..., :1] != array[..., :3]).any():
            raise UnsuitableInput("a mask in colours; save it as grey, a number a structure", code="colour")
        array = array[..., 0]
    return array > 127 if lossy else array


def _whole(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the values as uint8 without changing one."""
    with np.errstate(invalid="ignore"):  # what is not finite does not survive the comparison
        labels = array.astype(np.uint8)
    if not np.array_equal(labels, array):
        text = "the values are not whole numbers from 0 to 255: a scan or a map of chances, not a mask"
        raise UnsuitableInput(text, code="not-a-mask")
    return labels
