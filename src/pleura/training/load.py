"""Data sets on disk, read into cases: what `pleura prepare` writes, and folders of the same form.

A set is a folder with a ``manifest.jsonl``: one JSON object a line with `split`, `image`, `mask`, `sides`, the kind
of its values (`kind`, or `hu`; pictures with neither are radiographs), `spacing` for volumes, and, for neighbouring
slices, `volume` and `index`. A ``dataset.json`` beside it names the labels. Only the asked split is ever opened.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pleura.errors import UnreadableInput, UnsuitableInput
from pleura.file_format import Format, format_by_name
from pleura.geometry import to_axial
from pleura.labels import names_by_value, of_lungs
from pleura.reading import read, read_labels
from pleura.training.config import LUNGS
from pleura.training.data import Case, make_case
from pleura.volume import Kind

Record = dict[str, Any]


def load(
    root: Path,
    source: str,
    split: str,
    view: str = "lungs",
    tell: Callable[[int, int], None] = lambda _done, _count: None,
) -> list[Case]:
    """Return the cases of the set `source` under `root` that belong to `split`, in the manifest's order.

    `source` "" is the set at `root` itself; `tell` is called with how many cases are read, and of how many. Raises
    `UnreadableInput` (``no-manifest``, ``bad-manifest``).
    """
    folder = root / source
    apart = not of_lungs(label_names(root, [source]))  # what is not a lung has no side to be unsure of
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in records(folder):
        record["sides"] = apart or bool(record.get("sides", True))
        if record["split"] == split and record.get("mask"):
            groups[str(record.get("volume", record["id"]))].append(record)
    cases: list[Case] = []
    for group in groups.values():
        tell(len(cases), len(groups))
        cases.append(_case(source, folder, sorted(group, key=lambda record: record.get("index", 0)), view))
    return cases


def records(folder: Path) -> list[Record]:
    """Return the lines of the manifest in `folder`."""
    path = folder / "manifest.jsonl"
    lines = _manifest(folder).decode(errors="replace").splitlines()
    try:
        found = [json.loads(line) for line in lines if line.strip()]
        for record in found:
            _ = record["id"], record["split"], record["image"]
    except (ValueError, KeyError, TypeError) as problem:
        message = f"{path}: line {len(lines)} or before is no record with id, split and image"
        raise UnreadableInput(message, code="bad-manifest") from problem
    return found


def _manifest(folder: Path) -> bytes:
    try:
        return (folder / "manifest.jsonl").read_bytes()
    except OSError as problem:
        message = f"{folder}: no manifest.jsonl there; make a data set of it with: pleura prepare {folder} DATASET"
        raise UnreadableInput(message, code="no-manifest") from problem


def label_names(root: Path, sources: list[str]) -> tuple[str, ...]:
    """Return the names of the labels 1, 2, ... of the sets, as each ``dataset.json`` gives them, else those of lungs.

    Sets of lungs told apart and of lungs as one go together. Raises `UnsuitableInput` (``labels-differ``) where other
    names do not agree, and `UnreadableInput` (``bad-manifest``).
    """
    found = {source: _named(root / source) for source in sources}
    if all(map(of_lungs, found.values())):
        return max(found.values(), key=len)
    if len(set(found.values())) > 1:
        each = "; ".join(f"{source}: {', '.join(names)}" for source, names in found.items())
        message = f"the sets name their labels differently ({each}); train on sets of one meaning"
        raise UnsuitableInput(message, code="labels-differ")
    return next(iter(found.values()))


def _named(folder: Path) -> tuple[str, ...]:
    path = folder / "dataset.json"
    if not path.is_file():
        return LUNGS
    try:
        named = names_by_value(json.loads(path.read_text(encoding="utf-8"))["labels"])
        return tuple(named[value] for value in sorted(named))
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        text = f'{path}: its labels are not of the form {{"1": "right lung"}}'
        raise UnreadableInput(text, code="bad-manifest") from problem


def manifest_hash(root: Path, sources: list[str]) -> str:
    """Return the SHA-256 of the manifests, which hold the hashes of the images."""
    total = hashlib.sha256()
    for source in sources:
        total.update(_manifest(root / source))
    return total.hexdigest()


def kind_of(record: Record) -> Kind:
    """Return what the values of a record's image are."""
    if "kind" in record:
        return Kind(record["kind"])
    if "hu" not in record:
        return Kind.RADIOGRAPH
    return Kind.HU if record["hu"] else Kind.WINDOWED


def _case(source: str, folder: Path, group: list[Record], view: str) -> Case:
    first = group[0]
    kind = kind_of(first)
    name = str(first.get("volume", first["id"]))
    if format_by_name(first["mask"]) is Format.NIFTI:
        scan = read(folder / first["image"])
        mask = read_labels(folder / first["mask"])
        slices = to_axial(scan.voxels, scan.affine)
        labels = np.ascontiguousarray(to_axial(mask.voxels, mask.affine), np.uint8)
        sides = np.full(len(slices), first["sides"])
        step = first["spacing"][2]
        return make_case(source, slices, labels, step=step, kind=kind, sides=sides, view=view, name=name)
    slices = np.stack([_picture(folder / record["image"]) for record in group])
    labels = np.stack([_picture(folder / record["mask"]) for record in group]).astype(np.uint8)
    sides = np.array([record["sides"] for record in group])
    return make_case(source, slices, labels, step=None, kind=kind, sides=sides, view=view, name=name)


def _picture(path: Path) -> NDArray[Any]:
    from PIL import Image

    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("L") if image.mode in ("RGB", "RGBA", "P", "LA") else image)
    except FileNotFoundError as problem:
        raise UnreadableInput(f"{path}: there is no such file", code="not-found") from problem
    except (OSError, ValueError, SyntaxError) as problem:
        raise UnreadableInput(f"{path}: the picture is damaged or cut short", code="truncated") from problem
