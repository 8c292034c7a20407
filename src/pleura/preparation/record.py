"""What is known of a case at each station of its way: found as a pair, recorded in the manifest, or refused."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Pair:
    """An image and its mask, if it has one, as they lie in the source.

    Attributes
    ----------
    name : the image's path below the source, without suffix; for people and for the patient's rule
    image : file or folder to read
    mask : file with the labels; None for an image that is kept without
    parts : side and file, where the mask comes as a file for each lung or lobe; `mask` is the first of them
    series : key of the DICOM series in `image`, where it is a folder
    files : every file that the pair consists of, image first
    names : what the values of the mask mean, where the source says so
    patient : whose image it is, where the source says so
    split : "train", "val" or "test", where the source says so
    sides : False where the source says that right and left are not told apart
    kind : what the values of the image are, where the source says so
    finding : what a reader saw in the image, where the source says so
    """

    name: str
    image: Path
    mask: Path | None
    parts: tuple[tuple[int, Path], ...] = ()
    series: str | None = None
    files: tuple[Path, ...] = ()
    names: Mapping[int, str] = field(default_factory=dict)
    patient: str = ""
    split: str = ""
    sides: bool | None = None
    kind: str = ""
    finding: str = ""


@dataclass(frozen=True)
class Refusal:
    """Something in the source that cannot be used; `name` is its path below the source."""

    name: str
    code: str
    message: str
    sha256: str = ""


@dataclass(frozen=True)
class Record:
    """One line of the manifest: an image with its mask, if it has one.

    Attributes
    ----------
    id : made from the content of image and mask
    patient : hash of whose image it is
    split : "train", "val" or "test"
    image, mask : paths below the dataset; `mask` is None where there is none
    shape : rows, columns of a picture; x, y, z of a volume, as NIfTI counts them
    spacing : millimetres along x, y (and z), or None where they are not known
    kind : "hu", "windowed" or "radiograph"
    hu : True where the values are Hounsfield units
    sides : True where right and left are told apart
    sha256 : of the image's file
    source_sha256 : of the files that it was made from
    pixels : sha256 of the voxels of the source image, which finds images that are there twice
    notes : codes of what was found and done
    volume, index : of a slice, the stack it was cut from and its place in it
    finding : what a reader saw, where the source says so
    """

    id: str
    patient: str
    split: str
    image: str
    mask: str | None
    shape: tuple[int, ...]
    spacing: tuple[float, ...] | None
    kind: str
    hu: bool
    sides: bool
    sha256: str
    source_sha256: str
    pixels: str
    notes: tuple[str, ...] = ()
    volume: str | None = None
    index: int | None = None
    finding: str | None = None

    def line(self) -> str:
        """Return the record as one line of JSON; what does not apply to it is left out."""
        fields = dataclasses.asdict(self)
        always = {"mask", "spacing"}
        return json.dumps({name: fields[name] for name in fields if fields[name] is not None or name in always})

    @property
    def files(self) -> tuple[str, ...]:
        """The files of the case, as paths below the dataset."""
        return (self.image, self.mask) if self.mask else (self.image,)


def record_from(fields: Mapping[str, Any]) -> Record:
    """Return the record whose line of JSON held `fields`."""
    lists = {name: tuple(value) for name, value in fields.items() if isinstance(value, list)}
    return Record(**{**fields, **lists})
