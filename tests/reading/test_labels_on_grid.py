"""A mask of any format comes onto the grid of its scan at the same place in the patient, or is refused by name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dicom_files import chest, radiograph, save, save_all, series
from dicom_masks import SQUARE, drawn_structures, structures
from PIL import Image

import pleura
from pleura.errors import PleuraError
from pleura.labels import LUNGS
from pleura.reading import read
from pleura.segmentation import Segmentation
from pleura.volume import Volume

WRITTEN = [
    ("a.nii.gz", {}),
    ("a.nrrd", {}),
    ("a.mha", {}),
    ("a.dcm", {}),
    ("a.dcm", {"seg_type": "labelmap"}),
    ("a.dcm", {"format": "rtstruct"}),
]


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Volume:
    return read(save_all(series(chest()), tmp_path_factory.mktemp("scan")))


@pytest.fixture(scope="module")
def thin(tmp_path_factory: pytest.TempPathFactory) -> Volume:
    """Return another series of that scan, its slices 2.5 mm apart."""
    where = {"step": (0, 0, 2.5), "start": (-160, -160, -301.0)}
    slices = series(np.repeat(chest(), 2, axis=0), **where, SeriesInstanceUID="1.2.7")
    return read(save_all(slices, tmp_path_factory.mktemp("thin")))


@pytest.fixture
def lungs(scan: Volume) -> Segmentation:
    labels = np.zeros(scan.shape, np.uint8)
    labels[3:20, 10:30, 5:20], labels[6:9, 12:16, 9:14], labels[2:18, 12:40, 40:55] = 1, 0, 2
    return Segmentation(labels, scan)


@pytest.mark.parametrize(("name", "options"), WRITTEN)
def test_what_we_write_comes_back_voxel_for_voxel(lungs: Segmentation, tmp_path: Path, name: str, options) -> None:
    found = pleura.read_labels(lungs.write(tmp_path / name, **options), grid=lungs.volume)
    np.testing.assert_array_equal(found.labels, lungs.labels)
    assert found.labels.dtype == np.uint8
    assert (found.structures, found.warnings) == (LUNGS, ())
    assert found.volume is lungs.volume


@pytest.mark.parametrize(("name", "options"), WRITTEN[:-1])
def test_mask_of_a_thinner_series_lies_at_the_same_place(
    lungs: Segmentation, thin: Volume, tmp_path: Path, name: str, options
) -> None:
    found = pleura.read_labels(lungs.write(tmp_path / name, **options), grid=thin)
    np.testing.assert_array_equal(found.labels, np.repeat(lungs.labels, 2, axis=0))  # 1 mm below, 1.5 above
    assert [note.code for note in found.warnings][-1] == "mask-resampled"


def test_contours_of_a_thinner_series_lie_at_the_same_place(lungs: Segmentation, thin: Volume, tmp_path: Path) -> None:
    found = pleura.read_labels(lungs.write(tmp_path / "a.dcm", format="rtstruct"), grid=thin)
    np.testing.assert_array_equal(found.labels, np.repeat(lungs.labels, 2, axis=0))


@pytest.mark.parametrize("name", ["a.nii.gz", "a.dcm", "rtstruct"])
def test_mask_that_lies_elsewhere_is_refused(lungs: Segmentation, tmp_path: Path, name: str) -> None:
    far = read(save_all(series(chest(), start=(900, -160, -300)), tmp_path / "far"))
    path = lungs.write(tmp_path / "a.dcm", format="rtstruct") if name == "rtstruct" else lungs.write(tmp_path / name)
    with pytest.raises(PleuraError) as caught:
        pleura.read_labels(path, grid=far)
    assert caught.value.code == "mask-elsewhere"


@pytest.mark.parametrize("options", [{}, {"format": "rtstruct"}])
def test_mask_of_another_patient_is_refused(lungs: Segmentation, tmp_path: Path, options: dict) -> None:
    uids = {"StudyInstanceUID": "1.1.9", "SeriesInstanceUID": "1.2.9", "FrameOfReferenceUID": "1.3.9"}
    other = read(save_all(series(chest(), **uids, SOPInstanceUID="1.4.9"), tmp_path / "other"))
    with pytest.raises(PleuraError, match="another frame of reference") as caught:
        pleura.read_labels(lungs.write(tmp_path / "a.dcm", **options), grid=other)
    assert caught.value.code == "other-frame-of-reference"


@pytest.mark.parametrize("options", [{}, {"format": "rtstruct"}])
def test_mask_of_another_series_of_the_study_is_warned_of(
    lungs: Segmentation, thin: Volume, tmp_path: Path, options: dict
) -> None:
    found = pleura.read_labels(lungs.write(tmp_path / "a.dcm", **options), grid=thin)
    assert "other-series" in [note.code for note in found.warnings]


def test_slices_that_the_scan_lacks_are_not_silently_bare(tmp_path: Path) -> None:
    slices = series(chest())
    volume = read(save_all([one for k, one in enumerate(slices) if k not in {9, 10, 23}], tmp_path / "scan"))
    labels = np.zeros(volume.shape, np.uint8)
    labels[5:15, 10:30, 5:20], labels[5:15, 10:30, 40:55] = 1, 2
    for options in ({}, {"format": "rtstruct"}):
        found = pleura.read_labels(Segmentation(labels, volume).write(tmp_path / "a.dcm", **options), grid=volume)
        assert [bool(plane.any()) for plane in found.labels[8:12]] == [True, False, False, True]
        assert [(note.code, "2 slices" in note.message) for note in found.warnings] == [("slices-unmarked", True)]


@pytest.mark.parametrize("kind", ["POINT", "OPEN_PLANAR"])
def test_structure_set_that_surrounds_nothing_is_refused(scan: Volume, tmp_path: Path, kind: str) -> None:
    path = drawn_structures(tmp_path / "a.dcm", {"Lung_R": [SQUARE]}, kind)
    with pytest.raises(PleuraError, match="no closed contour") as caught:
        pleura.read_labels(path, grid=scan)
    assert caught.value.code == "no-structure"


def test_mask_that_marks_nothing_is_warned_of(lungs: Segmentation, tmp_path: Path) -> None:
    empty = Segmentation(np.zeros_like(lungs.labels), lungs.volume)
    for name in ("a.nii.gz", "a.dcm"):
        found = pleura.read_labels(empty.write(tmp_path / name), grid=lungs.volume)
        assert [note.code for note in found.warnings] == ["empty-mask"]


def test_one_lung_named_by_its_side_and_one_by_another_word_are_both_read(scan: Volume, tmp_path: Path) -> None:
    def square(x: float) -> list[float]:
        return [x, 0, -280, x + 30, 0, -280, x + 30, 30, -280, x, 30, -280]

    path = structures(tmp_path / "a.dcm", {"Lung, R": square(-60), "Lung zurdo": square(60)})
    found = pleura.read_labels(path, grid=scan)
    assert [(one.name, found.volumes_ml[one.name] > 0) for one in found.structures] == [("lung", True)]
    assert found.labels[4, :, :32].any()
    assert found.labels[4, :, 32:].any()


def test_part_beyond_the_scan_is_cut_off_with_a_warning(lungs: Segmentation, tmp_path: Path) -> None:
    upper = read(save_all(series(chest()[8:], start=(-160, -160, -260)), tmp_path / "upper"))
    for options in ({}, {"format": "rtstruct"}):
        found = pleura.read_labels(lungs.write(tmp_path / "a.dcm", **options), grid=upper)
        np.testing.assert_array_equal(found.labels, lungs.labels[8:])
        assert [note.code for note in found.warnings] == ["mask-cut"]


def test_slices_off_the_even_spacing_come_back(tmp_path: Path) -> None:
    slices = series(chest())
    for k in range(1, 20, 3):
        slices[k].ImagePositionPatient[2] += 0.4
    volume = read(save_all(slices, tmp_path / "scan"))
    assert "irregular-spacing" in {note.code for note in volume.notes}
    mask = Segmentation((volume.voxels < -500).astype(np.uint8), volume)
    for options in ({}, {"seg_type": "labelmap"}, {"format": "rtstruct"}):
        found = pleura.read_labels(mask.write(tmp_path / "a.dcm", **options), grid=volume)
        np.testing.assert_array_equal(found.labels, mask.labels)


def test_mask_of_a_radiograph_comes_back(tmp_path: Path) -> None:
    volume = read(save(radiograph(), tmp_path / "cr.dcm"))
    mask = Segmentation(np.pad(np.ones((20, 24), np.uint8), ((8, 36), (4, 36))), volume)
    for name in ("a.dcm", "a.png"):
        found = pleura.read_labels(mask.write(tmp_path / name), grid=volume)
        np.testing.assert_array_equal(found.labels, mask.labels)


def test_lungs_go_before_what_is_drawn_over_them(scan: Volume, tmp_path: Path) -> None:
    on_slice = [value - 160 if n % 3 < 2 else -280.0 for n, value in enumerate(SQUARE)]
    wide = [value * 5 + 640 if n % 3 < 2 else value for n, value in enumerate(on_slice)]
    path = structures(tmp_path / "a.dcm", {"BODY": wide, "Lung_L": wide, "GTV": wide})
    found = pleura.read_labels(path, grid=scan)
    assert set(np.unique(found.labels)) == {0, 2}
    (note,) = found.warnings
    assert (note.code, note.message.partition(": ")[2]) == ("names-left-out", "BODY, GTV")


def test_other_structures_are_numbered_in_their_order(scan: Volume, tmp_path: Path) -> None:
    def square(x: float) -> list[float]:
        return [x, 0, -280, x + 30, 0, -280, x + 30, 30, -280, x, 30, -280]

    path = drawn_structures(tmp_path / "a.dcm", {"Heart": [square(0)], "": [square(60)]})
    found = pleura.read_labels(path, grid=scan)
    assert [(label.value, label.name) for label in found.structures] == [(1, "Heart"), (2, "structure 2")]
    assert [(found.labels == value).sum() for value in (1, 2)] == [36, 36]


@pytest.mark.parametrize(
    ("values", "names"),
    [((1, 2), ["right lung", "left lung"]), ((255,), ["lung"]), ((7, 40), ["label 7", "label 40"]), ((), ["lung"])],
)
def test_values_without_names_are_lungs_or_numbered(scan: Volume, tmp_path: Path, values, names) -> None:
    labels = np.zeros(scan.shape, np.uint8)
    for k, value in enumerate(values):
        labels[5, k] = value
    path = Segmentation(labels, scan).write(tmp_path / "a.mha")
    (tmp_path / "a.mha.json").unlink()
    found = pleura.read_labels(path, grid=scan)
    assert [label.name for label in found.structures] == names
    assert set(np.unique(found.labels)) == {0, *range(1, len(values) + 1)}


def test_scan_given_as_a_mask_is_refused(scan: Volume, tmp_path: Path) -> None:
    grey = tmp_path / "a.png"
    Image.fromarray(np.arange(4096, dtype=np.uint8).reshape(64, 64)).save(grey)
    picture = read(grey)
    with pytest.raises(PleuraError) as caught:
        pleura.read_labels(grey, grid=picture)
    assert caught.value.code == "not-a-mask"


def test_mask_states_what_it_is_of_and_what_it_was_read_from(lungs: Segmentation, tmp_path: Path) -> None:
    path = lungs.write(tmp_path / "a.dcm")
    found = pleura.read_labels(path, grid=lungs.volume)
    assert found.provenance["input"]["sha256"] == lungs.volume.identity.sha256
    assert len(found.provenance["source"]["sha256"]) == 64
    assert "model" not in found.provenance
    again = pleura.read_labels(path, grid=replace(lungs.volume))
    assert again.provenance == found.provenance
