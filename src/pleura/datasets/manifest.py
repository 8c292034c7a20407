"""The manifest of a data set: one record a line of JSON, one for each image; read and written here alone."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, TypeVar

from pleura.errors import UnreadableInput
from pleura.files import atomic_write
from pleura.volume import Kind

_Value = TypeVar("_Value")

MANIFEST, REPORT = "manifest.jsonl", "report.json"

SPLITS = ("train", "val", "test")
"""The splits that pleura makes."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """One line of the manifest: an image with its mask, if it has one.

    A line has to state `id`, `split` and `image`; all else may be left out. Where it comes from a source, `id` and
    `split` may be missing too.

    Attributes
    ----------
    id : from the content of image and mask, as pleura writes it
    patient : hash of whose image it is, as pleura writes it; a record that is read without one has its `id`
    split : "train", "val" or "test"; a data set made elsewhere may have others
    image, mask : paths below the data set, neither absolute nor with `..` in them; `mask` is None where there is none
    shape : rows, columns of a picture; x, y, z of a volume, as NIfTI counts them
    spacing : millimetres along x, y (and z), or None where they are not known
    kind : "hu", "windowed" or "radiograph"; "" where a line states neither this nor `hu`
    sides : True where right and left are distinguished
    sha256 : of the image's file
    source_sha256 : of the files that it was made from
    pixels : sha256 of the voxels of the source image, which finds images that are there twice
    notes : codes of what was found and done
    volume, index : of a slice, the stack it was cut from and its position in it
    finding : what a reader saw, where the source says so
    """

    id: str
    patient: str = ""
    split: str = ""
    image: str
    mask: str | None = None
    shape: tuple[int, ...] = ()
    spacing: tuple[float, ...] | None = None
    kind: str = ""
    sides: bool = True
    sha256: str = ""
    source_sha256: str = ""
    pixels: str = ""
    notes: tuple[str, ...] = ()
    volume: str | None = None
    index: int | None = None
    finding: str | None = None

    @property
    def hu(self) -> bool:
        """True where the values are Hounsfield units."""
        return self.kind == Kind.HU

    @property
    def files(self) -> tuple[str, ...]:
        """The files of the case, as paths below the data set."""
        return (self.image, self.mask) if self.mask else (self.image,)

    def line(self) -> str:
        """Return the record as one line of JSON; what does not apply to it is left out."""
        fields: dict[str, object] = {}
        for name, value in dataclasses.asdict(self).items():
            if value is not None or name in {"mask", "spacing"}:
                fields[name] = value
            if name == "kind" and value:
                fields["hu"] = self.hu
        return json.dumps(fields)


def is_dataset(folder: Path) -> bool:
    """Say whether a path is a folder with a manifest."""
    return (folder / MANIFEST).is_file()


def read_manifest(folder: Path) -> tuple[Record, ...]:
    """Return the records of a data set, in the order of its lines.

    Raises
    ------
    UnreadableInput
        There is no manifest (`no-manifest`), or a line is no record, lacks its id or split, or has the id of a line
        before it (`bad-manifest`).
    """
    records: list[Record] = []
    line_of: dict[str, int] = {}
    for number, line in manifest_lines(folder):
        place = f"{folder / MANIFEST}, line {number}"
        try:
            record = parse_record(line)
        except UnreadableInput as error:
            raise error.within(place) from error
        if missing := [name for name in ("id", "split") if not getattr(record, name)]:
            raise UnreadableInput(f"{place}: it has no {' and no '.join(missing)}", code="bad-manifest")
        if line_of.setdefault(record.id, number) != number:
            text = f"it has the id of line {line_of[record.id]}; give each case an id of its own"
            raise UnreadableInput(f"{place}: {text}", code="bad-manifest")
        records.append(replace(record, patient=record.patient or record.id))
    return tuple(records)


def manifest_lines(folder: Path) -> Iterator[tuple[int, str]]:
    """Yield number and text of each line of a manifest that is not empty.

    Raises
    ------
    UnreadableInput : there is no manifest (`no-manifest`)
    """
    for number, line in enumerate(_content(folder).decode("utf-8-sig", errors="replace").splitlines(), start=1):
        if line.strip():
            yield number, line


def parse_record(line: str) -> Record:
    """Return the record that a line of a manifest states; fields that are not known here are passed over.

    Raises
    ------
    UnreadableInput : it is no JSON object, names no image, or a field has a value that it cannot have (`bad-manifest`)
    """
    try:
        return record_from(json.loads(line))
    except _WrongField as error:
        raise UnreadableInput(str(error), code="bad-manifest") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        text = "it is no JSON object with an image, and a mask where it has one, as pleura prepare writes it"
        raise UnreadableInput(text, code="bad-manifest") from error


class _WrongField(ValueError):
    """A field of a record has a value that it cannot have."""


def _read(fields: Mapping[str, object], name: str, convert: Callable[[Any], _Value], default: _Value) -> _Value:
    """Return a field as `convert` makes it, or the default where the field is missing or null."""
    try:
        return default if fields.get(name) is None else convert(fields[name])
    except _WrongField:
        raise
    except (ValueError, TypeError, OverflowError) as error:
        raise _WrongField(f"its field {name} has a value that it cannot have") from error


def _path(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    for path in (PurePosixPath(value), PureWindowsPath(value)):
        if path.anchor or ".." in path.parts:
            raise _WrongField(f"{value} is no path below the data set; name files that lie in its folder")
    return value


def _flag(value: object) -> bool:
    if value not in {True, False}:  # "no" is true to Python
        raise ValueError
    return bool(value)


def _spacing(value: Iterable[float]) -> tuple[float, ...] | None:
    steps = tuple(float(step) for step in value)
    if not all(0 < step < math.inf for step in steps):
        raise ValueError
    return steps or None


def record_from(fields: Mapping[str, object]) -> Record:
    """Return the record with the fields of a line; raises as `parse_record` says why."""
    kind = _read(fields, "kind", lambda value: str(Kind(value)) if value else "", "")
    hu = _read(fields, "hu", _flag, None)
    if not kind and hu is not None:
        kind = str(Kind.HU if hu else Kind.WINDOWED)
    image = _path(fields["image"])
    texts = {
        name: str(fields.get(name) or "") for name in ("id", "patient", "split", "sha256", "source_sha256", "pixels")
    }
    optional = {name: str(fields[name]) for name in ("volume", "finding") if fields.get(name) is not None}
    return Record(
        image=image,
        mask=_read(fields, "mask", _path, "") or None,
        shape=_read(fields, "shape", lambda sides: tuple(map(int, sides)), ()),
        spacing=_read(fields, "spacing", _spacing, None),
        kind=kind,
        sides=_read(fields, "sides", _flag, True),
        notes=_read(fields, "notes", lambda codes: tuple(map(str, codes)), ()),
        index=_read(fields, "index", int, None),
        **texts,
        **optional,
    )


def write_manifest(folder: Path, records: Iterable[Record]) -> None:
    """Write the manifest of a data set.

    Raises
    ------
    UnwritableOutput : the system refuses (`not-written`)
    """
    with atomic_write(folder / MANIFEST) as file:
        file.write("".join(record.line() + "\n" for record in records).encode())


def manifest_hash(folders: Iterable[Path]) -> str:
    """Return the SHA-256 of the manifests of data sets, which hold the hashes of the images.

    Raises
    ------
    UnreadableInput : there is no manifest (`no-manifest`)
    """
    return hashlib.sha256(b"".join(map(_content, folders))).hexdigest()


def read_sources(folder: Path) -> dict[str, str]:
    """Return id -> path of its image in the source, without suffix; nothing where no `report.json` says it."""
    try:
        sources = json.loads((folder / REPORT).read_text(encoding="utf-8"))["sources"]
        return {str(name): str(source) for name, source in sources.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _content(folder: Path) -> bytes:
    try:
        return (folder / MANIFEST).read_bytes()
    except OSError as error:
        text = f"{folder}: no {MANIFEST} there; make a data set of it with: pleura prepare {folder} DATASET"
        raise UnreadableInput(text, code="no-manifest") from error
