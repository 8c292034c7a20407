"""The masked cases of data sets, read into memory: one for each scan, or picture, of a split.

Only the asked split is ever opened. Slices that name the same `volume` are one case, in the order of their `index`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array
from pleura.datasets.description import label_names_by_value, read_description
from pleura.datasets.manifest import Record, read_manifest, read_sources
from pleura.errors import PleuraError, UnreadableInput, UnsuitableInput
from pleura.file_format import Format, format_by_name
from pleura.geometry import axial_spacing, to_axial
from pleura.labels import RIGHT_AND_LEFT, of_lungs
from pleura.reading import read, read_label_map
from pleura.training.data import ReadSlices, TrainingCase, make_case
from pleura.training.losses import UNKNOWN
from pleura.volume import Kind


def load(
    root: Path,
    source: str,
    split: str,
    view: str = "lungs",
    tell: Callable[[int, int], None] = lambda _done, _count: None,
) -> list[TrainingCase]:
    """Return the cases of the set `source` under `root` that belong to `split`, in the manifest's order.

    `source` "" is the set at `root` itself; `tell` is called with how many cases are read, and of how many. Raises
    `UnreadableInput` (``no-manifest``, ``bad-manifest``).
    """
    folder = root / source
    names = label_names(root, [source])
    is_lungs = of_lungs(names)  # what is not a lung has no side to be unsure of
    is_region = len(read_description(folder).labels) > len(names)  # one name for several values
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in read_manifest(folder):
        if record.split == split and record.mask:
            groups[record.volume or record.id].append(
                replace(record, sides=not is_lungs or (record.sides and not is_region))
            )
    file_of = read_sources(folder)
    cases: list[TrainingCase] = []
    for name, group in groups.items():
        tell(len(cases), len(groups))
        slices = _read(folder, sorted(group, key=lambda record: record.index or 0))
        cases.append(make_case(slices, view, source=source, id=name, name=Path(file_of.get(group[0].id, name)).name))
    return cases


def label_names(root: Path, sources: list[str]) -> tuple[str, ...]:
    """Return the names of the labels 1, 2, ... of the sets, as each ``dataset.json`` gives them, else those of lungs.

    Sets of right and left lung and sets of both as one go together. Raises `UnsuitableInput` (``labels-differ``)
    where other names do not agree, and `UnreadableInput` (``bad-manifest``).
    """
    found = {source: _names(root / source) for source in sources}
    if all(map(of_lungs, found.values())):
        return max(found.values(), key=len)
    if len(set(found.values())) > 1:
        each = "; ".join(f"{source}: {', '.join(names)}" for source, names in found.items())
        message = f"the sets name their labels differently ({each}); train on sets of one meaning"
        raise UnsuitableInput(message, code="labels-differ")
    return next(iter(found.values()))


def _names(folder: Path) -> tuple[str, ...]:
    labels = label_names_by_value(folder)
    return tuple(labels[value] for value in sorted(labels)) or RIGHT_AND_LEFT


def kind_of(record: Record) -> Kind:
    """Return what the values of a record's image are; pictures of which nothing is said are radiographs."""
    return Kind(record.kind) if record.kind else Kind.RADIOGRAPH


def _read(folder: Path, group: Sequence[Record]) -> ReadSlices:
    is_scan = format_by_name(str(group[0].mask)) is Format.NIFTI
    found = _read_scan(folder, group[0]) if is_scan else _read_pictures(folder, group)
    if found.labels.shape != found.slices.shape:
        sizes = " and ".join(" x ".join(map(str, array.shape)) for array in (found.labels, found.slices))
        text = f"{folder / str(group[0].mask)}: mask and image are of different size: {sizes}"
        raise UnsuitableInput(text, code="mask-size")
    return replace(found, labels=_merged_where(~found.sides, found.labels))


def _read_scan(folder: Path, record: Record) -> ReadSlices:
    scan = read(folder / record.image)
    mask = read_label_map(folder / str(record.mask))
    slices = to_axial(scan.voxels, scan.affine)
    labels = np.ascontiguousarray(to_axial(mask.voxels, mask.affine), np.uint8)
    between = record.spacing[2] if record.spacing and len(record.spacing) > 2 else None
    sides = np.full(len(slices), record.sides)
    return ReadSlices(slices, labels, kind_of(record), sides, between, spacing=axial_spacing(scan.affine)[1:])


def _read_pictures(folder: Path, group: Sequence[Record]) -> ReadSlices:
    slices = _stack([folder / record.image for record in group])
    labels = _stack([folder / str(record.mask) for record in group]).astype(np.uint8)
    return ReadSlices(slices, labels, kind_of(group[0]), np.array([record.sides for record in group]))


def _merged_where(merged: NDArray[np.bool_], labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return labels (z, y, x) with one value for both lungs in the slices that are `merged`, (z,)."""
    lung = (labels > 0) & (labels < UNKNOWN)
    return np.where(merged[:, None, None] & lung, np.uint8(1), labels)


def _stack(paths: Sequence[Path]) -> Array:
    """Return pictures of one size as (z, y, x)."""
    planes = [_picture(path) for path in paths]
    for path, plane in zip(paths, planes, strict=True):
        if plane.shape != planes[0].shape:
            text = f"{path}: it is not of the size of {paths[0].name}, a slice of the same volume; give it another one"
            raise UnsuitableInput(text, code="grid-mismatch")
    return np.stack(planes)


def _picture(path: Path) -> Array:
    from PIL import Image

    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for
            raise UnreadableInput(f"{path}: this is a folder, a pipe or a device; give a file", code="not-a-file")
        with Image.open(path) as image:
            return np.asarray(image.convert("L") if image.mode in ("RGB", "RGBA", "P", "LA") else image)
    except PleuraError:
        raise
    except FileNotFoundError as problem:
        raise UnreadableInput(f"{path}: there is no such file", code="not-found") from problem
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as problem:
        raise UnreadableInput(f"{path}: the picture is damaged or cut short", code="truncated") from problem
