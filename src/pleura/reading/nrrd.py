"""NRRD, read by pynrrd and turned from the space it names to LPS.

References: https://teem.sourceforge.net/nrrd/format.html (space, space directions, space origin).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pleura.errors import UnreadableInput, UnsuitableInput, missing_extra
from pleura.reading.values import interpret
from pleura.volume import Affine, Identity, Kind, Note, Volume

_TO_LPS = {
    "left-posterior-superior": (1.0, 1.0, 1.0),
    "lps": (1.0, 1.0, 1.0),
    "right-anterior-superior": (-1.0, -1.0, 1.0),
    "ras": (-1.0, -1.0, 1.0),
    "left-anterior-superior": (1.0, -1.0, 1.0),
    "las": (1.0, -1.0, 1.0),
}


def read_nrrd(path: Path, kind: Kind | None) -> Volume:
    """Read a .nrrd file, or a .nhdr header with its data file.

    Raises
    ------
    MissingExtra : pynrrd is not installed
    UnreadableInput : the file is damaged or its data file is missing
    UnsuitableInput : not two or three axes, or values that are not a scan
    """
    array, affine, planar, notes = decode_nrrd(path)
    meaning = interpret(array, kind)
    return Volume(
        meaning.voxels,
        affine,
        kind=meaning.kind,
        planar=planar,
        spacing_known=all(note.code != "spacing-unknown" for note in notes),
        identity=Identity(format="nrrd"),
        notes=(*notes, *meaning.notes),
    )


def decode_nrrd(path: Path) -> tuple[NDArray[np.generic], Affine, bool, list[Note]]:
    """Return the values (z, y, x), array index -> LPS millimetres, if it is a picture, and what was guessed."""
    try:
        import nrrd
    except ImportError as error:
        raise missing_extra("pynrrd", "itk") from error
    try:
        header = nrrd.read_header(str(path))
        _refuse_shape(header)
        array, _ = nrrd.read(str(path), index_order="C")
    except nrrd.NRRDError as error:
        raise UnreadableInput("the NRRD file is damaged or cut short", code="damaged") from error
    except FileNotFoundError as error:
        raise UnreadableInput("the data file that the NRRD header names is missing", code="half-missing") from error
    affine, notes = _affine(header, array.ndim)
    voxels = array.astype(array.dtype.newbyteorder("="), copy=False)
    return voxels.reshape((1, *array.shape)[-3:]), affine, array.ndim == 2, notes


def _refuse_shape(header: Mapping[str, Any]) -> None:
    sizes = [int(size) for size in header["sizes"]]
    if len(sizes) not in {2, 3}:
        raise UnsuitableInput(f"{len(sizes)} axes {tuple(sizes)}; give one volume of three axes", code="not-3d")
    if header["type"] == "block":
        raise UnsuitableInput("NRRD blocks are not CT numbers", code="not-hu")


def _affine(header: Mapping[str, Any], count: int) -> tuple[Affine, list[Note]]:
    """Return array index (k, j, i) -> LPS millimetres; a picture, of two axes, lies in x and y unless it says where."""
    directions = header.get("space directions")
    if directions is not None and not np.isfinite(np.array(directions, np.float64)).all():
        raise UnsuitableInput("an axis of the NRRD is not one of space; give one volume", code="not-3d")
    signs = _TO_LPS.get(str(header.get("space", "")).lower(), None if count == 3 else (1.0, 1.0, 1.0))
    notes = []
    if directions is None and "spacings" not in header:
        notes.append(Note("spacing-unknown", "the NRRD states no millimetres; distances count voxels"))
    if count == 3 and (directions is None or signs is None):
        text = "the NRRD names no anatomical space: the orientation is a guess, and right and left may be exchanged"
        notes.append(Note("orientation-unknown", text))
    spacings = np.array(header.get("spacings", np.ones(count)), np.float64)
    ways = _three(np.diag(np.nan_to_num(spacings, nan=1.0)) if directions is None else np.array(directions, np.float64))
    affine = np.eye(4)
    affine[:3, :3] = ways[::-1].T
    if directions is not None and signs is not None:
        origin = np.array(header.get("space origin", ()), np.float64)
        affine[: origin.size, 3] = origin
        affine[:3] *= np.array(signs)[:, None]
    return affine, notes


def _three(ways: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ways of three axes: those of a picture with one that stands on them, a millimetre long."""
    if len(ways) == 3:
        return ways
    flat = np.zeros((2, 3))
    flat[:, : ways.shape[1]] = ways
    normal = np.cross(*flat)
    return np.vstack([flat, normal / max(float(np.linalg.norm(normal)), 1e-30)])
