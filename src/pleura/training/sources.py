"""The sets that the shipped weights are trained on: folders with a manifest, read into cases.

Each set is a folder with a ``manifest.jsonl``: one JSON object a line with `patient`, `split`, `image`, `mask`,
`spacing`, `hu`, `sides`, and, for neighbouring slices, `volume` and `index`. Only the asked split is ever opened.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pleura.reading import read
from pleura.training.data import Case, make_case
from pleura.volume import Kind, to_axial

Record = dict[str, Any]


def load(root: Path, source: str, split: str) -> list[Case]:
    """Return the cases of the set `source` under `root` that belong to `split`, in the manifest's order."""
    folder = root / source
    records = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines() if line]
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        if record["split"] == split:
            groups[record.get("volume", record["id"])].append(record)
    return [
        _case(source, folder, sorted(group, key=lambda record: record.get("index", 0))) for group in groups.values()
    ]


def _case(source: str, folder: Path, group: list[Record]) -> Case:
    first = group[0]
    kind = Kind.HU if first["hu"] else Kind.WINDOWED
    if first["mask"].endswith(".nii.gz"):
        scan = read(folder / first["image"])
        slices, labels = to_axial(scan.voxels, scan.affine), _axial_labels(folder / first["mask"])
        sides = np.full(len(slices), first["sides"])
        return make_case(source, slices, labels, step=first["spacing"][2], kind=kind, sides=sides)
    slices = np.stack([_picture(folder / record["image"]) for record in group])
    labels = np.stack([_picture(folder / record["mask"]) for record in group]).astype(np.uint8)
    sides = np.array([record["sides"] for record in group])
    return make_case(source, slices, labels, step=None, kind=kind, sides=sides)


def _picture(path: Path) -> NDArray[Any]:
    from PIL import Image

    with Image.open(path) as image:
        return np.asarray(image)


def _axial_labels(path: Path) -> NDArray[np.uint8]:
    """Return a NIfTI's labels as (z, y, x), z to the head, y to the back, x to the patient's left."""
    import nibabel

    orientations: Any = nibabel.orientations
    image: Any = nibabel.load(path)
    turn = orientations.ornt_transform(
        orientations.io_orientation(image.affine), orientations.axcodes2ornt(("L", "P", "S"))
    )
    return np.ascontiguousarray(np.asanyarray(image.as_reoriented(turn).dataobj).transpose(2, 1, 0), np.uint8)
