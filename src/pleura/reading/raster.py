"""PNG, JPEG, TIFF, BMP, WebP, GIF: one axial slice as a picture, with all the bits of the file and no millimetres."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pleura.errors import PleuraError, UnreadableInput, UnsuitableInput
from pleura.file_format import HEAD
from pleura.reading.checks import NARROWEST
from pleura.reading.colour import without_colour
from pleura.reading.dicom.codestream import has_many_scans
from pleura.reading.exif import affine_as_shown, as_stored, orientation, orientation_notes
from pleura.reading.limits import MOST_PIXELS
from pleura.reading.raw_image import RawImage
from pleura.volume import Note

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP", "GIF")
"""What Pillow calls the formats that are read."""
NO_MILLIMETRES = Note("spacing-unknown", "a picture states no millimetres; distances count pixels")

_GREY = frozenset({"L", "I", "F", "I;16", "I;16B", "I;16L", "I;16N"})
_MOST_TILES = 1 << 18
"""Tiles of a picture: those of 16 x 16 pixels, the smallest that there are, in the largest picture."""
_REFUSED = {
    "1": ("two values only (1 bit): a mask, not a scan", "a-mask"),
    "RGBa": ("a colour picture with transparency; save it as grey without alpha", "colour"),
    "CMYK": ("a CMYK picture; save it as grey", "colour"),
    "LAB": ("a CIE Lab picture; save it as grey", "colour"),
    "HSV": ("an HSV picture; save it as grey", "colour"),
}
_SAMPLE_FORMAT = 339
_BITS_PER_SAMPLE = 258
_SIGNED = 2
"""Tags of TIFF 6.0, and the value of the first for signed integers."""


def read_raster(path: Path) -> RawImage:
    """Read a picture.

    The millimetres that a TIFF or JPEG may state are those of a print, not of a patient, and are not believed.

    Raises
    ------
    UnreadableInput : the picture is damaged, cut short, or larger than 67 million pixels
    UnsuitableInput : colour, transparency, or several pages
    """
    with open_picture(path) as picture:
        _refuse_before_decoding(picture)
        code, is_tiff = orientation(picture), picture.format == "TIFF"
        if is_tiff and code > 1:
            picture.filename = ""  # mapped by its name, Pillow 13 would take rows for columns
        picture.load()
        array, colour_notes = _grey(picture)
        if is_tiff:  # which alone Pillow turns as it is to be looked at
            array = np.ascontiguousarray(as_stored(array, code))
        notes = (NO_MILLIMETRES, *colour_notes, *loss_notes(picture), *orientation_notes(code))
        return RawImage(array[None], affine_as_shown(code), "raster", is_picture=True, notes=notes)


@contextmanager
def open_picture(path: Path) -> Iterator[ImageFile]:
    """Open a picture without decoding it.

    Raises
    ------
    UnreadableInput : the picture is damaged, cut short, or states a giant size; also where that shows in decoding
    """
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # sizes are judged here, and odd TIFF tags do not matter
        try:
            with Image.open(path, formats=_FORMATS) as picture:
                _refuse_size(*picture.size)
                _refuse_pieces(picture)
                yield picture
        except PleuraError:
            raise
        except Image.DecompressionBombError as error:
            raise UnreadableInput("the picture states a giant size", code="too-large") from error
        except (OSError, SyntaxError, ValueError, EOFError, KeyError) as error:
            raise UnreadableInput("the picture is damaged or cut short", code="truncated") from error


def loss_notes(picture: ImageFile) -> tuple[Note, ...]:
    """Return a note where the compression of an open picture changes its values."""
    return (Note("lossy-compression", "the picture was compressed with loss"),) if _has_loss(picture) else ()


def _has_loss(picture: ImageFile) -> bool:
    """Say whether an open picture was compressed with loss; a WebP may be of either kind."""
    if picture.format == "WEBP":
        with Path(os.fsdecode(picture.filename)).open("rb") as file:
            return b"VP8L" not in file.read(HEAD)
    return bool(picture.format == "JPEG")


def _refuse_before_decoding(picture: ImageFile) -> None:
    if getattr(picture, "is_animated", False):  # asks for a second page only; counting a million takes minutes
        raise UnsuitableInput("several pages or frames; give one slice a file", code="several-pages")
    if picture.mode in _REFUSED:
        reason, code = _REFUSED[picture.mode]
        raise UnsuitableInput(reason, code=code)


def _refuse_pieces(picture: ImageFile) -> None:
    """Refuse a picture in very many pieces, each of which costs time: tiles of TIFF, scans of JPEG."""
    scans = picture.format == "JPEG" and has_many_scans(Path(os.fsdecode(picture.filename)).read_bytes())
    if scans or len(picture.tile) > _MOST_TILES:
        raise UnreadableInput("the picture is in very many pieces; save it anew", code="too-large")


def _refuse_size(width: int, height: int) -> None:
    """Refuse a giant picture, and a strip that no chest is, before anything is decoded."""
    if width * height > MOST_PIXELS:
        raise UnreadableInput(f"a picture of {width} x {height} pixels is too large for a CT slice", code="too-large")
    if max(width, height) > NARROWEST * min(width, height):
        raise UnsuitableInput(f"a picture of {width} x {height} pixels is too narrow for a chest", code="too-narrow")


def _grey(picture: ImageFile) -> tuple[NDArray[np.generic], tuple[Note, ...]]:
    """Return the grey values of a picture, and a note where a little colour was left out."""
    if picture.mode in _GREY:
        array = np.asarray(picture)
        if _is_signed_byte(picture):
            return array.astype(np.uint8).view(np.int8), ()
        return np.array(array, array.dtype.newbyteorder("=")), ()
    if "A" in picture.getbands() and np.asarray(picture.getchannel("A")).min() < 255:
        raise UnsuitableInput("a picture with transparency; save it as grey without alpha", code="colour")
    return without_colour(np.asarray(picture.convert("RGB")))


def _is_signed_byte(picture: ImageFile) -> bool:
    """Say whether a TIFF holds signed bytes, which Pillow hands over as unsigned."""
    tags = getattr(picture, "tag_v2", {})
    return bool(tags.get(_SAMPLE_FORMAT, (1,))[0] == _SIGNED and tags.get(_BITS_PER_SAMPLE, (8,))[0] == 8)
