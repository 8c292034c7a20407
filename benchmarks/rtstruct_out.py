"""What contours cost: processor time, size and exactness of an RT structure set, beside rt-utils where it is installed.

    python benchmarks/rtstruct_out.py SERIES MASK              # a DICOM series, and what pleura segment makes of it
    python benchmarks/rtstruct_out.py SERIES MASK --slices 300 # its slices repeated to so many, 1.25 mm apart

Each writer runs in a process of its own; times are seconds of the processor, imports counted. Dice is that of the file
as `pleura.read_labels` reads it, right and left; errors are those of dciodvfy (dicom3tools), where it is installed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

WRITERS = ("pleura", "rt-utils")
REPEATED_STEP = 1.25


def repeated(series: Path, slices: int, folder: Path) -> Path:
    """Write the slices of a series again until there are so many, and return their folder."""
    from pydicom import dcmread

    datasets = sorted((dcmread(path) for path in series.iterdir()), key=lambda one: one.ImagePositionPatient[2])
    for k in range(slices):
        dataset = datasets[k * len(datasets) // slices]
        dataset.ImagePositionPatient[2] = round(REPEATED_STEP * k, 3)
        uid = f"{str(dataset.SeriesInstanceUID)[:50].rstrip('.')}.9.{k}"
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = uid
        dataset.SliceLocation, dataset.InstanceNumber = REPEATED_STEP * k, k + 1
        dataset.save_as(folder / f"{k:04d}.dcm")
    return folder


def labels_for(mask: Path, slices: int) -> Any:
    """Return the labels of a mask, its slices repeated as those of the series."""
    from pleura.reading import read_label_map

    labels = read_label_map(mask).voxels.astype(np.uint8)
    return labels[np.arange(slices) * len(labels) // slices] if slices else labels


def by_pleura(series: Path, labels: Any, file: Path) -> Callable[[], object]:
    """Return what writes a mask with pleura."""
    import pleura
    from pleura.segmentation import Segmentation

    segmentation = Segmentation(labels, pleura.read(series))
    return lambda: segmentation.write(file, format="rtstruct")


def by_rt_utils(series: Path, labels: Any, file: Path) -> Callable[[], object]:
    """Return what writes a mask with rt-utils, which reads the headers of the series itself."""

    def write() -> None:
        from rt_utils import RTStructBuilder

        builder = RTStructBuilder.create_new(dicom_series_path=str(series))
        for value, name in ((1, "Lung_R"), (2, "Lung_L")):
            builder.add_roi(mask=np.moveaxis(labels == value, 0, -1), name=name)
        builder.save(str(file.with_suffix("")))

    return write


def measure(options: argparse.Namespace) -> None:
    """Write with one writer and print what it took, then how exactly the file comes back."""
    import pleura

    labels = labels_for(options.mask, options.slices)
    write = (by_pleura if options.worker == "pleura" else by_rt_utils)(options.series, labels, options.file)
    begun = time.process_time()
    write()
    written = time.process_time() - begun
    volume = pleura.read(options.series)
    begun = time.process_time()
    found = pleura.read_labels(options.file, grid=volume).labels
    read = time.process_time() - begun
    dice = [2 * ((found == v) & (labels == v)).sum() / ((found == v).sum() + (labels == v).sum()) for v in (1, 2)]
    print(json.dumps({"write": written, "read": read, "dice": [round(float(one), 4) for one in dice]}))


def errors(file: Path) -> str:
    """Return how many errors dciodvfy finds, or a dash where it is not installed."""
    program = shutil.which("dciodvfy")
    if program is None:
        return "-"
    run = subprocess.run([program, file], capture_output=True, text=True, check=False)
    return str(sum(line.startswith("Error") for line in (run.stdout + run.stderr).splitlines()))


def main(argv: list[str] | None = None) -> int:
    """Print one line a writer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("series", type=Path)
    parser.add_argument("mask", type=Path)
    parser.add_argument("--slices", type=int, default=0, help="repeat the slices to so many")
    parser.add_argument("--worker", choices=WRITERS, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.worker:
        measure(options)
        return 0
    print(f"{'':10}{'write, s':>10}{'read, s':>10}{'MB':>8}{'errors':>8}   Dice right, left")
    with TemporaryDirectory() as name:
        series = options.series
        if options.slices:
            (Path(name) / "series").mkdir()
            series = repeated(series, options.slices, Path(name) / "series")
        for writer in WRITERS if find_spec("rt_utils") else WRITERS[:1]:
            file = Path(name) / f"{writer}.dcm"
            command = [sys.executable, __file__, series, options.mask, "--slices", str(options.slices)]
            command += ["--worker", writer, "--file", file]
            run = subprocess.run(command, capture_output=True, text=True, check=True)
            took = json.loads(run.stdout.splitlines()[-1])
            size = file.stat().st_size / 1e6
            cells = f"{took['write']:10.2f}{took['read']:10.2f}{size:8.2f}{errors(file):>8}"
            print(f"{writer:10}{cells}   {took['dice'][0]:.4f}, {took['dice'][1]:.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
