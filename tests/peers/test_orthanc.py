"""Orthanc files all that is written of a study beside its scan, and gives it back as it was sent."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pydicom
import pytest
from dicom_archive import DECODED, STORED, Archive, running, skip_without_orthanc
from dicom_files import chest as drawn
from dicom_files import enhanced, save
from marker import STEPS, around_centre, marked, scanned
from pydicom.dataset import Dataset
from pydicom.uid import (
    ComprehensiveSRStorage,
    EncapsulatedPDFStorage,
    RTStructureSetStorage,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
)

import pleura
from pleura.conventions import MaskFormat
from pleura.phantom import chest, write_dicom
from pleura.segmentation import Segmentation

pytestmark = pytest.mark.slow

LABEL_MAP = "1.2.840.10008.5.1.4.1.1.66.7"
"""Label Map Segmentation Storage, of which not every release of pydicom has the name."""
FORMATS: tuple[MaskFormat, ...] = ("dicom-seg", "rtstruct", "dicom-sr", "dicom-sc", "dicom-pdf")
ONE_SERIES = {
    "dicom-seg": ("SEG", SegmentationStorage),
    "labelmap": ("SEG", LABEL_MAP),
    "rtstruct": ("RTSTRUCT", RTStructureSetStorage),
    "dicom-sr": ("SR", ComprehensiveSRStorage),
    "dicom-sc": ("OT", SecondaryCaptureImageStorage),
    "dicom-pdf": ("DOC", EncapsulatedPDFStorage),
}
"""The modality and the class of the series that an archive shows for each object."""


@dataclass(frozen=True)
class Study:
    """The files of a scan and of each object that was made of it, by format (`labelmap` is the other SEG)."""

    scan: list[Path]
    objects: dict[str, list[Path]]

    @property
    def files(self) -> list[Path]:
        """All of them."""
        return [*self.scan, *(file for files in self.objects.values() for file in files)]

    @property
    def uid(self) -> str:
        """The UID of the study, as the scan has it."""
        return str(pydicom.dcmread(self.scan[0], stop_before_pixels=True).StudyInstanceUID)


def written(scan: Path, folder: Path) -> Study:
    """Segment a scan, and write each DICOM object of it."""
    return written_of(pleura.segment(scan), scan, folder)


def written_of(result: Segmentation, scan: Path, folder: Path) -> Study:
    """Write each DICOM object of a mask of a scan."""
    paths: dict[str, Path] = {
        name: result.write(folder / (name if name == "dicom-sc" else f"{name}.dcm"), format=name) for name in FORMATS
    }
    paths["labelmap"] = result.write(folder / "labelmap.dcm", seg_type="labelmap")
    files = {name: sorted(path.iterdir()) if path.is_dir() else [path] for name, path in paths.items()}
    return Study(sorted(scan.iterdir()), files)


def real_scan(folder: Path, shared: Path) -> Path:
    """Return a real CT of 133 slices in JPEG-LS, as it is archived."""
    with tarfile.open(shared / "data" / "dicom" / "lidc-0001.tar") as archive:
        archive.extractall(folder, filter="data")
    (file, *_) = folder.rglob("*.dcm")
    return file.parent


@pytest.fixture(scope="module", params=["phantom", "real"])
def study(request: pytest.FixtureRequest) -> Iterator[Study]:
    pytest.importorskip("highdicom")  # for the report
    skip_without_orthanc()
    with TemporaryDirectory() as name:
        scan = Path(name, "scan")
        if request.param == "real":
            scan = real_scan(scan, request.getfixturevalue("shared"))
        else:
            write_dicom(chest(), scan)
        yield written(scan, Path(name))


@pytest.fixture(scope="module")
def archive(study: Study) -> Iterator[Archive]:
    """Return an archive that was sent the study by STOW-RS."""
    with running() as archive:
        answer = archive.post(study.files)
        assert len(answer.ReferencedSOPSequence) == len(study.files)
        assert not answer.get("FailedSOPSequence")
        yield archive


def test_network_of_the_archive_has_a_loopback_only(archive: Archive) -> None:
    links = json.loads(archive.client("ip", "-json", "link").stdout)
    assert [link["ifname"] for link in links if "UP" in link["flags"]] == ["lo"]


def listed(data: Dataset) -> tuple[str, ...]:
    """Return what a list of instances says of one."""
    return (data.SOPInstanceUID, data.SOPClassUID, data.Modality, data.SeriesInstanceUID, data.StudyInstanceUID)


def assert_filed(archive: Archive, files: list[Path], study: str) -> None:
    """Check that an archive lists these files under one study, and gives each back as it was sent."""
    sent = {one.SOPInstanceUID: one for one in map(pydicom.dcmread, files)}
    (found,) = archive.ask_data("")
    assert found.StudyInstanceUID == study
    instances = archive.ask_data(f"/{study}/instances?includefield=00080060")
    assert sorted(map(listed, instances)) == sorted(map(listed, sent.values()))
    fetched, decoded = (archive.fetch(f"/{study}", syntax) for syntax in (STORED, DECODED))
    assert fetched.keys() == decoded.keys() == sent.keys()
    for uid, one in sent.items():
        assert fetched[uid] == one
        if "PixelData" in one:
            np.testing.assert_array_equal(decoded[uid].pixel_array, one.pixel_array)
        else:
            assert decoded[uid] == one


def test_all_objects_sent_by_stow_are_filed_in_the_study_of_the_scan(archive: Archive, study: Study) -> None:
    assert_filed(archive, study.files, study.uid)


def test_objects_sent_again_are_the_same_instances(archive: Archive, study: Study) -> None:
    archive.post(file for files in study.objects.values() for file in files)
    assert len(archive.ask_data(f"/{study.uid}/instances")) == len(study.files)


def test_all_objects_sent_by_c_store_are_filed_in_the_study_of_the_scan(study: Study) -> None:
    """Orthanc is older than label maps, and takes them where it is set to take classes that it does not know."""
    with running(UnknownSopClassAccepted=True) as archive:
        sent = archive.store(study.files)
        assert (sent.returncode, b"E: " in sent.stderr) == (0, False)
        assert_filed(archive, study.files, study.uid)


def test_label_map_sent_by_c_store_is_refused_by_an_archive_older_than_label_maps(study: Study) -> None:
    with running() as archive:
        assert b"No Acceptable Presentation Contexts" in archive.store(study.objects["labelmap"]).stderr
        assert archive.ask_data("") == []


def named(data: Dataset, keyword: str) -> set[str]:
    """Return the values of an element wherever it lies in a data set."""
    return {one.value for one in data.iterall() if one.keyword == keyword}


def series_of(files: list[Path]) -> str:
    """Return the UID of the series that files belong to."""
    (found,) = {pydicom.dcmread(file, stop_before_pixels=True).SeriesInstanceUID for file in files}
    return str(found)


def test_each_object_is_a_series_whose_references_the_archive_follows(archive: Archive, study: Study) -> None:
    series = {one.SeriesInstanceUID: one.Modality for one in archive.ask_data(f"/{study.uid}/series")}
    instances = {one.SOPInstanceUID: one.SeriesInstanceUID for one in archive.ask_data(f"/{study.uid}/instances")}
    scan = series_of(study.scan)
    assert len(series) == 1 + len(ONE_SERIES)
    for name, (modality, sop_class) in ONE_SERIES.items():
        uid = series_of(study.objects[name])
        used = {scan, series_of(study.objects["dicom-seg"])} if name == "dicom-sr" else {scan}
        assert series[uid] == modality
        for one in archive.ask_data(f"/{study.uid}/series/{uid}/metadata"):
            assert one.SOPClassUID == sop_class
            referenced = named(one, "ReferencedSOPInstanceUID") - {study.uid}  # by structure sets, the study too
            assert {instances[found] for found in referenced} == used
            assert named(one, "SeriesInstanceUID") <= {uid, *used}
            assert named(one, "StudyInstanceUID") == {study.uid}


@pytest.mark.parametrize("name", ["dicom-seg", "labelmap"])
def test_ohif_finds_the_scan_of_a_segmentation_and_the_image_of_each_frame(
    name: str, archive: Archive, study: Study
) -> None:
    """It reads the metadata that the archive gives: the series at the top level, and where each frame lies."""
    (image, *_) = images = archive.ask_data(f"/{study.uid}/series/{series_of(study.scan)}/metadata")
    placed = {one.SOPInstanceUID: one.ImagePositionPatient for one in images}
    (seg,) = archive.ask_data(f"/{study.uid}/series/{series_of(study.objects[name])}/metadata")
    (series,) = seg.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == series_of(study.scan)
    assert {one.ReferencedSOPInstanceUID for one in series.ReferencedInstanceSequence} <= placed.keys()
    assert (seg.FrameOfReferenceUID, seg.Rows, seg.Columns) == (image.FrameOfReferenceUID, image.Rows, image.Columns)
    assert [one.SegmentNumber for one in seg.SegmentSequence if one.SegmentNumber] == [1, 2]
    (shared,) = seg.SharedFunctionalGroupsSequence
    assert shared.PlaneOrientationSequence[0].ImageOrientationPatient == image.ImageOrientationPatient
    assert shared.PixelMeasuresSequence[0].PixelSpacing == image.PixelSpacing
    assert len(seg.PerFrameFunctionalGroupsSequence) == seg.NumberOfFrames > 0
    for frame in seg.PerFrameFunctionalGroupsSequence:
        source = frame.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        assert frame.PlanePositionSequence[0].ImagePositionPatient == placed[source]
        if name == "dicom-seg":
            assert frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber in {1, 2}


def test_ohif_finds_the_scan_of_a_structure_set_and_the_image_of_each_contour(archive: Archive, study: Study) -> None:
    images = archive.ask_data(f"/{study.uid}/series/{series_of(study.scan)}/metadata")
    (found,) = archive.ask_data(f"/{study.uid}/series/{series_of(study.objects['rtstruct'])}/metadata")
    (frame,) = found.ReferencedFrameOfReferenceSequence
    (series,) = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence
    assert (frame.FrameOfReferenceUID, series.SeriesInstanceUID) == (
        images[0].FrameOfReferenceUID,
        images[0].SeriesInstanceUID,
    )
    heights = {one.SOPInstanceUID: one.ImagePositionPatient[2] for one in images}  # the slices of both scans are axial
    assert [one.ROIName for one in found.StructureSetROISequence] == ["Lung_R", "Lung_L"]
    for roi in found.ROIContourSequence:
        for contour in roi.ContourSequence:
            assert contour.ContourGeometricType == "CLOSED_PLANAR"
            height = heights[contour.ContourImageSequence[0].ReferencedSOPInstanceUID]
            assert set(contour.ContourData[2::3]) == {height}


TILTED = np.diag(STEPS)[:, ::-1].copy()
TILTED[1, 0] = 0.6  # each slice lies 0.6 mm farther back: 17 degrees
OBLIQUE = np.linalg.qr(np.array([[0.9, 0.2, 0.3], [-0.25, 0.95, 0.1], [-0.3, -0.15, 0.9]]))[0]
SCANS: dict[str, Callable[[Path], Path]] = {
    "tilted": lambda folder: scanned(around_centre(TILTED), folder),
    "oblique": lambda folder: scanned(around_centre((OBLIQUE * STEPS)[:, ::-1]), folder),
    "oblique and tilted": lambda folder: scanned(around_centre(OBLIQUE @ TILTED), folder),
    "enhanced": lambda folder: save(enhanced(drawn(), [*range(11, 24), *range(11)]), folder / "a.dcm").parent,
}


@pytest.mark.parametrize("name", SCANS)
def test_objects_of_scans_that_are_not_plain_axial_slices_are_filed_and_come_back_in_place(
    name: str, tmp_path: Path
) -> None:
    pytest.importorskip("highdicom")
    skip_without_orthanc()
    scan = SCANS[name](tmp_path / "scan")
    volume = pleura.read(scan)
    mask = marked(volume) if name != "enhanced" else Segmentation((volume.voxels < -500).astype(np.uint8), volume)
    made = written_of(mask, scan, tmp_path)
    with running() as archive:
        assert len(archive.post(made.files).ReferencedSOPSequence) == len(made.files)
        assert_filed(archive, made.files, made.uid)
        for kind in ("dicom-seg", "labelmap", "rtstruct"):
            (found,) = archive.fetch(f"/{made.uid}/series/{series_of(made.objects[kind])}").values()
            found.save_as(tmp_path / "fetched.dcm", enforce_file_format=True)
            back = pleura.read_labels(tmp_path / "fetched.dcm", grid=volume)
            np.testing.assert_array_equal(back.labels, mask.labels)
