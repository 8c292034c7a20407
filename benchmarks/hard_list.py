"""The hard cases: whole scans that go wrong, and disease with known truth painted into scans, the same every time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from recipes.ct.label import UNKNOWN, labels_of, uncertain
from recipes.ct.paint.air import Bulla, Emphysema, Pneumothorax
from recipes.ct.paint.ball import PLACES, Ball
from recipes.ct.paint.chest import LEFT, RIGHT, Chest
from recipes.ct.paint.dome import Dome
from recipes.ct.paint.fluid import Effusion
from recipes.ct.paint.opacity import Collapse, Consolidation, Fibrosis
from recipes.ct.scans import Scan, Spacing, data_folder, load, scans

VALIDATION = [
    Scan(
        name, f"ct/{folder}/images/{name}.nii.gz", f"ct/{folder}/masks/{name}.nii.gz", patient, -1, licence, free=False
    )
    for name, folder, patient, licence in (
        ("imlab_id003", "volumes/val", "id003", "not stated"),
        ("nsclc_lung1_003", "nsclc_rt/val", "LUNG1-003", "CC BY-NC 3.0"),
    )
]
"""Scans that no run trains on."""

BASES = ("imlab_id003", "nsclc_lung1_003", "cmb_crc_01068", "ricord_419639_001012", "rider_1129164940")
"""Scans that disease is painted into."""


@dataclass(frozen=True, eq=False)
class Case:
    """A scan with its truth; `painted` is what a painter has changed, `inside` whether that is lung."""

    group: str
    name: str
    hu: NDArray[np.int16]
    truth: NDArray[np.uint8]
    spacing: Spacing
    painted: NDArray[np.bool_] | None = None
    inside: bool = True


def cases(groups: list[str] | None, labels: Path, bases: list[str] | None = None) -> Iterator[Case]:
    """Yield the cases of the groups, all if None; `labels` keeps the labels made by CT numbers."""
    if not groups or "scan" in groups:
        for scan in [*VALIDATION, *(scan for scan in scans() if not scan.is_stack)]:
            hu, truth, spacing = load_with_truth(scan, labels)
            yield Case("scan", scan.id, hu, truth, spacing)
    known = {scan.id: scan for scan in [*VALIDATION, *scans()]}
    for place, base in enumerate(bases or BASES):
        for group, make in PAINTED.items():
            if not groups or group in groups:
                yield from make(base, chest_of(known[base], labels), np.random.default_rng([7, place]))


def load_with_truth(scan: Scan, labels: Path) -> tuple[NDArray[np.int16], NDArray[np.uint8], Spacing]:
    """Return a scan and its truth, (z, y, x), made where it is not there yet."""
    hu, spacing = load(data_folder() / scan.path)
    path = labels / f"{scan.id}.npz"
    if not path.exists():
        labels.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(path, labels=labels_of(scan, hu, spacing))
    truth = np.load(path)["labels"]
    return hu, _mended(hu, truth, spacing) if scan.id == "nsclc_lung1_003" else truth, spacing


def _mended(hu: NDArray[Any], truth: NDArray[np.uint8], spacing: Spacing) -> NDArray[np.uint8]:
    """Return the reference of LUNG1-003 without the domes that its slices 8 to 12 take for lung.

    It leaves out all vessels and bronchi of the hilum, which other references count: they are unknown, as elsewhere.
    """
    truth = truth.copy()
    for z in range(8, 13):
        solid = ndimage.gaussian_filter(hu[z].astype(np.float32), 1.0) > -200
        core = ndimage.distance_transform_edt(solid, sampling=spacing[1:]) > 5
        thick = solid & (ndimage.distance_transform_edt(~core, sampling=spacing[1:]) <= 6)
        truth[z][thick] = 0
    truth[uncertain(truth > 0, hu, spacing)] = UNKNOWN
    return truth


@lru_cache(maxsize=2)
def chest_of(scan: Scan, labels: Path) -> Chest:
    """Return a scan with its truth, to be painted on."""
    hu, truth, spacing = load_with_truth(scan, labels)
    values = torch.from_numpy(hu.astype(np.float32))
    return Chest(values, torch.from_numpy(truth), torch.zeros(values.shape, dtype=torch.bool), spacing)


def _case(group: str, name: str, chest: Chest, *, inside: bool = True) -> Case:
    hu = chest.hu.round().clamp(-1024, 3000).to(torch.int16).numpy()
    painted = chest.painted & ((chest.labels == 0) if not inside else (chest.labels < UNKNOWN) & (chest.labels > 0))
    return Case(group, name, hu, chest.labels.numpy(), chest.spacing, painted.numpy(), inside)


def _balls(base: str, chest: Chest, rng: np.random.Generator) -> Iterator[Case]:
    """Yield three scans with a ball of 10 to 60 mm in each lung, at the wall, the hilum, the diaphragm or free."""
    for number, radius in enumerate((5.0, 15.0, 30.0)):
        painted = chest
        for side in (RIGHT, LEFT):
            place = PLACES[(number + side) % len(PLACES)]
            ball = replace(Ball.draw(rng, side), radius=radius, place=place, density=float(rng.uniform(20, 70)))
            painted = ball.paint(painted)
        yield _case("ball", f"{base} {2 * radius:.0f} mm", painted)


def _consolidation(base: str, chest: Chest, rng: np.random.Generator) -> Iterator[Case]:
    """Yield the lower 38 % of each lung solid, with bronchi that hold air."""
    for side in (RIGHT, LEFT):
        seed = int(rng.integers(2**31))
        solid = Consolidation(side, (-0.97, 0.24, 0.0), 0.38, 6.0, density=45.0, bronchi=0.7, islands=0.0, seed=seed)
        yield _case("consolidation", f"{base} {_name(side)}", solid.paint(chest))


def _collapse(base: str, chest: Chest, rng: np.random.Generator) -> Iterator[Case]:
    """Yield a lobe without air."""
    side = _side(rng)
    yield _case("collapse", f"{base} {_name(side)}", Collapse.draw(rng, side).paint(chest))


def _fibrosis(base: str, chest: Chest, rng: np.random.Generator) -> Iterator[Case]:
    """Yield fibrosis of both lungs."""
    yield _case("fibrosis", base, Fibrosis.draw(rng).paint(chest))


def _domes(base: str, chest: Chest, rng: np.random.Generator) -> Iterator[Case]:
    """Yield a diaphragm raised by 60 mm on both sides."""
    for side in (RIGHT, LEFT):
        chest = replace(Dome.draw(rng, side), height=60.0).paint(chest)
    yield _case("dome", base, chest, inside=False)


def _effusion(base: str, chest: Chest, rng: np.random.Generator) -> Iterator[Case]:
    """Yield fluid in the lowest 15 % of both sides."""
    for side in (RIGHT, LEFT):
        chest = replace(Effusion.draw(rng, side), share=0.15).paint(chest)
    yield _case("effusion", base, chest, inside=False)


def _total_effusion(base: str, chest: Chest, rng: np.random.Generator) -> Iterator[Case]:
    """Yield one side full of fluid, as after a pneumonectomy."""
    side = _side(rng)
    fluid = replace(Effusion.draw(rng, side), share=1.0)
    yield _case("total-effusion", f"{base} {_name(side)}", fluid.paint(chest), inside=False)


def _pneumothorax(base: str, chest: Chest, rng: np.random.Generator) -> Iterator[Case]:
    """Yield a lung shrunk to six tenths of its length in free air."""
    side = _side(rng)
    free = replace(Pneumothorax.draw(rng, side), size=0.6)
    yield _case("pneumothorax", f"{base} {_name(side)}", free.paint(chest), inside=False)


def _emphysema(base: str, chest: Chest, rng: np.random.Generator) -> Iterator[Case]:
    """Yield emphysema in two thirds of both lungs, with a bulla of 100 mm in one of them: all of it is lung."""
    side = _side(rng)
    bulla = replace(Bulla.draw(rng, side), radius=50.0).paint(chest)
    yield _case("emphysema", f"{base} {_name(side)}", replace(Emphysema.draw(rng), share=0.67, depth=1.0).paint(bulla))


def _side(rng: np.random.Generator) -> int:
    return int(rng.choice([RIGHT, LEFT]))


def _name(side: int) -> str:
    return "right" if side == RIGHT else "left"


def _crops(base: str, chest: Chest, rng: np.random.Generator) -> Iterator[Case]:
    """Yield one lung alone, and the middle of the chest alone."""
    side = _side(rng)
    columns = (chest.labels == side).any(dim=0).any(dim=0).nonzero()
    edge = int(columns[-1]) + 4 if side == RIGHT else int(columns[0]) - 4
    half = slice(0, edge) if side == RIGHT else slice(max(edge, 0), None)
    slices = (chest.labels > 0).any(dim=1).any(dim=1).nonzero()
    low, high = (int(slices[0]) + round(part * len(slices)) for part in (0.3, 0.7))
    for name, cut in ((f"{_name(side)} half", (slice(None), slice(None), half)), ("slab", (slice(low, high),) * 1)):
        part = Chest(chest.hu[cut], chest.labels[cut], chest.painted[cut], chest.spacing)
        yield _case("crop", f"{base} {name}", part)


PAINTED = {
    "ball": _balls,
    "consolidation": _consolidation,
    "collapse": _collapse,
    "fibrosis": _fibrosis,
    "dome": _domes,
    "effusion": _effusion,
    "total-effusion": _total_effusion,
    "pneumothorax": _pneumothorax,
    "emphysema": _emphysema,
    "crop": _crops,
}
"""How the cases of each group are made from a base."""
