"""Real odd files and reported cases, one by one: a volume, a note or a named error, as the benchmarks allow."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import pleura
from pleura.reading.dicom.assemble import read_stack
from pleura.reading.dicom.frames import read_frames

ROOT = Path(__file__).parents[2]
KNOWN = {
    "10-picture/16bit.MM.cropped.tif": "nothing tells a small photograph from a slice",
}


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


EXCEPTION = re.compile(r"\b[A-Z]\w*(Error|Exception|Warning)\b")
"""Names of Python's exceptions mean nothing to who reads a message."""
odd = load(ROOT / "benchmarks" / "odd.py")
EXPECTED = odd.expectations()


@pytest.fixture(scope="module")
def files(shared: Path) -> Path:
    if not (shared / "odd").is_dir():
        pytest.skip("the odd files are not beside this checkout")
    return shared / "odd"


@pytest.mark.parametrize("path", EXPECTED)
def test_an_odd_file_gives_what_a_careful_reader_would_say(files: Path, path: str) -> None:
    found = odd.outcome(files / path, odd.try_reading)
    assert found.what in {"read", "error"}, found.message
    assert "\n" not in found.message
    assert not EXCEPTION.search(found.message)
    good = odd.agrees(found, EXPECTED[path], lambda other: odd.outcome(files / other, odd.try_reading).sha256)
    assert good != (path in KNOWN), f"{found} {found.message}; allowed {EXPECTED[path]}"


def test_every_odd_file_has_an_expectation(files: Path) -> None:
    index = (files / "index.tsv").read_text().splitlines()[1:]
    assert {line.split("\t")[0] for line in index} <= set(EXPECTED)


def test_a_legacy_converted_object_equals_the_classic_slices_it_was_made_from(files: Path) -> None:
    folder = files / "02-multiframe"
    many = read_frames(folder / "legacy_converted_23x38x3.dcm")
    single = [read_frames(path)[0] for path in sorted((folder / "legacy_converted_23x38x3_source").iterdir())]
    voxels = np.empty((2, 3, 38, 23), np.int16)
    for frames, target in ((many, voxels[0]), (single, voxels[1])):
        read_stack(sorted(frames, key=lambda frame: frame.position or ()), target)
    np.testing.assert_array_equal(voxels[0], voxels[1])


def test_a_stream_that_contradicts_the_header_on_the_sign_is_read_as_signed(files: Path) -> None:
    (frame,) = read_frames(files / "01-ct-transfer-syntax" / "J2K_pixelrep_mismatch.dcm")
    assert (frame.slope, frame.intercept) == (None, None)  # the object is refused before its plane is read
    voxels = np.empty((1, 512, 512), np.int16)
    read_stack([frame], voxels)
    assert (voxels.min(), voxels.max()) == (-1024, 1896)


def test_a_real_volume_of_the_abdomen_keeps_its_grid(files: Path) -> None:
    volume = pleura.read(files / "08-nifti" / "example_ct_sm.nii.gz")
    assert volume.shape == (30, 101, 122)
    assert volume.spacing == pytest.approx((3, 3, 3), abs=0.01)


cases = load(ROOT / "benchmarks" / "cases.py")
READ = {
    "00-base/base.zip": set(),
    "rescale-missing-in-some/scan.zip": {"rescale-differs"},
    "rescale-twice/scan.zip": {"hu-offset-corrected"},
    "vox-offset-0/scan.nii.gz": {"voxel-offset", "values-hu"},
    "qfac-0/scan.nii.gz": {"values-hu"},
    "padding-high/scan.nii.gz": {"padding", "values-hu"},
    "sform-qform-disagree/scan.nii.gz": {"forms-disagree", "values-hu"},
    "metres/scan.nii.gz": {"units-doubtful", "values-hu"},
    "tilt-mask-itk/scan.zip": {"gantry-tilt"},
    "exif-mirror/photo.jpg": {"lossy-compression", "spacing-unknown", "stored-mirrored", "values-windowed"},
    "sixteen-greys/low.png": {"few-greys", "spacing-unknown", "values-windowed"},
    "cr-8bit-slope/negative.dcm": {"spacing-at-detector", "spacing-doubtful"},
    "cr-rgb-grey/rgb.dcm": {"spacing-at-detector", "spacing-doubtful"},
    "mhd-comment-first/scan.mhd": {"values-hu"},
}
"""Path below reports/ -> the codes of all notes; without segmenting nothing is said of what a picture shows."""


@pytest.fixture(scope="module")
def case_files(shared: Path) -> Path:
    if not (shared / "cases").is_dir():
        pytest.skip("the cases are not beside this checkout")
    return shared / "cases"


@pytest.mark.parametrize("path", READ)
def test_a_reported_case_is_read_with_what_is_to_be_said_of_it(case_files: Path, path: str) -> None:
    found = odd.outcome(case_files / "reports" / path, odd.try_reading)
    assert found.what == "read", found.message
    assert found.codes == READ[path]


@pytest.mark.parametrize("path", [path for path in cases.expectations() if "obj-seg" not in path])
def test_no_case_ends_in_a_crash_or_names_an_exception(case_files: Path, path: str) -> None:
    found = odd.outcome(case_files / path, odd.try_reading)
    assert found.what in {"read", "error"}, found.message
    assert not EXCEPTION.search(found.message)


def test_every_case_has_an_expectation(case_files: Path) -> None:
    index = (case_files / "index.tsv").read_text().splitlines()[1:]
    assert {line.split("\t")[0] for line in index} == set(cases.expectations())
