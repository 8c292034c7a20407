"""How fast it is, and how much memory it takes: whole processes as a user starts them, then stage by stage.

    python benchmarks/speed.py
    python benchmarks/speed.py --lungmask-python ../lungmask-venv/bin/python   # the peer, in the same run

Times `pleura --version` and `pleura segment FOLDER OUT.nii.gz` on uncompressed DICOM series of 512 x 512 pixels: a
real scan of 133 slices (DATA/dicom, unpacked by the script there) and longer series made from it, by linear
interpolation between its slices, over the same stretch of the body; then one radiograph as a PNG and a folder of 1000,
the held-out pictures of DATA/cxr again and again. Files are in the page cache. Every figure is the median of the runs;
peak memory is the largest resident set of the process, or of one it started.

lungmask runs from a Python of its own (`pip install torch lungmask`), once, since it takes minutes. Its weights are a
download, so a network of its very shape with random weights stands in: what a convolution costs does not depend on
the values. The last layer is set so that it finds nothing, which spares lungmask the cleaning of random blobs; a real
run is slower than the figure here, never faster.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

import pleura

SHARED = Path(__file__).parents[2] / "shared" / "data"
PLEURA = str(Path(sys.executable).with_name("pleura"))
RULER = """
import json, os, subprocess, sys, time
start = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
wall = time.perf_counter() - start
code = os.waitstatus_to_exitcode(status)
print(json.dumps([code, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]))
"""
PEER_WEIGHTS = """
import sys, torch
from lungmask.resunet import UNet
torch.manual_seed(0)
net = UNet(n_classes=3, padding=True, depth=5, up_mode="upsample", batch_norm=True, residual=False)
net.last.weight.data.zero_()
net.last.bias.data.copy_(torch.tensor([1.0, 0.0, 0.0]))
torch.save(net.state_dict(), sys.argv[1])
"""


@dataclass(frozen=True)
class Cost:
    """What a process took: seconds on the wall, seconds of all cores, and its peak resident memory in MB."""

    wall: float
    cpu: float
    peak: float


def main() -> None:
    """Make the series, time everything, print the tables."""
    options = parse()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the start, median of {options.runs} runs\n")
    print(f"{'whole process':<40} {'wall s':>8} {'CPU s':>8} {'peak MiB':>8}")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        show("pleura --version", typical([PLEURA, "--version"], options.runs))
        real = unpack(options.data / "dicom", work)
        costs = {}
        for count in options.slices:
            series = real if count == len(list(real.iterdir())) else stretch(real, count, work / f"{count}")
            command = [PLEURA, "segment", str(series), str(work / f"{count}.nii.gz"), "--backend", options.backend]
            costs[count] = show(f"pleura segment, {count} slices", typical(command, options.runs))
        if options.lungmask_python:
            peer(options.lungmask_python, real, work, next(iter(costs.values())))
        growth(costs)
        stages(real, options)
        radiographs(options, work)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=SHARED, help="folder that holds dicom/unpack.py and cxr")
    parser.add_argument("--slices", type=int, nargs="+", default=[133, 300, 1200], help="lengths of the series")
    parser.add_argument("--pictures", type=int, default=1000, help="radiographs in one call")
    parser.add_argument("--runs", type=int, default=5, help="runs of each command")
    parser.add_argument("--backend", default="auto", help="as in pleura segment")
    parser.add_argument("--lungmask-python", help="interpreter that has lungmask 0.2.22, to time it as well")
    return parser.parse_args()


def run(command: list[str]) -> Cost:
    """Run a command to its end and return what it took.

    A process is booked with the memory of the one that started it, so a bare interpreter starts it, not this program.
    Its modules are compiled, as pip leaves them, whatever the environment says of that.
    """
    compiled = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    ruler = subprocess.run([sys.executable, "-S", "-c", RULER, *command], check=True, capture_output=True, env=compiled)
    code, *figures = json.loads(ruler.stdout)
    if code:
        raise SystemExit(f"exit code {code} from: {' '.join(command)}")
    return Cost(*figures)


def typical(command: list[str], runs: int) -> Cost:
    """Run a command several times and return the median of each figure."""
    costs = [run(command) for _ in range(runs)]
    return Cost(*(median(getattr(cost, figure) for cost in costs) for figure in ("wall", "cpu", "peak")))


def show(name: str, cost: Cost) -> Cost:
    """Print one row of the first table."""
    print(f"{name:<40} {cost.wall:8.2f} {cost.cpu:8.2f} {cost.peak:8.0f}", flush=True)
    return cost


def unpack(dicom: Path, work: Path) -> Path:
    """Unpack the real series and return its folder."""
    subprocess.run([sys.executable, str(dicom / "unpack.py"), str(work)], check=True, stdout=subprocess.DEVNULL)
    return work / "lidc-0001"


def stretch(real: Path, count: int, target: Path) -> Path:
    """Write a series of `count` slices between the first and the last slice of the real one."""
    import pydicom
    from pydicom.uid import generate_uid

    slices = sorted(map(pydicom.dcmread, real.iterdir()), key=lambda one: one.ImagePositionPatient[2])
    bottom, top = (float(end.ImagePositionPatient[2]) for end in (slices[0], slices[-1]))
    series_uid = generate_uid(entropy_srcs=[slices[0].SeriesInstanceUID, str(count)])
    target.mkdir()
    for number, position in enumerate(np.linspace(0, len(slices) - 1, count)):
        below, above = slices[int(position)], slices[min(int(position) + 1, len(slices) - 1)]
        share = position - int(position)
        pixels = (1 - share) * below.pixel_array + share * above.pixel_array
        x, y, _ = below.ImagePositionPatient
        made = pydicom.dcmread(below.filename)
        made.PixelData = np.rint(pixels).astype("<i2").tobytes()
        made.ImagePositionPatient = [x, y, f"{bottom + (top - bottom) * number / (count - 1):.6f}"]
        made.SliceLocation = made.ImagePositionPatient[2]
        made.SliceThickness = f"{(top - bottom) / (count - 1):.6f}"
        made.InstanceNumber = count - number
        made.SeriesInstanceUID = series_uid
        made.SOPInstanceUID = generate_uid(entropy_srcs=[series_uid, str(number)])
        made.file_meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
        made.save_as(target / f"{number:04}.dcm", enforce_file_format=True)
    return target


def peer(python: str, series: Path, work: Path, ours: Cost) -> None:
    """Time lungmask once on the real series and print how many times our cost that is."""
    weights = work / "random.pth"
    subprocess.run([python, "-c", PEER_WEIGHTS, str(weights)], check=True)
    command = [python, "-m", "lungmask", str(series), str(work / "peer.nii.gz"), "--modelpath", str(weights)]
    name = f"lungmask, {len(list(series.iterdir()))} slices, 1 run"
    cost = show(name, run([*command, "--noprogress"]))
    wall, cpu, peak = cost.wall / ours.wall, cost.cpu / ours.cpu, cost.peak / ours.peak
    print(f"{'lungmask / pleura':<40} {wall:7.1f}x {cpu:7.1f}x {peak:7.2f}x")


def radiographs(options: argparse.Namespace, work: Path) -> None:
    """Time one radiograph, and a folder of them in one call."""
    from PIL import Image

    held = sorted((options.data / "cxr").glob("heart-*/val/images/*"))
    folder = work / "pictures"
    folder.mkdir()
    for number in range(options.pictures):
        Image.open(held[number % len(held)]).save(folder / f"{number:04}.png")
    print(f"\n{'whole process':<40} {'wall s':>8} {'CPU s':>8} {'peak MiB':>8}")
    ending = [str(work / "out.png"), "--backend", options.backend]
    show("pleura segment, 1 radiograph", typical([PLEURA, "segment", str(folder / "0000.png"), *ending], options.runs))
    ending = ["-o", str(work / "masks"), "--backend", options.backend]
    show(f"pleura segment, {options.pictures} radiographs, 1 run", run([PLEURA, "segment", str(folder), *ending]))


def growth(costs: dict[int, Cost]) -> None:
    """Print how the cost grows from each length of the series to the longest."""
    longest = max(costs)
    for count in sorted(costs)[:-1]:
        name = f"{longest / count:.1f} x the slices ({count} to {longest})"
        small, large = costs[count], costs[longest]
        print(
            f"{name:<40} {large.wall / small.wall:7.2f}x {large.cpu / small.cpu:7.2f}x {large.peak / small.peak:7.2f}x"
        )


def stages(series: Path, options: argparse.Namespace) -> None:
    """Print the stages of the pipeline, inside one process that has the model loaded and has run once before."""
    segmenter = pleura.Segmenter(backend=options.backend)
    results = [segmenter(series) for _ in range(options.runs + 1)][1:]
    slices = results[0].labels.shape[0]
    print(f"\n{'stage, ' + str(slices) + ' slices, model loaded':<40} {'ms':>8} {'ms/slice':>8}")
    for stage in results[0].timings:
        seconds = median(result.timings[stage] for result in results)
        print(f"{stage:<40} {1000 * seconds:8.0f} {1000 * seconds / slices:8.2f}")


if __name__ == "__main__":
    main()
