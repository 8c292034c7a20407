"""Label maps as they are stored: the values of a mask are names, not measurements, so nothing is judged or stretched.

References: as in `nifti`, `nrrd`, `metaimage`, `raster` and `dicom.decoding`, whose geometry is used.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pleura.errors import UnreadableInput, UnsuitableInput
from pleura.file_format import Format, detect_format
from pleura.geometry import affine_from_spacing
from pleura.reading.dicom.decoding import decode
from pleura.reading.dicom.elements import read_elements
from pleura.reading.dicom.header import parse_header
from pleura.reading.metaimage import decode_metaimage
from pleura.reading.nifti import decode_nifti
from pleura.reading.nrrd import decode_nrrd
from pleura.reading.raster import has_loss, open_picture
from pleura.volume import Affine, Note

_MOST_COLOURS = 16
_PICTURE_MODES = frozenset({"1", "L", "P", "I", "F", "I;16", "I;16B", "I;16L", "I;16N"})


@dataclass(frozen=True, eq=False)
class LabelMap:
    """Labels on a grid of their own.

    Attributes
    ----------
    voxels : (z, y, x), or (1, y, x) of a picture; any integer type, or float as stored
    affine : (4, 4) array index (k, j, i, 1) -> LPS millimetres
    placed : False where the file does not say where in the patient the grid lies
    lossy : True where compression has blurred the values
    is_picture : True for a single picture
    """

    voxels: NDArray[Any] = field(repr=False)
    affine: Affine
    placed: bool = True
    lossy: bool = False
    is_picture: bool = False


def read_labels(path: Path) -> LabelMap:
    """Read a label map or a mask: NIfTI, NRRD, MHA or MHD, a picture, or one DICOM picture of any kind.

    Raises
    ------
    UnreadableInput : the file is missing, damaged, empty, or of a format that holds no label map
    UnsuitableInput : it has other than two or three axes, or is a picture in many colours
    MissingExtra : NRRD needs `pip install pleura[itk]`
    """
    form, _ = detect_format(path)
    match form:
        case Format.NIFTI:
            return _from_nifti(path)
        case Format.NRRD:
            return _from_nrrd(path)
        case Format.METAIMAGE:
            return _from_metaimage(path)
        case Format.RASTER:
            return _from_picture(path)
        case Format.DICOM:
            return _from_dicom(path)
        case _:
            raise UnreadableInput(f"{form.value} holds no label map that is read here", code="unknown-format")


def _from_nifti(path: Path) -> LabelMap:
    array, geometry, is_picture, notes = decode_nifti(path)
    return LabelMap(array, geometry.affine, placed=_is_placed(notes), is_picture=is_picture)


def _from_nrrd(path: Path) -> LabelMap:
    array, affine, is_picture, notes = decode_nrrd(path)
    return LabelMap(array, affine, placed=_is_placed(notes), is_picture=is_picture)


def _from_metaimage(path: Path) -> LabelMap:
    array, affine, is_picture, notes = decode_metaimage(path)
    return LabelMap(array, affine, placed=_is_placed(notes), is_picture=is_picture)


def _is_placed(notes: Iterable[Note]) -> bool:
    return all(note.code not in {"orientation-unknown", "spacing-unknown"} for note in notes)


def _from_dicom(path: Path) -> LabelMap:
    """Read a mask of one slice: a secondary capture, or a slice whose pixels were replaced.

    Rescale and place are left alone; they are those of the slice that it was made from, or say nothing.
    """
    header = parse_header(path, read_elements(path))
    if header.pixel_offset is None or header.frame_count > 1:
        raise UnreadableInput("of DICOM, one picture a file is read as a mask", code="unknown-format")
    plane = next(decode(header, [0]))
    unit = affine_from_spacing((1, 1, 1))
    return LabelMap(plane[None].copy(), unit, placed=False, lossy=header.lossy, is_picture=True)


def _from_picture(path: Path) -> LabelMap:
    with open_picture(path) as picture:
        picture.load()
        numbered = picture.mode in _PICTURE_MODES and picture.format != "GIF"  # whose palette is in any order
        plane = np.asarray(picture) if numbered else _colours(picture)
        lossy = has_loss(picture)
    array = plane[None].astype(plane.dtype.newbyteorder("="))
    return LabelMap(array, affine_from_spacing((1, 1, 1)), placed=False, lossy=lossy, is_picture=True)


def _colours(picture: Any) -> NDArray[Any]:
    """Return grey saved as colour as grey, and a few plain colours as 0, 1, 2... from the darkest to the brightest."""
    colours = np.asarray(picture.convert("RGB"))
    if (colours == colours[..., :1]).all():
        return np.ascontiguousarray(colours[..., 0])
    codes = colours.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    found, plane = np.unique(codes, return_inverse=True)
    if found.size > _MOST_COLOURS:
        raise UnsuitableInput("a mask in many colours; save it as grey, one value a structure", code="colour")
    brightness = (found >> 16) + (found >> 8 & 255) + (found & 255)
    rank = np.argsort(np.argsort(brightness, kind="stable"), kind="stable")
    return rank[plane].reshape(codes.shape).astype(np.uint8)
