"""What fewer bits cost and save: size, time a slice and Dice of the shipped network for CT, as fp32, fp16 and int8.

    python benchmarks/precisions.py

int8 is calibrated on slices of the `train` part of DATA/ct/slices; Dice is of its held-out part. Times are of the
network alone in onnxruntime, four slices at a time on all cores, the forms in turn, the median of forty.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path
from statistics import fmean, median

import numpy as np
from accuracy import SHARED, cases, score

import pleura
from pleura.inference.backends import Backend
from pleura.training.config import preset
from pleura.training.convert import lower_precision, real_planes

FORMS = ("fp32", "fp16", "int8")


def main() -> None:
    """Make each form of the network, judge it, and print one line a form."""
    data = parse().data
    planes = real_planes(preset("default", data=str(data / "ct"), weights={"slices": 1.0}))
    with tempfile.TemporaryDirectory() as folder:
        bundles = {form: made(form, Path(folder), planes) for form in FORMS}
        forms = {form: pleura.Segmenter(model=bundle, backend="onnxruntime") for form, bundle in bundles.items()}
        seconds = timed({form: segmenter.model.network for form, segmenter in forms.items()}, planes[:4])
        print(f"{'form':<6} {'MB':>5} {'ms a slice':>11} {'of fp32':>8} {'Dice':>8} {'worst':>8}")
        for form, segmenter in forms.items():
            size = (segmenter.bundle.folder / "network.onnx").stat().st_size / 1e6
            scores = [score(segmenter, held, case).both for held, case in cases(data, ["slices"])]
            print(
                f"{form:<6} {size:5.1f} {250 * seconds[form]:11.1f} {seconds[form] / seconds['fp32']:8.2f} "
                f"{fmean(scores):8.4f} {min(scores):8.4f}"
            )


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=SHARED, help="folder that holds ct/slices")
    return parser.parse_args()


def made(form: str, folder: Path, planes: np.ndarray) -> Path:
    """Return a bundle that holds the shipped network in one form."""
    bundle = folder / form
    shutil.copytree(pleura.Segmenter().bundle.folder, bundle)
    if form != "fp32":
        lower_precision(bundle, form, planes)
    return bundle


def timed(networks: dict[str, Backend], planes: np.ndarray) -> dict[str, float]:
    """Return the seconds that each network takes for the planes."""
    taken: dict[str, list[float]] = {form: [] for form in networks}
    for _ in range(41):
        for form, network in networks.items():
            network(planes)  # by its end the threads of the one before have gone to sleep
            started = time.perf_counter()
            network(planes)
            taken[form].append(time.perf_counter() - started)
    return {form: median(seconds[1:]) for form, seconds in taken.items()}


if __name__ == "__main__":
    main()
