"""Pictures: all bits kept, no millimetres believed, whatever is not one grey slice refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_files import chest
from PIL import Image
from read_files import GREY, error_code

import pleura
from pleura.volume import Kind

HU = chest()[0]


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp.png", "", ".bmp", ".gif", ".webp"])
def test_an_8_bit_picture_is_a_windowed_slice_without_millimetres(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"slice{suffix}"
    form = {".tif": "TIFF", ".bmp": "BMP", ".gif": "GIF", ".webp": "WEBP"}.get(suffix, "PNG")
    Image.fromarray(GREY).save(path, format=form, dpi=(72, 72), lossless=True)
    volume = pleura.read(path)
    np.testing.assert_array_equal(volume.voxels[0], GREY)
    assert volume.kind is Kind.WINDOWED
    assert volume.is_picture
    assert not volume.spacing_known
    assert volume.spacing == (1, 1, 1)
    assert {note.code for note in volume.notes} == {"spacing-unknown", "values-windowed"}


@pytest.mark.parametrize("name", ["slice.jpg", "slice.webp"])
def test_a_lossy_picture_is_read_and_its_loss_noted(tmp_path: Path, name: str) -> None:
    Image.fromarray(GREY).save(tmp_path / name, quality=95)
    volume = pleura.read(tmp_path / name)
    assert np.abs(volume.voxels[0].astype(int) - GREY).mean() < 4
    assert "lossy-compression" in {note.code for note in volume.notes}


def test_a_signed_16_bit_tiff_holds_hu(tmp_path: Path) -> None:
    Image.fromarray(HU.astype(np.int32)).save(tmp_path / "wide.tif")
    np.testing.assert_array_equal(pleura.read(tmp_path / "wide.tif").voxels[0], HU)
    # Pillow writes no signed 16 bit, so the tag is set by hand: SampleFormat 2 in a 16 bit file
    unsigned = Image.fromarray(HU.astype(np.int16).view(np.uint16))
    unsigned.save(tmp_path / "signed.tif", tiffinfo={339: 2})
    volume = pleura.read(tmp_path / "signed.tif")
    np.testing.assert_array_equal(volume.voxels[0], HU)
    assert volume.kind is Kind.HU


def test_a_16_bit_png_of_raw_values_becomes_hu(tmp_path: Path) -> None:
    Image.fromarray((HU + 1024).astype(np.uint16)).save(tmp_path / "raw.png")
    volume = pleura.read(tmp_path / "raw.png")
    np.testing.assert_array_equal(volume.voxels[0], HU)
    assert "hu-offset-corrected" in {note.code for note in volume.notes}


def test_a_float_tiff_of_hu_is_rounded(tmp_path: Path) -> None:
    Image.fromarray(HU.astype(np.float32) + 0.25).save(tmp_path / "float.tif")
    np.testing.assert_array_equal(pleura.read(tmp_path / "float.tif").voxels[0], HU)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparency_that_lets_nothing_through_is_no_trouble(tmp_path: Path, mode: str) -> None:
    picture = Image.fromarray(GREY).convert(mode)
    picture.save(tmp_path / "opaque.png")
    np.testing.assert_array_equal(pleura.read(tmp_path / "opaque.png").voxels[0], GREY)
    picture.putpixel((3, 3), (*picture.getpixel((3, 3))[:-1], 254))
    picture.save(tmp_path / "glass.png")
    assert error_code(tmp_path / "glass.png") == "colour"


@pytest.mark.parametrize(
    ("mode", "suffix", "code"),
    [
        ("RGBA", ".png", "colour"),
        ("LA", ".png", "colour"),
        ("CMYK", ".tif", "colour"),
        ("LAB", ".tif", "colour"),
        ("1", ".png", "a-mask"),
    ],
)
def test_other_colour_spaces_are_refused(tmp_path: Path, mode: str, suffix: str, code: str) -> None:
    path = tmp_path / f"picture{suffix}"
    Image.new(mode, (64, 64)).save(path)
    assert error_code(path) == code


def test_several_pages_are_refused(tmp_path: Path) -> None:
    pages = [Image.fromarray(GREY) for _ in range(3)]
    pages[0].save(tmp_path / "pages.tif", save_all=True, append_images=pages[1:])
    assert error_code(tmp_path / "pages.tif") == "several-pages"


def test_a_picture_cut_short_is_refused(tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "slice.png")
    whole = (tmp_path / "slice.png").read_bytes()
    (tmp_path / "slice.png").write_bytes(whole[: len(whole) // 2])
    assert error_code(tmp_path / "slice.png") == "truncated"


def test_a_picture_that_promises_a_giant_is_refused(tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "bomb.png")
    raw = bytearray((tmp_path / "bomb.png").read_bytes())
    raw[16:24] = (60000).to_bytes(4, "big") * 2
    raw[29:33] = __import__("zlib").crc32(bytes(raw[12:29])).to_bytes(4, "big")
    (tmp_path / "bomb.png").write_bytes(raw)
    assert error_code(tmp_path / "bomb.png") == "too-large"


def test_a_thumbnail_is_refused_but_64_by_64_is_read(tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "fine.png")
    assert pleura.read(tmp_path / "fine.png").shape == (1, 64, 64)
    Image.fromarray(GREY[::3, ::3]).save(tmp_path / "small.png")
    assert error_code(tmp_path / "small.png") == "too-small"


def test_caller_may_say_that_a_picture_is_a_radiograph(tmp_path: Path) -> None:
    Image.fromarray(GREY).save(tmp_path / "chest.png")
    volume = pleura.read(tmp_path / "chest.png", kind=Kind.RADIOGRAPH)
    assert volume.kind is Kind.RADIOGRAPH
    np.testing.assert_array_equal(volume.voxels[0], GREY)


def test_a_radiograph_of_16_greys_is_no_mask(shared: Path, tmp_path: Path) -> None:
    name = "heart-excluded/val/images/montgomery_MCUCXR_0038_0.jpg"
    with Image.open(shared / "data/cxr" / name) as picture:
        greys = np.asarray(picture.convert("L")) // 16
    Image.fromarray(greys * 17).save(tmp_path / "low.png")
    assert "few-greys" in {note.code for note in pleura.read(tmp_path / "low.png").notes}
    Image.fromarray((greys > 7) * np.uint8(255)).save(tmp_path / "mask.png")
    assert error_code(tmp_path / "mask.png") == "a-mask"
