"""Files that ask for more than they hold: refused with a word, before memory is taken or another file is read."""

from __future__ import annotations

import os
import socket
import zlib
from collections.abc import Callable
from pathlib import Path

import nibabel
import nrrd
import numpy as np
import pytest
from dicom_files import chest, ct_slice, enhanced, save
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless
from read_files import error_code

import pleura
from pleura.errors import PleuraError
from pleura.reading import survey_path
from pleura.reading.limits import MOST_BYTES, MOST_PACKED, MOST_PIXELS, check_size

HU = chest((24, 64, 64))
GIANT = (2048, 2048, 2048)
META = "ObjectType = Image\nNDims = 3\nDimSize = {} {} {}\nElementType = MET_SHORT\nElementSpacing = 5 5 5\n"


def meta(size: tuple[int, ...], *more: str) -> bytes:
    return (META.format(*size[::-1]) + "".join(f"{line}\n" for line in more)).encode()


def test_a_size_is_giant_beyond_what_any_file_and_what_this_file_may_state() -> None:
    check_size((512, 1024, 1024), 2, stored=1)  # 1 GiB, as much as any file may state
    check_size((1000, 1024, 1024), 2, stored=MOST_BYTES // 20)
    for shape, stored in (((513, 1024, 1024), MOST_BYTES // MOST_PACKED), ((1, MOST_PIXELS + 1, 1), MOST_BYTES)):
        with pytest.raises(PleuraError, match="giant"):
            check_size(shape, 2, stored)


def test_packed_formats_that_state_a_giant_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mha").write_bytes(meta(GIANT, "CompressedData = True", "ElementDataFile = LOCAL") + b"x\x9c" * 999)
    header = "NRRD0005\ntype: short\ndimension: 3\nsizes: 2048 2048 2048\nendian: little\nencoding: gzip\n\n"
    (tmp_path / "b.nrrd").write_bytes(header.encode() + zlib.compress(bytes(9999), wbits=31))
    assert [error_code(tmp_path / name) for name in ("a.mha", "b.nrrd")] == ["too-large"] * 2


def test_what_follows_the_last_voxel_is_not_unpacked(tmp_path: Path) -> None:
    rest = bytes(50_000_000)
    packed = zlib.compress(HU.tobytes() + rest)
    (tmp_path / "a.mha").write_bytes(meta(HU.shape, "CompressedData = True", "ElementDataFile = LOCAL") + packed)
    np.testing.assert_array_equal(pleura.read(tmp_path / "a.mha").voxels, HU)
    header = "NRRD0005\ntype: short\ndimension: 3\nsizes: 64 64 24\nendian: little\nencoding: gzip\n\n"
    (tmp_path / "b.nrrd").write_bytes(header.encode() + zlib.compress(HU.tobytes() + rest, wbits=31))
    assert error_code(tmp_path / "b.nrrd") == "damaged"


@pytest.mark.parametrize("encoding", ["raw", "gzip", "bzip2", "ascii"])
def test_every_encoding_of_nrrd_gives_the_same_voxels(tmp_path: Path, encoding: str) -> None:
    for name in ("scan.nrrd", "scan.nhdr"):
        nrrd.write(str(tmp_path / name), HU, {"encoding": encoding}, index_order="C")
        np.testing.assert_array_equal(pleura.read(tmp_path / name).voxels, HU)


@pytest.mark.parametrize("dtype", ["<i2", ">i2", "<f4", ">f8"])
def test_nifti_of_either_byte_order_gives_the_same_voxels_packed_or_not(tmp_path: Path, dtype: str) -> None:
    image = nibabel.Nifti1Image(HU.T.astype(dtype), np.diag([-5.0, -5.0, 5.0, 1.0]))
    image.header.set_data_dtype(np.dtype(dtype))
    if dtype.startswith(">"):
        image = nibabel.Nifti1Image(np.asarray(image.dataobj), image.affine, image.header.as_byteswapped(">"))
    for name in ("scan.nii", "scan.nii.gz"):
        nibabel.save(image, tmp_path / name)
        np.testing.assert_array_equal(pleura.read(tmp_path / name).voxels, HU)


@pytest.mark.parametrize("name", ["/etc/hostname", "../secret.raw", "below/../../secret.raw", "link.raw"])
def test_a_header_that_names_a_file_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "scan"
    (folder / "below").mkdir(parents=True)
    (tmp_path / "secret.raw").write_bytes(HU.tobytes())
    (folder / "link.raw").symlink_to(tmp_path / "secret.raw")
    (folder / "a.mhd").write_bytes(meta(HU.shape, f"ElementDataFile = {name}"))
    nrrd_header = "NRRD0005\ntype: short\ndimension: 3\nsizes: 64 64 24\nendian: little\nencoding: raw\ndata file: "
    (folder / "b.nhdr").write_text(f"{nrrd_header}{name}\n")
    assert {error_code(folder / "a.mhd"), error_code(folder / "b.nhdr")} == {"outside-folder"}


def test_a_header_may_name_a_file_below_its_folder(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.raw").write_bytes(HU.tobytes())
    (tmp_path / "a.mhd").write_bytes(meta(HU.shape, "ElementDataFile = data/a.raw"))
    np.testing.assert_array_equal(pleura.read(tmp_path / "a.mhd").voxels, HU)


def make_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the name of a socket is short
    try:
        socket.socket(socket.AF_UNIX).bind(path.name)
    finally:
        os.chdir(here)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("make", [os.mkfifo, make_socket, os.mkdir])
def test_a_data_file_that_is_none_is_refused_without_waiting_for_it(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "a.raw")
    (tmp_path / "a.mhd").write_bytes(meta(HU.shape, "ElementDataFile = a.raw"))
    assert error_code(tmp_path / "a.mhd") == "not-a-file"


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "loop.raw"])
def test_a_name_that_no_file_can_have_is_a_missing_half(tmp_path: Path, name: str) -> None:
    (tmp_path / "loop.raw").symlink_to("loop.raw")
    (tmp_path / "a.mhd").write_bytes(meta(HU.shape, f"ElementDataFile = {name}"))
    assert error_code(tmp_path / "a.mhd") == "half-missing"


def test_more_frames_than_the_pixel_data_hold_are_refused_at_once(tmp_path: Path) -> None:
    native = save(ct_slice(HU[0], (0, 0, 0), NumberOfFrames=3_000_000), tmp_path / "native.dcm")
    packed = save(ct_slice(HU[0], (0, 0, 0)), tmp_path / "packed.dcm", syntax=RLELossless)
    raw = packed.read_bytes()
    where = raw.index(b"\x28\x00\x10\x00US")
    packed.write_bytes(raw[:where] + b"\x28\x00\x08\x00IS\x08\x003000000 " + raw[where:])
    for path in (native, packed):
        assert error_code(path) == "damaged"
        with pytest.raises(PleuraError, match="NumberOfFrames"):
            survey_path(path)


def test_an_enhanced_object_of_fewer_frames_than_it_says_is_refused(tmp_path: Path) -> None:
    dataset = enhanced(HU[:8], range(8))
    dataset.PixelData = dataset.PixelData[: 64 * 64 * 2 * 7]
    assert error_code(save(dataset, tmp_path / "a.dcm")) == "damaged"


def test_a_deflated_file_that_holds_a_giant_is_refused_before_it_is_inflated_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(ct_slice(HU[0], (0, 0, 0)), tmp_path / "a.dcm", syntax=DeflatedExplicitVRLittleEndian)
    np.testing.assert_array_equal(pleura.read(path).voxels[0], HU[0])
    dataset = ct_slice(HU[0], (0, 0, 0))
    dataset.add_new(0x00091001, "OB", bytes(20_000_000))
    save(dataset, path, syntax=DeflatedExplicitVRLittleEndian)
    monkeypatch.setattr("pleura.reading.dicom.dataset._MOST_INFLATED", 1 << 23)
    assert error_code(path) == "too-large"


@pytest.mark.parametrize(
    "spacing", ["2147483648 5 5", "1e21 5 5", "5 nan 5", "5 5 inf", "0 5 5", "5 -5 5", "1e300 1e300 1"]
)
def test_a_spacing_that_no_body_has_is_an_error(tmp_path: Path, spacing: str) -> None:
    header = meta(HU.shape, "ElementDataFile = LOCAL").replace(b"5 5 5", spacing.encode())
    (tmp_path / "a.mha").write_bytes(header + HU.tobytes())
    assert error_code(tmp_path / "a.mha") in {"bad-spacing", "damaged"}


@pytest.mark.parametrize("keyword", ["ImagePositionPatient", "PixelSpacing", "RescaleIntercept"])
def test_a_number_of_a_slice_that_cannot_be_is_an_error(tmp_path: Path, keyword: str) -> None:
    value = {"ImagePositionPatient": [0, 0, "1e300"], "PixelSpacing": ["1e300", 1], "RescaleIntercept": "1e300"}[
        keyword
    ]
    assert error_code(save(ct_slice(HU[0], (0, 0, 0), **{keyword: value}), tmp_path / "a.dcm")) == "damaged"


def test_a_strip_is_no_chest(tmp_path: Path) -> None:
    from PIL import Image

    Image.fromarray(np.tile(np.arange(64, dtype=np.uint8), (1000, 1))).save(tmp_path / "a.png")
    assert error_code(tmp_path / "a.png") == "too-narrow"
    (tmp_path / "a.mha").write_bytes(meta(HU.shape, "ElementDataFile = LOCAL").replace(b"5 5 5", b"5 500 5"))
    with (tmp_path / "a.mha").open("ab") as file:
        file.write(HU.tobytes())
    assert error_code(tmp_path / "a.mha") == "too-narrow"


def test_no_control_character_of_a_file_is_in_a_message(tmp_path: Path) -> None:
    for field in ("ObjectType = \x1b]0;owned\x07\x1b[2J", "ElementType = MET_\x1b[2J", "DimSize = 9 9 \x1b[2J"):
        (tmp_path / "a.mha").write_text(f"{field}\n{META.format(9, 9, 9)}ElementDataFile = LOCAL\n")
        error_code(tmp_path / "a.mha")
    named = tmp_path / "a\x1b[2J\n.mha"
    named.write_bytes(b"")
    assert error_code(named) == "empty-file"


def test_an_archive_that_unpacks_out_of_proportion_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import zipfile

    from pleura.reading import archive

    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as made:
        for name in ("a", "b"):
            made.writestr(name, bytes(3_000_000))
    assert error_code(tmp_path / "a.zip") == "no-dicom"
    monkeypatch.setattr(archive, "MOST_BYTES", 5_000_000)
    assert error_code(tmp_path / "a.zip") == "too-large"


def test_pages_are_not_counted_to_the_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image, TiffImagePlugin

    page = Image.fromarray(np.arange(4096, dtype=np.uint16).reshape(64, 64))
    page.save(tmp_path / "a.tif", save_all=True, append_images=[page] * 3)
    monkeypatch.setattr(
        TiffImagePlugin.TiffImageFile, "n_frames", property(lambda _: pytest.fail("counted")), raising=True
    )
    assert error_code(tmp_path / "a.tif") == "several-pages"


def test_more_frames_than_any_scan_has_are_refused_however_small_they_are(tmp_path: Path) -> None:
    path = save(ct_slice(HU[0], (0, 0, 0), NumberOfFrames=100_000, Rows=1, Columns=1), tmp_path / "a.dcm")
    path.write_bytes(path.read_bytes() + bytes(200_000))
    assert error_code(path) == "damaged"


def test_a_picture_of_very_many_scans_is_refused_before_decoding(tmp_path: Path) -> None:
    import io

    from PIL import Image

    made = io.BytesIO()
    Image.fromarray(np.tile(np.arange(128, dtype=np.uint8), (64, 1))).save(made, "JPEG", progressive=True)
    whole = made.getvalue()
    last = whole[whole.rindex(b"\xff\xda") : -2]
    (tmp_path / "a.jpg").write_bytes(whole[:-2] + last * 600 + whole[-2:])
    assert error_code(tmp_path / "a.jpg") == "too-large"
    (tmp_path / "a.jpg").write_bytes(whole)
    assert pleura.read(tmp_path / "a.jpg").is_picture


def test_a_hostile_file_in_a_folder_is_left_out_like_any_damaged_one(tmp_path: Path) -> None:
    from dicom_files import save_all, series

    folder = save_all(series(HU), tmp_path / "scan")
    whole = (folder / "0000.dcm").read_bytes()
    start = whole.index(b"\x08\x00\x08\x00CS")
    nested = b"\x08\x00\x06\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * 20_000
    (folder / "nested.dcm").write_bytes(whole[:start] + nested + whole[start:])
    volume = pleura.read(folder)
    assert "damaged-files" in {note.code for note in volume.notes}
    assert volume.shape == HU.shape
    assert survey_path(folder).series[0].usable


def test_a_picture_is_at_most_8192_pixels_along_both_sides() -> None:
    check_size((8192, 8192), 2, stored=1)
    with pytest.raises(PleuraError, match="8192 x 8193"):
        check_size((8192, 8193), 1, stored=MOST_BYTES)
