"""What the seeds of `fuzz.py` are made of: a small drawn chest, and DICOM data sets as files."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pleura.phantom import chest

SHAPE = (8, 40, 44)
SPACING = (30.0, 9.0, 9.0)
PYDICOM_SYNTAXES = {
    "implicit": "1.2.840.10008.1.2",
    "deflated": "1.2.840.10008.1.2.1.99",
    "rle": "1.2.840.10008.1.2.5",
    "j2k": "1.2.840.10008.1.2.4.90",
}


@dataclass(frozen=True)
class Seed:
    """One input: its files by name, the first of them the one to be read."""

    name: str
    files: Mapping[str, bytes]

    @property
    def group(self) -> str:
        """The format."""
        return self.name.partition("-")[0]


@cache
def hu() -> NDArray[np.int16]:
    """Return (z, y, x) HU of a small drawn chest."""
    voxels: NDArray[np.int16] = chest(shape=SHAPE, spacing=SPACING).volume.voxels
    return voxels


def single(name: str, path: Path) -> Seed:
    """Return a file as a seed."""
    return Seed(name, {path.name: path.read_bytes()})


def encoded(dataset: Any, uid: str) -> bytes:
    """Return a data set as a file in a transfer syntax."""
    from pydicom.uid import UID

    syntax = UID(uid)
    if syntax.is_compressed and not syntax.is_deflated:
        dataset.compress(syntax, encoding_plugin="pylibjpeg", generate_instance_uid=False)
    dataset.file_meta.TransferSyntaxUID = syntax
    file = io.BytesIO()
    dataset.save_as(file, implicit_vr=syntax.is_implicit_VR, little_endian=True, enforce_file_format=True)
    return file.getvalue()


def item(**values: Any) -> Any:
    """Return a data set; those among the values become sequences of one item."""
    from pydicom.dataset import Dataset

    made = Dataset()
    for name, value in values.items():
        setattr(made, name, [value] if isinstance(value, Dataset) else value)
    return made
