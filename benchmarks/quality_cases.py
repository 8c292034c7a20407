"""Cases with known truth to calibrate and judge the quality by: bases of `val` and whole scans, whole and damaged.

Four families: whole scans, slices in HU, slices in greys, radiographs. Which damages a base gets turns from base to
base, so that each kind comes as often; the strengths follow from seeds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

import numpy as np
from hard_list import PAINTED, VALIDATION, chest_of, load_with_truth
from numpy.typing import NDArray
from PIL import Image
from quality_damage import DISEASE, SCANNER, STACK, Damage, Picture

from pleura.datasets.manifest import read_manifest
from recipes.ct.scans import Scan, data_folder, scans

FAMILIES = ("scan", "slice", "grey slice", "radiograph")

MOST_SLICES = 72
"""Thinner scans are thinned by whole numbers, so that all take about as long."""

PER_SCAN, PER_PAINTED, PER_SLICE, PER_GREY, PER_RADIOGRAPH = 5, 4, 7, 6, 4
"""Damages of each base, and painted diseases of each whole scan."""

RADIOGRAPHS = 36
"""Pictures of each convention, the first by hash."""

UNDISTURBED = "undisturbed"

NO_LUNG = "no lung"
"""Heads, necks and abdomens: whatever is marked is wrong."""


@dataclass(frozen=True, eq=False)
class QualityCase:
    """A scan or a picture of known truth; `picture.truth` is empty where there is no lung."""

    family: str
    base: str
    patient: str
    kind: str
    picture: Picture
    convention: str = ""


def quality_cases(labels: Path, families: tuple[str, ...] = FAMILIES) -> Iterator[QualityCase]:
    """Yield every case; `labels` keeps the truths that are made by CT numbers."""
    makers = {"scan": _scans, "slice": _slices, "grey slice": _grey_slices, "radiograph": _radiographs}
    for family in families:
        yield from makers[family](labels)


def _rng(*parts: str) -> np.random.Generator:
    return np.random.default_rng(crc32("/".join(parts).encode()))


def _damaged(case: QualityCase, damages: dict[str, Damage], number: int, count: int) -> Iterator[QualityCase]:
    """Yield a case undisturbed and with `count` of the damages, beginning with another one for each base."""
    yield case
    names = list(damages)
    for name in (names[(number * count + step) % len(names)] for step in range(count)):
        damage = damages[name]
        yield replace(case, kind=name, picture=damage(case.picture, _rng(case.base, name)))


def _scans(labels: Path) -> Iterator[QualityCase]:
    for number, scan in enumerate([*VALIDATION, *scans()]):
        hu, truth, spacing = load_with_truth(scan, labels)
        step = -(-len(hu) // MOST_SLICES)
        whole = Picture(hu[::step].astype(np.float32), truth[::step], (spacing[0] * step, *spacing[1:]))
        case = QualityCase("scan", scan.id, scan.patient, UNDISTURBED, whole)
        if not (truth > 0).any():
            yield replace(case, kind=NO_LUNG)
            continue
        yield from _damaged(case, SCANNER | STACK, number, PER_SCAN)
        yield from _painted(scan, labels, number, step)


def _painted(scan: Scan, labels: Path, number: int, step: int) -> Iterator[QualityCase]:
    """Yield a scan with some of the diseases of `hard_list`, painted in space."""
    groups = list(PAINTED)
    for name in (groups[(number * PER_PAINTED + turn) % len(groups)] for turn in range(PER_PAINTED)):
        made = PAINTED[name](scan.id, chest_of(scan, labels), _rng(scan.id, name))
        one = list(made)[number % 2 if name in {"consolidation", "crop"} else 0 if name != "ball" else 2]
        spacing = (one.spacing[0] * step, *one.spacing[1:])
        picture = Picture(one.hu[::step].astype(np.float32), one.truth[::step], spacing)
        yield QualityCase("scan", scan.id, scan.patient, f"painted {name}", picture)


def _slices(labels: Path) -> Iterator[QualityCase]:
    del labels
    number = 0
    for name in ("slices", "nolung", "nolung2"):
        folder = data_folder() / "ct" / name
        for record in read_manifest(folder):
            if record.split == "train" and name == "slices":
                continue
            picture = Picture(_grey(folder / record.image), _mask(folder / str(record.mask)), None)
            case = QualityCase("slice", record.id, record.patient, UNDISTURBED, picture)
            if (picture.truth > 0).any():
                yield from _damaged(case, SCANNER | DISEASE, number, PER_SLICE)
                number += 1
            else:
                yield replace(case, kind=NO_LUNG)


def _grey_slices(labels: Path) -> Iterator[QualityCase]:
    del labels
    folder = data_folder() / "ct" / "covid"
    held_out = [record for record in read_manifest(folder) if record.split == "val"]
    for number, record in enumerate(held_out):
        values = _grey(folder / record.image)
        picture = Picture(values, _mask(folder / str(record.mask)), None, air=0.0, tissue=190.0)
        case = QualityCase("grey slice", record.id, record.patient, UNDISTURBED, picture)
        yield from (_in_bytes(one) for one in _damaged(case, SCANNER | DISEASE, number, PER_GREY))


def _radiographs(labels: Path) -> Iterator[QualityCase]:
    del labels
    damages = {name: one for name, one in (SCANNER | DISEASE).items() if name not in {"metal", "fluid"}}
    for convention in ("heart-included", "heart-excluded"):
        folder = data_folder() / "cxr" / convention
        held_out = [record for record in read_manifest(folder) if record.split == "val"]
        for number, record in enumerate(sorted(held_out, key=lambda one: crc32(one.id.encode()))[:RADIOGRAPHS]):
            values = _grey(folder / record.image)
            picture = Picture(values, _mask(folder / str(record.mask)), None, air=20.0, tissue=210.0)
            case = QualityCase("radiograph", record.id, record.patient, UNDISTURBED, picture, convention)
            yield from (_in_bytes(one) for one in _damaged(case, damages, number, PER_RADIOGRAPH))


def _in_bytes(case: QualityCase) -> QualityCase:
    """Return a case as a file of 8 bits holds it."""
    values = np.rint(np.clip(case.picture.values, 0, 255)).astype(np.float32)
    return replace(case, picture=replace(case.picture, values=values))


def _grey(path: Path) -> NDArray[np.float32]:
    with Image.open(path) as image:
        found = np.asarray(image.convert("L") if image.mode in {"RGB", "P", "RGBA"} else image, np.float32)
    return found[None]


def _mask(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image, np.uint8)[None]
