"""What the rules of anatomy do to scans: mL that each took out of the mask or added to it, and the warnings.

    python benchmarks/rules.py                       # every scan and slice in HU under ../shared/data/ct
    python benchmarks/rules.py --sets volumes        # one set
    python benchmarks/rules.py --scans FILE FOLDER   # any scans
    python benchmarks/rules.py --references          # the warnings that reference masks would get

A line a scan in three dimensions; of slices, a line for each that a rule changed or that has a warning other than
`no-lung`, and how many there were. Volumes of slices have no meaning where the slice's thickness is unknown.

With `--references` the rules and the warnings see the reference masks in place of the network's. Whatever is taken out
or warned of there is a false alarm, but for the ends of the scan and what a reader may have left in.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from accuracy import read_mask

import pleura
from pleura.datasets.manifest import read_manifest
from pleura.geometry import to_axial
from pleura.inference.anatomy_rules import apply_anatomy_rules
from pleura.inference.ct_warnings import ct_warnings, cut_sides
from pleura.inference.grid import crop, whole_fov
from pleura.inference.grid_scan import grid_scan
from pleura.inference.mask_warnings import lung_warnings
from pleura.inference.postprocess import clean_volume
from pleura.inference.resample import resample_to_grid
from pleura.labels import LEFT, RIGHT
from pleura.reading import read

SHARED = Path(__file__).parents[2] / "shared" / "data"
RULES = ("outside_skin", "airless", "detached", "free_air", "surrounded", "domes", "enclosed", "recesses")


@dataclass(frozen=True)
class Scan:
    """A scan of a set, with its reference mask where it has one."""

    set: str
    id: str
    path: Path
    mask: Path | None = None


@dataclass(frozen=True)
class Found:
    """What came of a scan: litres by side, millilitres by rule, and the codes of the warnings."""

    right_ml: float
    left_ml: float
    rules_ml: dict[str, float]
    warnings: tuple[str, ...]


def main() -> None:
    """Segment every scan, or take its reference, and print what came of it."""
    options = parse()
    segmenter = pleura.Segmenter(model=options.model)
    print(f"{'set':<20} {'scan':<24} {'R mL':>6} {'L mL':>6}", *(f"{rule:>12}" for rule in RULES), " warnings")
    slices: Counter[str] = Counter()
    for scan in scans(options):
        volume = read(scan.path)
        if volume.kind is not pleura.Kind.HU:
            continue
        found = of_reference(scan, volume, segmenter) if options.references else of_network(volume, segmenter)
        single = min(volume.shape) == 1
        slices[scan.set] += single
        if not single or found.rules_ml or set(found.warnings) - {"no-lung"}:
            print_scan(scan, found)
    for name, count in sorted(slices.items()):
        if count:
            print(f"{name}: {count} slices in all")


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=SHARED, help="folder that holds ct/SET/manifest.jsonl")
    parser.add_argument("--model", type=Path, help="bundle to use in place of the shipped one")
    parser.add_argument("--sets", nargs="+", help="names of the sets; all by default")
    parser.add_argument("--scans", nargs="+", type=Path, help="scans in place of the sets")
    parser.add_argument("--references", action="store_true", help="let the rules see the reference masks")
    return parser.parse_args()


def scans(options: argparse.Namespace) -> Iterator[Scan]:
    """Yield the scans that were asked for; with `--references` those that have lungs in their reference mask."""
    if options.scans:
        yield from (Scan("", path.stem, path) for path in options.scans)
        return
    for manifest in sorted((options.data / "ct").glob("*/manifest.jsonl")):
        folder = manifest.parent
        if options.sets and folder.name not in options.sets:
            continue
        for case in read_manifest(folder):
            mask = folder / case.mask if case.mask else None
            if case.hu and (not options.references or (mask and case.sides and read_mask(mask).any())):
                yield Scan(folder.name, case.id, folder / case.image, mask)


def of_network(volume: pleura.Volume, segmenter: pleura.Segmenter) -> Found:
    """Return what comes of a scan as it is segmented."""
    result = segmenter(volume)
    labels, voxel_ml = result.labels, float(np.prod(volume.spacing)) / 1000
    right, left = (np.count_nonzero(labels == side) * voxel_ml for side in (RIGHT, LEFT))
    return Found(right, left, result.provenance.get("rules_ml", {}), tuple(note.code for note in result.warnings))


def of_reference(scan: Scan, volume: pleura.Volume, segmenter: pleura.Segmenter) -> Found:
    """Return what comes of a scan if its reference mask is what the network found."""
    assert scan.mask
    bundle = segmenter.bundle
    slices, reference = (
        to_axial(array.reshape(volume.shape), volume.affine) for array in (volume.voxels, read_mask(scan.mask))
    )
    fov = whole_fov(slices.shape[1:], volume.spacing[1:])
    planes = resample_to_grid(slices, fov, volume.kind, bundle, segmenter.threads)
    on_grid = crop(reference, fov, air=0)
    rows, columns = ((np.arange(bundle.side) + 0.5) * size // bundle.side for size in (fov.height, fov.width))
    on_grid = on_grid[:, rows.astype(int)][:, :, columns.astype(int)]
    lung = np.where(on_grid > 0, 220, 40).astype(np.uint8)
    side_score = np.where(on_grid[:, ::2, ::2] == LEFT, 220, 30).astype(np.uint8)
    scan_on_grid = grid_scan(volume, planes, fov, bundle)
    rules = apply_anatomy_rules(lung, side_score, scan_on_grid)
    cleaned = clean_volume(lung, side_score)
    warnings = (
        *ct_warnings(cleaned, scan_on_grid, rules),
        *lung_warnings(cleaned.labels, is_picture=volume.is_picture, cut_sides=cut_sides(cleaned, scan_on_grid)),
    )
    right, left = (np.count_nonzero(cleaned.labels == side) * scan_on_grid.voxel_ml for side in (RIGHT, LEFT))
    return Found(right, left, rules.provenance.get("rules_ml", {}), tuple(note.code for note in warnings))


def print_scan(scan: Scan, found: Found) -> None:
    """Print one line."""
    by_rule = (f"{found.rules_ml[rule]:12.1f}" if rule in found.rules_ml else f"{'.':>12}" for rule in RULES)
    sides = f"{found.right_ml:6.0f} {found.left_ml:6.0f}"
    print(f"{scan.set:<20} {scan.id:<24} {sides}", *by_rule, "", *found.warnings, flush=True)


if __name__ == "__main__":
    main()
