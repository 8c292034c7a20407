"""How exact measurements are, and what they cost: a real CT against NumPy and SimpleITK, a drawn one against formulas.

    python benchmarks/measure.py
    python benchmarks/measure.py --scan FOLDER --mask MASK

The scan is that of DATA/dicom (133 slices of 512 x 512 pixels), segmented first where no mask is given. Seconds are
those of the processor, the median of the runs; the first one of a process also imports what it needs.
"""

from __future__ import annotations

import argparse
import math
import tarfile
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

import pleura
from pleura.geometry import affine_from_spacing
from pleura.labels import LUNGS
from pleura.measurement import Region, measure
from pleura.segmentation import Segmentation
from pleura.volume import Volume

SHARED = Path(__file__).parents[2] / "shared" / "data"
HALF_AXES = (110.0, 75.0, 48.0)
"""Millimetres along (z, y, x) of the drawn lungs, ellipsoids of 1.66 L."""
SLOPE = 0.5
"""HU a millimetre, by which they are denser towards the back."""


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=SHARED, help="folder that holds dicom/lidc-0001.tar")
    parser.add_argument("--scan", type=Path, help="another scan")
    parser.add_argument("--mask", type=Path, help="its mask")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scan = options.scan or unpacked(options.data / "dicom" / "lidc-0001.tar", Path(folder))
        volume = pleura.read(scan)
        result = pleura.read_labels(options.mask, grid=volume) if options.mask else pleura.segment(volume)
    print_cost(result, options.runs)
    print_agreement(result)
    print_drawn()


def unpacked(archive: Path, folder: Path) -> Path:
    """Unpack a tar of DICOM files and return where they are."""
    with tarfile.open(archive) as files:
        files.extractall(folder, filter="data")
    return folder


def print_cost(result: Segmentation, runs: int) -> None:
    """Print how long it takes to measure a scan."""
    seconds = []
    for _ in range(runs + 1):
        start = time.process_time()
        measure(result.labels, result.volume, result.structures)
        seconds.append(time.process_time() - start)
    shape = " x ".join(map(str, result.volume.shape))
    print(f"{shape}: {median(seconds[1:]):.2f} CPU s, the first time {seconds[0]:.2f}\n")


def print_agreement(result: Segmentation) -> None:
    """Print each figure beside that of NumPy, and of SimpleITK where it is installed."""
    for label in LUNGS:
        region = result.measurements.region(label.name)
        inside = result.volume.voxels[result.labels == label.value]
        print(f"{label.name:28}{'pleura':>16}{'NumPy':>16}{'SimpleITK':>16}")
        peer = by_simpleitk(result, label.value)
        for name, (ours, other) in by_numpy(region, inside).items():
            third = f"{peer[name]:16.6f}" if name in peer else f"{'-':>16}"
            print(f"{name:28}{ours:16.6f}{other:16.6f}{third}{'' if ours == other else '   differs'}")
        print(f"{'volume mL':28}{region.volume_ml:16.1f}\n{'mass g':28}{region.mass_g:16.1f}\n")
    print("limits:", ", ".join(warning.code for warning in result.measurements.warnings) or "none", "\n")


def by_numpy(region: Region, inside: np.ndarray) -> dict[str, tuple[float, float]]:
    """Return figure -> as it is measured, and as NumPy has it."""
    found = region.density
    assert found is not None
    share = {limit: 100 * int((inside <= limit).sum()) / inside.size for limit in (-950, -910, -856)}
    high = 100 * int(((inside >= -600) & (inside <= -250)).sum()) / inside.size
    percentiles = dict(zip((5, 10, 15, 50, 85, 95), np.percentile(inside, (5, 10, 15, 50, 85, 95)), strict=True))
    return {
        "voxels": (region.voxels, inside.size),
        "mean HU": (found.mean_hu, float(inside.mean(dtype=np.float64))),
        "sigma HU": (found.sd_hu, float(inside.std(dtype=np.float64))),
        "median HU": (found.median_hu, percentiles[50]),
        "5th percentile HU": (found.perc5_hu, percentiles[5]),
        "15th percentile HU": (found.perc15_hu, percentiles[15]),
        "95th percentile HU": (found.perc95_hu, percentiles[95]),
        "at or below -950 HU %": (found.laa_le_950_percent, share[-950]),
        "at or below -910 HU %": (found.laa_le_910_percent, share[-910]),
        "at or below -856 HU %": (found.laa_le_856_percent, share[-856]),
        "from -600 to -250 HU %": (found.haa_600_to_250_percent, high),
    }


def by_simpleitk(result: Segmentation, value: int) -> dict[str, float]:
    """Return what SimpleITK counts by itself; it bins the median, which is left out."""
    try:
        import SimpleITK
    except ImportError:
        return {}
    statistics = SimpleITK.LabelStatisticsImageFilter()
    statistics.Execute(SimpleITK.GetImageFromArray(result.volume.voxels), SimpleITK.GetImageFromArray(result.labels))
    count = statistics.GetCount(value)
    sigma = statistics.GetSigma(value) * math.sqrt((count - 1) / count)  # it divides by one voxel less
    return {"voxels": count, "mean HU": statistics.GetMean(value), "sigma HU": sigma}


def print_drawn() -> None:
    """Print what is measured of a drawn ellipsoid and what its formulas say."""
    spacing, shape = (1.0, 0.8, 0.8), (240, 200, 130)
    z, y, x = (np.arange(n) * step - (n - 1) * step / 2 for n, step in zip(shape, spacing, strict=True))
    a, b, c = HALF_AXES
    inside = (z[:, None, None] / a) ** 2 + (y[:, None] / b) ** 2 + (x / c) ** 2 < 1
    hu = np.where(inside, np.rint(-860 + SLOPE * y)[:, None], 40).astype(np.int16)
    region = measure(inside.astype(np.uint8), Volume(hu, affine_from_spacing(spacing))).region("right lung")
    assert region.density is not None
    millilitres = 4 / 3 * math.pi * a * b * c / 1000
    expected = {
        "volume mL": (region.volume_ml, millilitres),
        "mass g": (region.mass_g, 0.14 * millilitres),
        "mean HU": (region.density.mean_hu, -860.0),
        "sigma HU": (region.density.sd_hu, SLOPE * b / math.sqrt(5)),
        "15th percentile HU": (region.density.perc15_hu, -860 - SLOPE * 0.5271 * b),
    }
    print(f"{'a drawn ellipsoid':28}{'pleura':>12}{'formula':>12}{'off by %':>12}")
    for name, (found, true) in expected.items():
        assert found is not None
        print(f"{name:28}{found:12.2f}{true:12.2f}{100 * abs(found / true - 1):12.3f}")


if __name__ == "__main__":
    main()
