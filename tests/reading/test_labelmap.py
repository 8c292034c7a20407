"""Masks come in untouched: empty ones, palettes and every format a scan may have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_files import ct_slice, save
from PIL import Image

from pleura.errors import UnreadableInput
from pleura.geometry import affine_from_spacing
from pleura.phantom import chest, write_dicom
from pleura.reading import read_label_map
from pleura.segmentation import Segmentation
from pleura.volume import Kind, Volume
from pleura.writing import write

LABELS = np.zeros((3, 40, 36), np.uint8)
LABELS[1, 5:20, 4:10], LABELS[1:, 5:20, 20:30] = 1, 2


def written(path: Path, labels: np.ndarray) -> Path:
    scan = Volume(np.zeros(LABELS.shape, np.int16), affine_from_spacing((5.0, 0.7, 0.8)), kind=Kind.HU)
    return write(Segmentation(labels, scan, (), {}, {}), path)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha"])
@pytest.mark.parametrize("labels", [LABELS, np.zeros_like(LABELS)], ids=["lungs", "empty"])
def test_what_was_written_is_read_back_on_the_same_grid(suffix: str, labels: np.ndarray, tmp_path: Path) -> None:
    found = read_label_map(written(tmp_path / f"mask{suffix}", labels))
    assert np.array_equal(found.voxels, labels)
    assert found.affine == pytest.approx(affine_from_spacing((5.0, 0.7, 0.8)), abs=1e-5)
    assert found.placed
    assert not found.is_picture


def test_a_palette_counts_by_its_numbers_and_a_picture_has_no_millimetres(tmp_path: Path) -> None:
    picture = Image.fromarray(LABELS[1])
    picture.putpalette([0, 0, 0, 230, 80, 70, 70, 140, 230])
    picture.save(tmp_path / "mask.png")
    found = read_label_map(tmp_path / "mask.png")
    assert np.array_equal(found.voxels, LABELS[1:2])
    assert found.is_picture
    assert not found.placed


def test_a_mask_of_one_bit_and_one_of_0_and_255_keep_their_values(tmp_path: Path) -> None:
    inside = LABELS[1] > 0
    Image.fromarray(inside).save(tmp_path / "bit.png")
    Image.fromarray(inside.astype(np.uint8) * 255).save(tmp_path / "byte.tif")
    assert np.array_equal(read_label_map(tmp_path / "bit.png").voxels[0], inside)
    assert np.array_equal(read_label_map(tmp_path / "byte.tif").voxels[0], inside * 255)


def test_the_palette_of_a_gif_may_be_in_any_order(tmp_path: Path) -> None:
    inside = LABELS[1] > 0
    picture = Image.fromarray(np.where(inside, 0, 1).astype(np.uint8))
    picture.putpalette([255, 255, 255, 0, 0, 0])  # white comes first
    picture.save(tmp_path / "mask.gif")
    assert np.array_equal(read_label_map(tmp_path / "mask.gif").voxels[0] > 0, inside)


def test_masks_as_bitmaps_and_lossless_webp_keep_their_values(tmp_path: Path) -> None:
    for name in ("mask.bmp", "mask.webp"):
        Image.fromarray(LABELS[1]).save(tmp_path / name, lossless=True)
        found = read_label_map(tmp_path / name)
        assert np.array_equal(found.voxels[0], LABELS[1])
        assert not found.lossy


def test_of_a_jpeg_it_is_said_that_its_values_are_smeared(tmp_path: Path) -> None:
    Image.fromarray(LABELS[1] * 100).save(tmp_path / "mask.jpg", quality=60)
    assert read_label_map(tmp_path / "mask.jpg").lossy


def test_grey_in_three_channels_is_read_and_plain_colours_are_numbered_by_their_brightness(tmp_path: Path) -> None:
    grey = np.repeat(LABELS[1][..., None], 3, axis=2)
    Image.fromarray(grey).save(tmp_path / "grey.png")
    assert np.array_equal(read_label_map(tmp_path / "grey.png").voxels[0], LABELS[1])
    colours = np.array([(0, 0, 0), (10, 0, 90), (200, 80, 0)], np.uint8)[LABELS[1]]
    Image.fromarray(colours).save(tmp_path / "colour.png")
    assert np.array_equal(read_label_map(tmp_path / "colour.png").voxels[0], LABELS[1])


def test_a_zip_is_no_mask(tmp_path: Path) -> None:
    (tmp_path / "scan.zip").write_bytes(b"PK\x03\x04")
    with pytest.raises(UnreadableInput) as error:
        read_label_map(tmp_path / "scan.zip")
    assert error.value.code == "unknown-format"


def test_a_damaged_mask_is_named(tmp_path: Path) -> None:
    (tmp_path / "mask.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(UnreadableInput, match=r"mask\.png: ") as error:
        read_label_map(tmp_path / "mask.png")
    assert error.value.code == "truncated"


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("kind", ["1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.2"], ids=["capture", "ct"])
def test_a_dicom_picture_is_a_mask_by_its_stored_values(kind: str, bits: int, tmp_path: Path) -> None:
    pydicom = pytest.importorskip("pydicom")
    path = write_dicom(chest(shape=(4, 40, 36), spacing=(60.0, 10.0, 10.0)), tmp_path)[0]
    slice_ = pydicom.dcmread(path)  # rescaled by -1024, which says nothing of a mask
    slice_.SOPClassUID = slice_.file_meta.MediaStorageSOPClassUID = kind
    slice_.BitsAllocated = slice_.BitsStored = bits
    slice_.HighBit = bits - 1
    slice_.PixelData = (LABELS[1] * 127).astype(f"<u{bits // 8}").tobytes()
    slice_.save_as(path)
    found = read_label_map(path)
    assert np.array_equal(found.voxels, LABELS[1:2] * 127)
    assert found.is_picture
    assert not found.placed


def test_object_that_holds_no_mask_is_refused_by_its_kind(tmp_path: Path) -> None:
    report = ct_slice(np.zeros((8, 8)), (0, 0, 0), SOPClassUID="1.2.840.10008.5.1.4.1.1.104.1", PixelData=None)
    with pytest.raises(UnreadableInput, match="Encapsulated PDF"):
        read_label_map(save(report, tmp_path / "a.dcm"))
