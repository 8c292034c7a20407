"""Label maps as they are stored: the values of a mask are names, not measurements, so nothing is judged or stretched.

References: as in the modules of the formats, whose geometry is used.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pleura.arrays import Array
from pleura.errors import UnreadableInput, UnsuitableInput
from pleura.file_format import Format, detect_format
from pleura.geometry import affine_from_spacing
from pleura.reading.dicom.decoding import decode
from pleura.reading.dicom.elements import read_elements
from pleura.reading.dicom.header import parse_header
from pleura.reading.dicom.sop_classes import class_name
from pleura.reading.raster import NO_MILLIMETRES, loss_notes, open_picture
from pleura.reading.raw_image import LabelMap, RawImage, to_label_map
from pleura.reading.readers import READERS
from pleura.volume import Note

if TYPE_CHECKING:
    from PIL.Image import Image

_MOST_COLOURS = 16
"""Colours up to which a picture is a label map: two lungs and lobes are fewer, a photograph has thousands."""
_PICTURE_MODES = frozenset({"1", "L", "P", "I", "F", "I;16", "I;16B", "I;16L", "I;16N"})


def read_label_map(path: Path) -> LabelMap:
    """Read a label map or a mask: NIfTI, NRRD, MHA or MHD, a picture, or one DICOM picture of any kind.

    Raises
    ------
    UnreadableInput : the file is missing, damaged, empty, or of a format that holds no label map
    UnsuitableInput : it has other than two or three axes, or is a picture in many colours
    MissingExtra : NRRD needs `pip install pleura[itk]`
    """
    form, _ = detect_format(path)
    if form not in _READERS:
        raise UnreadableInput(f"{form.value} holds no label map that is read here", code="unknown-format")
    return to_label_map(_READERS[form](path))


def _read_one_plane(path: Path) -> RawImage:
    """Read a mask of one slice: a secondary capture, or a slice whose pixels were replaced.

    Rescale and place are left alone; they are those of the slice that it was made from, or say nothing.
    """
    header = parse_header(path, read_elements(path))
    if header.pixel_offset is None or header.frame_count > 1:
        kind = class_name(header.sop_class)
        text = f"a DICOM object that holds no mask ({kind}); give a segmentation, a structure set or one picture"
        raise UnreadableInput(text, code="unknown-format")
    plane = next(decode(header, [0]))
    lossy = (Note("lossy-compression", "the picture was compressed with loss"),) if header.lossy else ()
    unit = affine_from_spacing((1, 1, 1))
    return RawImage(plane[None].copy(), unit, "dicom", is_picture=True, notes=(NO_MILLIMETRES, *lossy))


def _read_indices(path: Path) -> RawImage:
    """Read a picture whose values, or plain colours, are labels."""
    with open_picture(path) as picture:
        picture.load()
        numbered = picture.mode in _PICTURE_MODES and picture.format != "GIF"  # whose palette is in any order
        plane, colours = (np.asarray(picture), ()) if numbered else _colours(picture)
        notes = (NO_MILLIMETRES, *loss_notes(picture))
    array = plane[None].astype(plane.dtype.newbyteorder("="))
    return RawImage(array, affine_from_spacing((1, 1, 1)), "raster", is_picture=True, notes=notes, colours=colours)


def _colours(picture: Image) -> tuple[Array, tuple[int, ...]]:
    """Return grey saved as colour as grey; a few plain colours as 0, 1, 2... from the darkest on, and these."""
    colours = np.asarray(picture.convert("RGB"))
    if (colours == colours[..., :1]).all():
        return np.ascontiguousarray(colours[..., 0]), ()
    codes = colours.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    found, plane = np.unique(codes, return_inverse=True)
    if found.size > _MOST_COLOURS:
        raise UnsuitableInput("a mask in many colours; save it as grey, one value a structure", code="colour")
    brightness = (found >> 16) + (found >> 8 & 255) + (found & 255)
    order = np.argsort(brightness, kind="stable")
    rank = np.argsort(order, kind="stable")
    return rank[plane].reshape(codes.shape).astype(np.uint8), tuple(found[order].tolist())


_READERS = READERS | {Format.RASTER: _read_indices, Format.DICOM: _read_one_plane}
"""Formats that a label map is read from; values of pictures and of DICOM are taken as they are stored."""
