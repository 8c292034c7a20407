"""Content decides what a file is, whatever its suffix says."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from pleura.errors import UnreadableInput
from pleura.reading.sniff import Format, sniff

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
    assert sniff(tmp_path / name) == (form, False)


def test_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "scan.png")
    with pytest.raises(UnreadableInput, match="pipe") as caught:
        sniff(tmp_path / "scan.png")
    assert caught.value.code == "not-a-file"


def test_gzip_is_looked_into(tmp_path: Path) -> None:
    (tmp_path / "scan").write_bytes(gzip.compress(NIFTI))
    assert sniff(tmp_path / "scan") == (Format.NIFTI, True)


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
        sniff(tmp_path / "file.dcm")
    assert caught.value.code == code
