"""The whole pipeline: scans in, lungs out on their own grid, whatever way they lie and whatever they hold."""

from __future__ import annotations

import itertools
import tarfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import pleura
from pleura.errors import UnsuitableInput
from pleura.evaluation.metrics import dice
from pleura.geometry import affine_from_spacing
from pleura.inference import clock
from pleura.phantom import Phantom, chest, write_dicom
from pleura.reading import source
from pleura.volume import Kind, Volume


@pytest.fixture(scope="module")
def segmenter() -> pleura.Segmenter:
    return pleura.Segmenter()


@pytest.fixture(scope="module")
def phantom() -> Phantom:
    return chest((20, 160, 160), (16.0, 2.4, 2.4))


@pytest.fixture(scope="module")
def small() -> Phantom:
    return chest((10, 72, 80), (32.0, 5.0, 5.0), noise=5.0)


def agreement(truth: np.ndarray, labels: np.ndarray) -> float:
    return min(dice(truth == side, labels == side) for side in (1, 2))


def test_dicom_series_of_the_phantom_gives_its_lungs(
    segmenter: pleura.Segmenter, phantom: Phantom, tmp_path: Path
) -> None:
    write_dicom(phantom, tmp_path)
    result = segmenter(tmp_path)
    assert result.labels.shape == phantom.volume.shape
    assert agreement(phantom.labels, result.labels) > 0.95
    assert result.provenance["model"]["sha256"] == segmenter.bundle.sha256


def test_convention_of_radiographs_is_said_to_be_ignored_for_a_ct(segmenter: pleura.Segmenter, small: Phantom) -> None:
    asked = pleura.segment(small.volume, convention="heart-excluded")
    assert [note.code for note in asked.volume.notes] == ["convention-ignored"]
    assert segmenter(small.volume).volume.notes == ()
    assert "convention" not in asked.provenance["parameters"]


ORIENTATIONS = [
    (axes, flips) for axes in itertools.permutations(range(3)) for flips in itertools.product([False, True], repeat=3)
]


@pytest.mark.slow
@pytest.mark.parametrize(("axes", "flips"), ORIENTATIONS)
def test_labels_lie_on_the_grid_in_every_orientation(
    segmenter: pleura.Segmenter, small: Phantom, axes: tuple[int, int, int], flips: tuple[bool, bool, bool]
) -> None:
    volume, truth = _turned(small.volume, small.labels, axes, flips)
    assert (
        agreement(truth, segmenter(volume).labels) > 0.9
    )  # the border alone takes some, of slices that are 32 mm apart


def _turned(
    volume: Volume, labels: np.ndarray, axes: tuple[int, int, int], flips: tuple[bool, bool, bool]
) -> tuple[Volume, np.ndarray]:
    """Store a volume with its axes in another order and direction, at the same place in the patient."""
    affine = volume.affine.copy()
    affine[:, :3] = affine[:, axes]
    step = tuple(slice(None, None, -1) if flip else slice(None) for flip in flips)
    turned, truth = volume.voxels.transpose(axes)[step], labels.transpose(axes)[step]
    for axis, flip in enumerate(flips):
        if flip:
            affine[:3, 3] += affine[:3, axis] * (turned.shape[axis] - 1)
            affine[:3, axis] *= -1
    return Volume(turned, affine, volume.kind), truth


def test_pixels_that_are_not_square_are_no_trouble(segmenter: pleura.Segmenter) -> None:
    flat = chest((20, 160, 80), (16.0, 2.4, 4.8))
    assert agreement(flat.labels, segmenter(flat.volume).labels) > 0.93


def test_picture_of_one_slice_gives_labels_of_one_slice(segmenter: pleura.Segmenter, phantom: Phantom) -> None:
    result = segmenter(phantom.volume.voxels[10])
    assert result.labels.shape == (160, 160)
    assert agreement(phantom.labels[10], result.labels) > 0.93
    assert not result.volume.spacing_known


def test_windowed_picture_is_segmented_too(segmenter: pleura.Segmenter, phantom: Phantom) -> None:
    grey = np.clip((phantom.volume.voxels[10] + 1250.0) / 1500 * 255, 0, 255).astype(np.uint8)
    result = segmenter(grey)
    assert result.volume.kind is Kind.WINDOWED
    assert agreement(phantom.labels[10], result.labels) > 0.92


@pytest.mark.parametrize("source", [None, 7, b"scan", [[1, 2], [3, 4]]])
def test_what_is_no_scan_is_refused_with_what_is(segmenter: pleura.Segmenter, source: object) -> None:
    with pytest.raises(UnsuitableInput, match=r"give a path, .* or SimpleITK, not ") as caught:
        segmenter(source)
    assert caught.value.code == "bad-source"


@pytest.mark.parametrize("kind", [Kind.RADIOGRAPH, Kind.WINDOWED])
def test_volume_with_greys_beyond_a_byte_is_refused(segmenter: pleura.Segmenter, kind: Kind) -> None:
    deep = np.arange(64 * 64, dtype=np.uint16).reshape(1, 64, 64)
    for voxels in (deep, deep.astype(np.float32) - 100):
        with pytest.raises(UnsuitableInput, match=r"from 0 to 255, these from (0 to 4095|-100 to 3995)") as caught:
            segmenter(Volume(voxels, np.eye(4)[[2, 1, 0, 3]], kind=kind, is_picture=True))
        assert caught.value.code == "not-grey"
    stretched = Volume(deep.astype(np.float32) / 4095 * 255, np.eye(4)[[2, 1, 0, 3]], kind=kind, is_picture=True)
    assert segmenter(stretched).labels.shape == (64, 64)


def test_radiograph_is_recorded_with_what_was_asked_for_and_the_time_it_took_to_read(
    phantom: Phantom, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    grey = np.clip((phantom.volume.voxels[10] + 1250.0) / 1500 * 255, 0, 255).astype(np.uint8)
    picture = pleura.Volume(grey[None], affine_from_spacing((1.0, 2.0, 2.0)), kind=Kind.WINDOWED, is_picture=True)

    def read(_: str, **__: object) -> Volume:
        now[0] += 5
        return picture

    monkeypatch.setattr(clock, "time", SimpleNamespace(perf_counter=lambda: now[0]))
    monkeypatch.setattr(source, "read", read)
    result = pleura.Segmenter(modality="cr")("film.png")
    assert result.timings["read"] == 5
    assert list(result.timings)[:3] == ["read", "load", "locate"]
    asked = {"backend": "onnxruntime", "modality": "cr", "convention": "heart-included"}
    assert result.provenance["parameters"] == asked
    assert "modality" not in pleura.segment("film.png").provenance["parameters"]


@pytest.mark.parametrize("modality", ["ct", "cr"])
def test_provenance_is_known_before_a_scan_is_segmented(phantom: Phantom, modality: str) -> None:
    grey = np.clip((phantom.volume.voxels[10] + 1250.0) / 1500 * 255, 0, 255).astype(np.uint8)
    picture = pleura.Volume(grey[None], affine_from_spacing((1.0, 2.0, 2.0)), kind=Kind.WINDOWED, is_picture=True)
    segmenter = pleura.Segmenter(modality=modality)
    expected = segmenter.provenance(picture)
    assert expected == segmenter(picture).provenance
    assert expected["model"]["name"] == {"ct": "chest-ct", "cr": "chest-radiograph"}[modality]


@pytest.mark.parametrize("shape", [(1, 64, 64), (2, 64, 64), (2, 64, 96), (3, 200, 70)])
def test_tiny_scans_do_not_break(segmenter: pleura.Segmenter, shape: tuple[int, int, int]) -> None:
    tiny = chest((shape[0] * 9, *shape[1:]), (8.0, 380 / shape[1], 380 / shape[2])).volume.voxels[shape[0] * 4 :][
        : shape[0]
    ]
    result = segmenter(np.ascontiguousarray(tiny), spacing=(8.0, 380 / shape[1], 380 / shape[2]))
    assert result.labels.shape == shape
    assert result.labels.any()


def test_mirror_image_of_a_radiograph_has_its_sides_by_the_affine(segmenter: pleura.Segmenter, shared: Path) -> None:
    path = sorted((shared / "data/cxr/heart-included/val/images").glob("*.jpg"))[0]
    with Image.open(path) as picture:
        grey = np.asarray(picture.convert("L"))[None]
    affine = affine_from_spacing((1.0, 1.0, 1.0))
    usual = segmenter(Volume(grey, affine, kind=Kind.RADIOGRAPH, is_picture=True))
    affine[:, 2] *= -1
    mirrored = segmenter(Volume(np.ascontiguousarray(grey[:, :, ::-1]), affine, kind=Kind.RADIOGRAPH, is_picture=True))
    assert {1, 2} <= set(np.unique(usual.labels))
    np.testing.assert_array_equal(mirrored.labels[:, ::-1], usual.labels)


def test_radiograph_in_a_volume_of_one_slice_is_segmented_on_its_grid(
    segmenter: pleura.Segmenter, shared: Path
) -> None:
    path = sorted((shared / "data/cxr/heart-included/val/images").glob("*.jpg"))[0]
    with Image.open(path) as picture:
        grey = np.asarray(picture.convert("L"))
    flat, deep, turned = segmenter(grey), segmenter(grey[None]), segmenter(grey[None, ::-1, ::-1])
    np.testing.assert_array_equal(deep.labels[0], flat.labels)
    assert deep.warnings == flat.warnings == turned.warnings


def test_scan_without_lung_gives_an_empty_mask_and_says_so(segmenter: pleura.Segmenter) -> None:
    water = np.full((5, 64, 64), -1000, np.int16)
    water[:, 10:54, 8:56] = 30
    result = segmenter(water, spacing=(5.0, 6.0, 6.0))
    assert not result.labels.any()
    assert [note.code for note in result.warnings] == ["no-lung"]


@pytest.mark.slow
def test_same_scan_gives_the_same_labels_with_any_number_of_threads(phantom: Phantom) -> None:
    one, two = (pleura.segment(phantom.volume, threads=threads).labels for threads in (1, 2))
    assert np.array_equal(one, two)


def test_probabilities_of_a_whole_scan_cut_at_a_half_are_its_lungs(
    segmenter: pleura.Segmenter, phantom: Phantom
) -> None:
    segmentation, probability = segmenter.with_probability(phantom.volume)
    assert probability.shape == phantom.volume.shape
    assert dice(phantom.labels > 0, probability >= 128) > 0.95
    assert dice(segmentation.labels > 0, probability >= 128) > 0.95


def test_the_callers_array_is_left_alone(segmenter: pleura.Segmenter, small: Phantom) -> None:
    array = small.volume.voxels.copy()
    segmenter(array, spacing=(32.0, 5.0, 5.0))
    assert np.array_equal(array, small.volume.voxels)


@pytest.fixture(scope="module")
def real(segmenter: pleura.Segmenter, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> pleura.Segmentation:
    folder = tmp_path_factory.mktemp("real")
    with tarfile.open(shared / "data" / "dicom" / "lidc-0001.tar") as archive:
        archive.extractall(folder, filter="data")
    return segmenter(folder)


WINDPIPE = [(92, 265, 233), (97, 260, 228), (102, 252, 226), (107, 242, 231)]
WINDPIPE += [(112, 234, 235), (117, 227, 238), (122, 220, 234), (127, 210, 233)]
"""Voxels (z, y, x) in the middle of the trachea of the real series, and of its first branching."""

MAIN_BRONCHI = [(87, 267, 219), (86, 287, 260)]
"""Voxels in the middle of its main bronchi, whose walls a lung touches; the left one branches in the two slices above,
where the lung reaches into it (MODEL_CARD.md)."""


@pytest.mark.slow
def test_real_series_has_two_lungs_of_a_grown_person(real: pleura.Segmentation) -> None:
    litres = [(real.labels == side).sum() * np.prod(real.volume.spacing) / 1e6 for side in (1, 2)]
    assert litres == pytest.approx([2.04, 1.81], rel=0.03)
    assert not real.warnings


@pytest.mark.slow
@pytest.mark.parametrize(("z", "y", "x"), WINDPIPE)
def test_windpipe_of_the_real_series_is_outside(real: pleura.Segmentation, z: int, y: int, x: int) -> None:
    assert real.volume.voxels[z, y, x] < -900
    assert not real.labels[z, y - 2 : y + 3, x - 2 : x + 3].any()


@pytest.mark.slow
@pytest.mark.parametrize(("z", "y", "x"), MAIN_BRONCHI)
def test_middle_of_a_main_bronchus_of_the_real_series_is_outside(
    real: pleura.Segmentation, z: int, y: int, x: int
) -> None:
    assert real.volume.voxels[z, y, x] < -900
    assert not real.labels[z, y - 1 : y + 2, x - 1 : x + 2].any()


@pytest.mark.slow
def test_gas_in_the_bowel_of_the_real_series_is_outside(real: pleura.Segmentation) -> None:
    assert (real.volume.voxels[:20] < -900)[:, 90:400, 100:400].any()
    assert not real.labels[:20].any()


@pytest.mark.slow
@pytest.mark.parametrize(("side", "lowest", "highest"), [(1, 24, 119), (2, 34, 124)])
def test_apex_and_recess_of_the_real_series_are_there(
    real: pleura.Segmentation, side: int, lowest: int, highest: int
) -> None:
    occupied = np.flatnonzero((real.labels == side).any(axis=(1, 2)))
    assert occupied[0] <= lowest
    assert occupied[-1] >= highest
    assert len(occupied) == occupied[-1] - occupied[0] + 1


@pytest.mark.slow
def test_sides_of_the_real_series_are_never_exchanged(real: pleura.Segmentation) -> None:
    columns = np.arange(real.labels.shape[2])
    for plane in real.labels:
        profiles = [(plane == side).sum(axis=0) for side in (1, 2)]
        if all(profile.any() for profile in profiles):
            right, left = (profile @ columns / profile.sum() for profile in profiles)
            assert right < left


def test_model_for_ct_that_is_chosen_for_a_radiograph_warns_as_the_modality_does(shared: Path) -> None:
    picture = min((shared / "data/cxr/heart-included/train/images").iterdir())
    asked = pleura.segment(picture, model="chest-ct"), pleura.segment(picture, modality="ct")
    assert all("modality-doubtful" in {warning.code for warning in result.warnings} for result in asked)
    assert "modality-doubtful" not in {w.code for w in pleura.segment(picture, model="chest-radiograph").warnings}
