"""Segmentations and structure sets belong to the series that they refer to, whatever their names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from data_layouts import PHANTOM, manifest

from pleura.errors import PleuraError
from pleura.phantom import chest
from pleura.phantom.dicom import write_dicom
from pleura.preparation import prepare

OutlinedSquare = tuple[str, int, int, int]
"""Name, first column, first row and side, in pixels."""


LUNGS: tuple[OutlinedSquare, ...] = (("Lung_R", 14, 25, 10), ("Lung_L", 40, 25, 10))


BODY = ("BODY", 2, 2, 60)
"""A square around both lungs."""


GTV = ("GTV-1", 16, 26, 4)
"""A square within the right one."""


@pytest.mark.parametrize("name", ["rs.dcm", "RS", "annotations/rs.dcm", "lungs_seg.dcm", "SEG/0001.dcm"])
def test_contours_of_radiotherapy_are_drawn_into_their_series(tmp_path: Path, name: str) -> None:
    pydicom = pytest.importorskip("pydicom")
    paths = write_dicom(PHANTOM, tmp_path / "in" / "ct")
    first = pydicom.dcmread(paths[0])
    (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
    _structure_set(first).save_as(tmp_path / "in" / name, enforce_file_format=True)
    report = prepare(tmp_path / "in", tmp_path / "out")
    record = manifest(tmp_path / "out")[0]
    assert dict(report.labels) == {1: "right lung", 2: "left lung"}
    assert record["shape"] == [64, 64, 12]  # the whole series, not the slice of the same file name
    mask = np.asanyarray(nib.load(tmp_path / "out" / record["mask"]).dataobj)  # type: ignore[attr-defined]
    # a square of 60 mm on 6 mm pixels: 10 x 10 pixels on one slice, for each lung
    assert np.count_nonzero(mask == 1) == np.count_nonzero(mask == 2) == 100


@pytest.mark.parametrize("others", [(BODY, GTV), (("Lungs", 14, 24, 36),), (("PTV_Lung_R", 10, 22, 16),)])
def test_lungs_lose_nothing_to_what_else_is_drawn_over_them(tmp_path: Path, others: Sequence[OutlinedSquare]) -> None:
    pydicom = pytest.importorskip("pydicom")
    paths = write_dicom(PHANTOM, tmp_path / "in" / "ct")
    first = pydicom.dcmread(paths[0])
    _structure_set(first, (*LUNGS, *others)).save_as(tmp_path / "in" / "rs.dcm", enforce_file_format=True)
    report = prepare(tmp_path / "in", tmp_path / "out")
    mask = np.asanyarray(nib.load(tmp_path / "out" / report.cases[0].mask).dataobj)  # type: ignore[attr-defined]
    assert np.count_nonzero(mask == 1) == np.count_nonzero(mask == 2) == 100
    dropped = [note.message for note in report.notes if note.code == "names-left-out"]
    assert len(dropped) == (others[0][0] != "Lungs")
    assert all(name in dropped[0] for name, *_ in others if dropped)


def test_structures_that_are_no_lungs_all_stay_visible(tmp_path: Path) -> None:
    pydicom = pytest.importorskip("pydicom")
    paths = write_dicom(PHANTOM, tmp_path / "in" / "ct")
    first = pydicom.dcmread(paths[0])
    _structure_set(first, (GTV, ("Heart", 14, 24, 12))).save_as(tmp_path / "in" / "rs.dcm", enforce_file_format=True)
    report = prepare(tmp_path / "in", tmp_path / "out")
    mask = np.asanyarray(nib.load(tmp_path / "out" / report.cases[0].mask).dataobj)  # type: ignore[attr-defined]
    found = {name: np.count_nonzero(mask == value) for value, name in report.labels.items()}
    assert found == {"GTV-1": 16, "Heart": 144 - 16}  # squares of 4 and 12 pixels, one within the other


def test_structure_set_without_a_lung_is_listed_where_others_have_them(tmp_path: Path) -> None:
    pydicom = pytest.importorskip("pydicom")
    for name, squares in (("a", LUNGS), ("b", (BODY,)), ("c", ())):
        scan = chest(shape=(12, 64, 64), spacing=(20.0, 6.0, 6.0), seed=ord(name))
        first = pydicom.dcmread(write_dicom(scan, tmp_path / "in" / name / "ct")[0])
        _structure_set(first, squares).save_as(tmp_path / "in" / name / "rs.dcm", enforce_file_format=True)
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert len(report.cases) == 1
    assert [(one.name, one.code) for one in report.refused] == [("b/ct", "no-structure"), ("c/ct", "no-structure")]


def test_of_several_objects_of_a_series_the_one_with_the_lungs_is_taken(tmp_path: Path) -> None:
    pydicom = pytest.importorskip("pydicom")
    first = pydicom.dcmread(write_dicom(PHANTOM, tmp_path / "in" / "ct")[0])
    for name, structures in (("1", (GTV,)), ("2", LUNGS)):
        _structure_set(first, structures).save_as(tmp_path / "in" / f"{name}.dcm", enforce_file_format=True)
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert dict(report.labels) == {1: "right lung", 2: "left lung"}
    assert {one.name: one.code for one in report.refused} == {"1.dcm": "ambiguous-pair"}


@pytest.mark.parametrize("more", [None, "GTV-1"])
def test_lungs_in_two_objects_are_the_halves_of_one_mask(tmp_path: Path, more: str | None) -> None:
    pydicom = pytest.importorskip("pydicom")
    first = pydicom.dcmread(write_dicom(PHANTOM, tmp_path / "in" / "ct")[0])
    for square in LUNGS:
        path = tmp_path / "in" / f"{square[0]}.dcm"
        _structure_set(first, (square, *([GTV] if more else []))).save_as(path, enforce_file_format=True)
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert dict(report.labels) == {1: "right lung", 2: "left lung"}
    assert report.refused == ()
    mask = np.asanyarray(nib.load(tmp_path / "out" / report.cases[0].mask).dataobj)  # type: ignore[attr-defined]
    assert np.count_nonzero(mask == 1) == np.count_nonzero(mask == 2) == 100


def test_half_the_lungs_is_never_taken_for_the_whole(tmp_path: Path) -> None:
    pydicom = pytest.importorskip("pydicom")
    first = pydicom.dcmread(write_dicom(PHANTOM, tmp_path / "in" / "ct")[0])
    for number, square in enumerate((*LUNGS, LUNGS[0])):  # two versions of the right one
        _structure_set(first, (square,)).save_as(tmp_path / "in" / f"{number}.dcm", enforce_file_format=True)
    with pytest.raises(PleuraError, match="3 ambiguous-pair"):
        prepare(tmp_path / "in", tmp_path / "out")


def _structure_set(image: Any, squares: Sequence[OutlinedSquare] = LUNGS) -> Any:
    """Return an RTSTRUCT with squares, one slice in the middle of the series that begins with `image`."""
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.sequence import Sequence as Items
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.481.3"
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["structure set", *(name for name, *_ in squares)])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    found = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    found.SOPClassUID, found.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    found.Modality, found.StudyInstanceUID = "RTSTRUCT", image.StudyInstanceUID
    found.SeriesInstanceUID = generate_uid(entropy_srcs=["structure series"])
    series = Dataset()
    series.SeriesInstanceUID = image.SeriesInstanceUID
    study, frame = Dataset(), Dataset()
    study.RTReferencedSeriesSequence = Items([series])
    frame.FrameOfReferenceUID = image.FrameOfReferenceUID
    frame.RTReferencedStudySequence = Items([study])
    found.ReferencedFrameOfReferenceSequence = Items([frame])
    x0, y0, z0 = (float(value) for value in image.ImagePositionPatient)
    names, contours = [], []
    for number, (name, column, row, side) in enumerate(squares, start=1):
        roi = Dataset()
        roi.ROINumber, roi.ROIName, roi.ReferencedFrameOfReferenceUID = number, name, image.FrameOfReferenceUID
        names.append(roi)
        left, top, right, low = column - 0.5, row - 0.5, column + side - 0.5, row + side - 0.5
        corners = [(left, top), (right, top), (right, low), (left, low)]
        points = [value for i, j in corners for value in (x0 + 6.0 * i, y0 + 6.0 * j, z0 - 5 * 20.0)]
        contour, drawn = Dataset(), Dataset()
        contour.ContourGeometricType, contour.NumberOfContourPoints = "CLOSED_PLANAR", 4
        contour.ContourData = [f"{value:.2f}" for value in points]
        drawn.ReferencedROINumber = number
        drawn.ContourSequence = Items([contour])
        contours.append(drawn)
    found.StructureSetROISequence, found.ROIContourSequence = Items(names), Items(contours)
    return found
