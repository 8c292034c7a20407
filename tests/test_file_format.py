"""Content decides what a file is, whatever its suffix says; one table says which suffixes there are."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from pleura.errors import UnreadableInput
from pleura.file_format import (
    SUFFIXES,
    Format,
    companions,
    detect_format,
    format_by_name,
    is_image_name,
    without_suffix,
)

NIFTI = (348).to_bytes(4, "little") + bytes(340) + b"n+1\0"
HEADS = {
    "dicom": (bytes(128) + b"DICM" + bytes(20), Format.DICOM),
    "bare dicom": (b"\x08\0\x05\0CS\x0a\0ISO_IR 100", Format.DICOM),
    "nifti": (NIFTI, Format.NIFTI),
    "nifti 2": ((540).to_bytes(4, "little") + b"n+2\0\r\n\x1a\n" + bytes(600), Format.NIFTI),
    "nrrd": (b"NRRD0005\n# a comment\n", Format.NRRD),
    "metaimage": (b"ObjectType = Image\nNDims = 3\n", Format.METAIMAGE),
    "png": (b"\x89PNG\r\n\x1a\n", Format.RASTER),
    "jpeg": (b"\xff\xd8\xff\xe0", Format.RASTER),
    "tiff": (b"II*\0", Format.RASTER),
    "big-endian tiff": (b"MM\0*", Format.RASTER),
    "zip": (b"PK\x03\x04", Format.ZIP),
}


@pytest.mark.parametrize("kind", HEADS)
@pytest.mark.parametrize("name", ["scan", "scan.txt", "scan.nii.gz", "scan.dcm"])
def test_content_is_believed_before_the_suffix(tmp_path: Path, kind: str, name: str) -> None:
    content, form = HEADS[kind]
    (tmp_path / name).write_bytes(content)
    assert detect_format(tmp_path / name) == (form, False)


def test_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "scan.png")
    with pytest.raises(UnreadableInput, match="pipe") as caught:
        detect_format(tmp_path / "scan.png")
    assert caught.value.code == "not-a-file"


def test_gzip_is_looked_into(tmp_path: Path) -> None:
    (tmp_path / "scan").write_bytes(gzip.compress(NIFTI))
    assert detect_format(tmp_path / "scan") == (Format.NIFTI, True)


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (b"", "empty-file", "empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git-lfs-pointer", "git lfs pull"),
        (b"\0\0\0\x18ftypheic", "unknown-format", "HEIF"),
        (b"RIFF\0\0\0\0WAVEfmt ", "unknown-format", "sound"),
        (b"\0\0\0\x0cjP  \r\n", "unknown-format", "JPEG 2000"),
        (b"%PDF-1.7", "unknown-format", "PDF"),
        ((348).to_bytes(4, "little") + bytes(400), "analyze", "Analyze"),
        (b"hello", "unknown-format", "whatever its suffix .dcm says"),
        (b"\x1f\x8bnot gzip at all", "damaged", "gzip"),
    ],
)
def test_what_is_not_read_is_named(tmp_path: Path, content: bytes, code: str, said: str) -> None:
    (tmp_path / "file.dcm").write_bytes(content)
    with pytest.raises(UnreadableInput, match=said) as caught:
        detect_format(tmp_path / "file.dcm")
    assert caught.value.code == code


@pytest.mark.parametrize(("form", "suffix"), [(form, suffix) for form in SUFFIXES for suffix in SUFFIXES[form]])
def test_suffix_claims_its_format_in_any_case_and_packed(form: Format, suffix: str) -> None:
    for name in (f"a{suffix}", f"a{suffix.upper()}", f"a.b{suffix}.gz"):
        assert format_by_name(name) is form
        assert without_suffix(name) in {"a", "a.b"}


def test_dots_of_a_name_that_are_no_suffix_stay() -> None:
    assert [without_suffix(name) for name in ("1.2.840.1", "a.txt", "scan.gz", ".png")] == [
        "1.2.840.1",
        "a.txt",
        "scan",
        "",
    ]
    assert [format_by_name(name) for name in ("1.2.840.1", "a.txt", "scan.gz", "png")] == [None] * 4


def test_archive_and_voxels_of_another_header_are_no_image_of_their_own() -> None:
    names = ["a.hdr", "a.img", "a.img.gz", "a.zip", "a.mhd", "a.raw", "a.bmp", "a.IMA", "a"]
    assert [name for name in names if is_image_name(name)] == ["a.hdr", "a.mhd", "a.bmp", "a.IMA"]


def test_header_without_voxels_comes_with_the_file_beside_it(tmp_path: Path) -> None:
    for name in ("a.mhd", "a.raw", "b.hdr.gz", "b.img.gz", "c.mha", "c.raw"):
        (tmp_path / name).touch()
    found = [[path.name for path in companions(tmp_path / name)] for name in ("a.mhd", "b.hdr.gz", "c.mha")]
    assert found == [["a.mhd", "a.raw"], ["b.hdr.gz", "b.img.gz"], ["c.mha"]]
