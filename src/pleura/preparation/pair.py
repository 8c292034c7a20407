"""What is found in a source: images with their masks, and what cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


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
    sides : False where the source says that right and left are not distinguished
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
