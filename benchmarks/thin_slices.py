"""What it costs that the network sees only some of thin slices, and takes the scores of the others from those beside.

    python benchmarks/thin_slices.py LABELS --scans lidc_old_0117 lidc_0001 cmb_crc_01068 lidc_0002

No scan of DATA has slices as thin as those that are left out, so every second, third and fourth of thicker ones is
seen: what is lost grows with the distance, so that thin slices lose less. Of each lung are printed the Dice with the
mask of all slices, in the slices left out; the Dice with the truth, of all slices and then of those; and the 95th
percentile of the distance from its border to that of the mask of all slices. LABELS is where `recipes.ct.label` keeps
its labels.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from hard_list import VALIDATION, load_with_truth
from numpy.typing import NDArray
from scipy import ndimage

import pleura
from pleura.evaluation import dice
from pleura.inference import predict
from recipes.ct.label import UNKNOWN
from recipes.ct.scans import Spacing, scans


def main() -> None:
    """Print a line for each scan, distance and lung."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("labels", type=Path)
    parser.add_argument("--scans", nargs="+", required=True)
    options = parser.parse_args()
    known = {scan.id: scan for scan in [*VALIDATION, *scans()]}
    segmenter = pleura.Segmenter()
    print(f"{'scan':<20} {'mm':>5} {'lung':>5} {'slices between':>16} {'truth, all':>11} {'truth':>7} {'mm, 95 %':>9}")
    for name in options.scans:
        hu, truth, spacing = load_with_truth(known[name], options.labels)
        whole = labels_seen_every(1, segmenter, hu, spacing)
        for step in (2, 3, 4):
            marked = labels_seen_every(step, segmenter, hu, spacing)
            between = np.arange(len(hu)) % step > 0
            for lung, side in enumerate(("right", "left"), start=1):
                all_slices, some = whole == lung, marked == lung
                same = dice(all_slices[between], some[between])
                before, after = (dice(mask & (truth < UNKNOWN), truth == lung) for mask in (all_slices, some))
                far = percentile_distance(all_slices, some, spacing)
                found = f"{same:16.4f} {before:11.4f} {after:7.4f} {far:9.1f}"
                print(f"{name:<20} {step * spacing[0]:5.1f} {side:>5} {found}", flush=True)


def labels_seen_every(
    step: int, segmenter: pleura.Segmenter, hu: NDArray[np.int16], spacing: Spacing
) -> NDArray[np.uint8]:
    """Return the labels of a scan of which the network sees every `step`-th slice."""
    farthest = predict.MAX_PLANE_DISTANCE_MM
    predict.MAX_PLANE_DISTANCE_MM = step * spacing[0]
    try:
        return segmenter(hu, spacing=spacing).labels
    finally:
        predict.MAX_PLANE_DISTANCE_MM = farthest


def percentile_distance(reference: NDArray[np.bool_], mask: NDArray[np.bool_], spacing: Spacing) -> float:
    """Return the 95th percentile of the distances in mm from the border of a mask to that of the reference."""
    borders = [each & ~ndimage.binary_erosion(each) for each in (reference, mask)]
    return float(np.percentile(ndimage.distance_transform_edt(~borders[0], sampling=spacing)[borders[1]], 95))


if __name__ == "__main__":
    main()
