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
    UnsuitableInput : not three axes, or values that are not a scan
    """
    array, affine, notes = decode_nrrd(path)
    meaning = interpret(array, kind)
    return Volume(
        meaning.voxels,
        affine,
        kind=meaning.kind,
        identity=Identity(format="nrrd"),
        notes=(*notes, *meaning.notes),
    )


def decode_nrrd(path: Path) -> tuple[NDArray[np.generic], Affine, list[Note]]:
    """Return the values (z, y, x) as they are stored, array index -> LPS millimetres, and what was guessed of it."""
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
    affine, notes = _affine(header)
    return array.astype(array.dtype.newbyteorder("="), copy=False), affine, notes


def _refuse_shape(header: Mapping[str, Any]) -> None:
    sizes = [int(size) for size in header["sizes"]]
    if len(sizes) != 3:
        raise UnsuitableInput(f"{len(sizes)} axes {tuple(sizes)}; give one volume of three axes", code="not-3d")
    if header["type"] == "block":
        raise UnsuitableInput("NRRD blocks are not CT numbers", code="not-hu")


def _affine(header: Mapping[str, Any]) -> tuple[Affine, list[Note]]:
    """Return array index (k, j, i) -> LPS millimetres."""
    directions = header.get("space directions")
    signs = _TO_LPS.get(str(header.get("space", "")).lower())
    if directions is not None and not np.isfinite(np.array(directions, np.float64)).all():
        raise UnsuitableInput("an axis of the NRRD is not one of space; give one volume", code="not-3d")
    affine = np.eye(4)
    if directions is None or signs is None:
        spacings = np.array(header.get("spacings", (1.0, 1.0, 1.0)), np.float64)
        spacings[~np.isfinite(spacings)] = 1.0
        ways = np.diag(spacings) if directions is None else np.array(directions, np.float64)
        text = "the NRRD names no anatomical space: the orientation is a guess, and right and left may be exchanged"
        notes = [Note("orientation-unknown", text)]
    else:
        ways, notes = np.array(directions, np.float64) * signs, []
        affine[:3, 3] = np.array(header.get("space origin", (0.0, 0.0, 0.0)), np.float64) * signs
    affine[:3, :3] = ways[::-1].T
    return affine, notes
