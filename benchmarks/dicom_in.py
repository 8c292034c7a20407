"""What reading a DICOM series costs, plain and compressed without loss, beside pydicom and SimpleITK.

    python benchmarks/dicom_in.py SERIES                 # a folder of slices, repeated to 300
    python benchmarks/dicom_in.py SERIES --slices 133 --repeats 5

The slices are written again in each transfer syntax by GDCM and read by each program in a process of its own, whose
time, imports and all, is given on the clock and of the processor: the median of the repeats. All have to read the same
voxels, from -1024 HU on: what is lower lies outside the scanned circle. pydicom decodes in one thread with the plugins
that pleura uses too; SimpleITK is given the names by its own series reader.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from rtstruct_out import repeated

SYNTAXES = {
    "plain": "ExplicitVRLittleEndian",
    "JPEG lossless": "JPEGLosslessProcess14_1",
    "JPEG 2000": "JPEG2000Lossless",
}

READERS = {
    "pleura": "import pleura; a = pleura.read(folder).voxels",
    "pydicom": (
        "import glob, numpy as np, pydicom\n"
        "slices = sorted(map(pydicom.dcmread, glob.glob(folder + '/*')), key=lambda one: one.ImagePositionPatient[2])\n"
        "a = np.stack([s.pixel_array * s.RescaleSlope + s.RescaleIntercept for s in slices]).astype('int16')"
    ),
    "SimpleITK": (
        "import SimpleITK as sitk\n"
        "names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(folder)\n"
        "a = sitk.GetArrayFromImage(sitk.ReadImage(names)).astype('int16')"
    ),
}
"""Program -> code that reads `folder` into `a`, HU (z, y, x) int16 from the feet up."""

FINISH = "\na = a.clip(-1024); import hashlib; print(a.shape, hashlib.sha256(a.tobytes()).hexdigest()[:16])"


def main() -> None:
    """Write the series in each syntax, read it by all, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("series", type=Path)
    parser.add_argument("--slices", type=int, default=300)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    print(f"{'syntax':<15}{'program':<11}{'s':>7}{'CPU s':>8}  voxels")
    with TemporaryDirectory() as name:
        plain = Path(name) / "series"
        plain.mkdir()
        repeated(options.series, options.slices, plain)
        for syntax, transfer_syntax in SYNTAXES.items():
            folder = written_again(plain, Path(name) / syntax.replace(" ", ""), transfer_syntax)
            found = {program: [read(code, folder) for _ in range(options.repeats)] for program, code in READERS.items()}
            for program, runs in found.items():
                wall, cpu = (median(run[place] for run in runs) for place in (0, 1))
                print(f"{syntax:<15}{program:<11}{wall:7.2f}{cpu:8.2f}  {runs[0][2]}", flush=True)


def written_again(plain: Path, folder: Path, transfer_syntax: str) -> Path:
    """Write every file of a folder in a transfer syntax of GDCM, and return the folder they are in."""
    import gdcm

    folder.mkdir()
    syntax = gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, transfer_syntax))
    for path in sorted(plain.iterdir()):
        reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
        reader.SetFileName(str(path))
        if not reader.Read():
            raise SystemExit(f"{path}: GDCM cannot read this")
        change.SetTransferSyntax(syntax)
        change.SetInput(reader.GetImage())
        if not change.Change():
            raise SystemExit(f"{path}: GDCM cannot write this as {transfer_syntax}")
        writer.SetFileName(str(folder / path.name))
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        writer.Write()
    return folder


def read(code: str, folder: Path) -> tuple[float, float, str]:
    """Return seconds on the clock, of the processor, and what was read, of a process that runs `code`."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-c", f"folder = {str(folder)!r}\n{code}{FINISH}"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, cpu, printed


if __name__ == "__main__":
    main()
