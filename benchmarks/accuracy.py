"""How right the masks are: Dice, IoU and HD95 of every held-out case, the worst first, then one line a set.

    python benchmarks/accuracy.py                             # every set of ../shared/data
    python benchmarks/accuracy.py --sets covid nolung --model runs/today/bundle --json today.json

Reads folders of the form DATA/ct/SET/manifest.jsonl (one JSON object a line: id, patient, split, image, mask, sides)
and scores every case that has a mask and is not in the split `train`. Images go through `pleura.Segmenter` as files,
just as a user's do; the model is loaded once. A case that is refused with an error counts as an empty mask.

"both" is lung of either side against background. "right" and "left" are left out where the reference does not tell
the sides apart. HD95 is in millimetres, or in pixels where the file holds no spacing. The mean over patients is the
mean of each patient's mean over slices, so that a patient with many slices does not count for more.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

import pleura
from pleura.datasets.manifest import Record, read_manifest
from pleura.evaluation import dice, hd95, iou
from pleura.labels import LEFT, RIGHT

SHARED = Path(__file__).parents[2] / "shared" / "data"


@dataclass(frozen=True)
class Score:
    """One case against its reference; `right` and `left` are None where the reference does not tell the sides."""

    set: str
    id: str
    patient: str
    both: float
    iou: float
    right: float | None
    left: float | None
    hd95: float
    unit: str
    has_lung: bool
    marked: int
    warnings: tuple[str, ...]

    @property
    def worse_lung(self) -> float:
        """Dice of the lung that came out worse, or of both where the sides are not distinguished."""
        return self.both if self.right is None or self.left is None else min(self.right, self.left)


def main() -> None:
    """Score every case, print both tables, and write the JSON where asked for."""
    options = parse()
    segmenter = pleura.Segmenter(model=options.model, backend=options.backend)
    scores = [score(segmenter, folder, case) for folder, case in cases(options.data, options.sets)]
    scores.sort(key=lambda one: (one.both, one.worse_lung, one.id))
    print_cases(scores)
    print_sets(scores)
    if options.json:
        rows = [{key: finite(value) for key, value in asdict(one).items()} for one in scores]
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=SHARED, help="folder that holds ct/SET/manifest.jsonl")
    parser.add_argument("--model", type=Path, help="bundle to score in place of the shipped one")
    parser.add_argument("--backend", default="auto", help="as in pleura segment")
    parser.add_argument("--sets", nargs="+", help="names of the sets; all that have references by default")
    parser.add_argument("--json", type=Path, help="write every case's figures to this file")
    return parser.parse_args()


def cases(data: Path, sets: list[str] | None) -> Iterator[tuple[Path, Record]]:
    """Yield the set's folder and the manifest's record of every held-out case that has a reference mask."""
    manifests = sorted((data / "ct").glob("*/manifest.jsonl"))
    if not manifests:
        raise SystemExit(f"no ct/SET/manifest.jsonl under {data}")
    for manifest in manifests:
        if sets and manifest.parent.name not in sets:
            continue
        for case in read_manifest(manifest.parent):
            if case.mask and case.split != "train":
                yield manifest.parent, case


def score(segmenter: pleura.Segmenter, folder: Path, case: Record) -> Score:
    """Segment one case and compare it with its reference."""
    reference = read_mask(folder / str(case.mask))
    labels, spacing, warnings = np.zeros_like(reference), None, ()
    try:
        result = segmenter(folder / case.image)
    except pleura.PleuraError as error:
        warnings = (f"error:{error.code}",)
    else:
        labels, warnings = result.labels, tuple(note.code for note in result.warnings)
        spacing = result.volume.spacing[-labels.ndim :] if result.volume.spacing_known else None
    return Score(
        set=folder.name,
        id=case.id,
        patient=case.patient,
        both=dice(reference, labels),
        iou=iou(reference, labels),
        right=dice(reference == RIGHT, labels == RIGHT) if case.sides else None,
        left=dice(reference == LEFT, labels == LEFT) if case.sides else None,
        hd95=hd95(reference, labels, spacing or (1.0,) * labels.ndim),
        unit="mm" if spacing else "px",
        has_lung=bool(reference.any()),
        marked=int(np.count_nonzero(labels)),
        warnings=warnings,
    )


def read_mask(path: Path) -> NDArray[np.uint8]:
    """Read a mask as (z, y, x), or (y, x) from a picture."""
    if path.suffix == ".png":
        from PIL import Image

        return np.asarray(Image.open(path), np.uint8)
    import nibabel

    return np.asarray(nibabel.load(path).dataobj, np.uint8).T


def print_cases(scores: list[Score]) -> None:
    """Print one line a case."""
    print(f"{'set':<10} {'case':<28} {'both':>7} {'right':>7} {'left':>7} {'IoU':>7} {'HD95':>10}  warnings")
    for one in scores:
        right, left = (f"{side:.4f}" if side is not None else "-" for side in (one.right, one.left))
        print(
            f"{one.set:<10} {one.id:<28} {one.both:7.4f} {right:>7} {left:>7} {one.iou:7.4f} "
            f"{one.hd95:7.2f} {one.unit}  {' '.join(one.warnings)}"
        )


def print_sets(scores: list[Score]) -> None:
    """Print one line a set: what is averaged over slices and patients, what was worst, what was marked in vain."""
    by_set = defaultdict(list)
    for one in scores:
        by_set[one.set].append(one)
    print(
        f"\n{'set':<10} {'cases':>5} {'patients':>8} {'mean':>7} {'by patient':>10} {'worst':>7} {'worse lung':>10}",
        end="",
    )
    print(f" {'HD95 worst':>11} {'lung marked where there is none':>32}")
    for name, group in sorted(by_set.items()):
        lungs = [one for one in group if one.has_lung]
        empty = [one for one in group if not one.has_lung]
        spurious = f"{sum(one.marked > 0 for one in empty)} of {len(empty)}"
        print(f"{name:<10} {len(group):5} {len({one.patient for one in group}):8} {figures(lungs)} {spurious:>32}")


def figures(group: list[Score]) -> str:
    """Format mean Dice over cases and over patients, the worst case, the worst single lung, and the worst HD95."""
    if not group:
        return f"{'-':>7} {'-':>10} {'-':>7} {'-':>10} {'-':>11}"
    by_patient = defaultdict(list)
    for one in group:
        by_patient[one.patient].append(one.both)
    mean, over_patients = fmean(one.both for one in group), fmean(map(fmean, by_patient.values()))
    worst, worse_lung = min(one.both for one in group), min(one.worse_lung for one in group)
    furthest = max(group, key=lambda one: one.hd95)
    return f"{mean:7.4f} {over_patients:10.4f} {worst:7.4f} {worse_lung:10.4f} {furthest.hd95:8.2f} {furthest.unit}"


def finite(value: object) -> object:
    """Give infinity, which JSON does not know, as null."""
    return None if isinstance(value, float) and math.isinf(value) else value


if __name__ == "__main__":
    main()
