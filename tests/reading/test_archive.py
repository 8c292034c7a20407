"""Zip archives and gzip files: opened without system files, bounded, and never unpacked to where they could stay."""

from __future__ import annotations

import errno
import gzip
import io
import re
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from dicom_files import chest, save_all, series
from read_files import error_code

import pleura
from pleura import reading
from pleura.reading import archive

HU = chest()


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def pack(path: Path, folder: Path, *, prefix: str = "Ä study/ein Ordner/") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(folder.rglob("*")):
            packed.write(file, prefix + file.name)
        packed.writestr("__MACOSX/._0001.dcm", b"system" * 100)
        packed.writestr("Thumbs.db", b"system" * 100)
    return path


def test_a_zipped_series_is_read_and_nothing_is_left_behind(tmp_path: Path, own_temporary_folder: Path) -> None:
    path = pack(tmp_path / "scan.zip", save_all(series(HU), tmp_path / "scan"))
    volume = pleura.read(path)
    np.testing.assert_array_equal(volume.voxels, HU)
    assert volume.notes == ()
    assert list(own_temporary_folder.iterdir()) == []


def test_a_zipped_series_never_touches_the_temporary_folder(tmp_path: Path, own_temporary_folder: Path) -> None:
    path = pack(tmp_path / "scan.zip", save_all(series(HU), tmp_path / "scan"))
    own_temporary_folder.rmdir()
    np.testing.assert_array_equal(pleura.read(path).voxels, HU)


@pytest.mark.parametrize("name", ["scan.dcm", "scan.nii"])
def test_one_file_alone_has_no_name_in_the_temporary_folder(
    name: str, tmp_path: Path, own_temporary_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = save_all(series(HU[:1]), tmp_path / "scan")
    nib.save(nib.Nifti1Image(HU.transpose(2, 1, 0), np.diag([-5.0, -5, 5, 1])), folder / "scan.nii")
    (folder / "0000.dcm").rename(folder / "scan.dcm")
    with zipfile.ZipFile(tmp_path / "one.zip", "w") as packed:
        packed.write(folder / name, name)
    seen = []
    whole = reading._read

    def read(*given: object, **kept: object) -> object:
        seen.append(list(own_temporary_folder.iterdir()))
        return whole(*given, **kept)

    monkeypatch.setattr(reading, "_read", read)
    pleura.read(tmp_path / "one.zip")
    assert seen == [[], []]  # of the archive, then of the file in it


def test_a_full_temporary_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    @contextmanager
    def full() -> Iterator[tuple[Full, Path]]:
        yield Full(), tmp_path / "free"

    monkeypatch.setattr(archive, "temporary_file", full)
    folder = save_all(series(HU[:1]), tmp_path / "scan")
    (tmp_path / "one.dcm.gz").write_bytes(gzip.compress((folder / "0000.dcm").read_bytes()))
    assert error_code(tmp_path / "one.dcm.gz") == "no-space"


def test_a_missing_temporary_folder_is_named(tmp_path: Path, own_temporary_folder: Path) -> None:
    folder = save_all(series(HU[:1]), tmp_path / "scan")
    (tmp_path / "one.dcm.gz").write_bytes(gzip.compress((folder / "0000.dcm").read_bytes()))
    own_temporary_folder.rmdir()
    assert error_code(tmp_path / "one.dcm.gz") == "no-space"


def test_a_method_that_is_not_read_is_named(tmp_path: Path) -> None:
    path = pack(tmp_path / "scan.zip", save_all(series(HU), tmp_path / "scan"))
    # the method of a member, 10 bytes into its entry of the directory: 8 is deflate, 9 that of large files on Windows
    deflated = re.compile(rb"(PK\x01\x02.{6})\x08", re.DOTALL)
    path.write_bytes(deflated.sub(lambda found: found[1] + b"\x09", path.read_bytes()))
    assert error_code(path) == "unknown-format"


def test_names_in_an_archive_cannot_lead_outside(tmp_path: Path) -> None:
    path = pack(tmp_path / "scan.zip", save_all(series(HU), tmp_path / "scan"), prefix="../../escape-")
    before = sorted(tmp_path.rglob("*"))
    np.testing.assert_array_equal(pleura.read(path).voxels, HU)
    assert sorted(tmp_path.rglob("*")) == before


def test_one_file_alone_may_be_of_any_format(tmp_path: Path) -> None:
    nib.save(nib.Nifti1Image(HU.transpose(2, 1, 0), np.diag([-5.0, -5, 5, 1])), tmp_path / "scan.nii.gz")
    with zipfile.ZipFile(tmp_path / "scan.zip", "w") as packed:
        packed.write(tmp_path / "scan.nii.gz", "scan.nii.gz")
    np.testing.assert_array_equal(pleura.read(tmp_path / "scan.zip").voxels, HU)


def test_a_gzipped_dicom_file_is_read(tmp_path: Path) -> None:
    folder = save_all(series(HU[:1]), tmp_path / "scan")
    (tmp_path / "one.dcm.gz").write_bytes(gzip.compress((folder / "0000.dcm").read_bytes()))
    np.testing.assert_array_equal(pleura.read(tmp_path / "one.dcm.gz").voxels, HU[:1])


def test_archives_cut_short_are_refused(tmp_path: Path) -> None:
    folder = save_all(series(HU[:1]), tmp_path / "scan")
    packed = gzip.compress((folder / "0000.dcm").read_bytes())
    (tmp_path / "cut.dcm.gz").write_bytes(packed[: len(packed) // 2])
    assert error_code(tmp_path / "cut.dcm.gz") == "truncated"
    whole = pack(tmp_path / "scan.zip", folder).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    assert error_code(tmp_path / "cut.zip") == "truncated"


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pack(tmp_path / "scan.zip", save_all(series(HU), tmp_path / "scan"))
    monkeypatch.setattr(archive, "_MOST_BYTES", 50_000)
    assert error_code(path) == "too-large"


def test_an_archive_within_an_archive_is_refused(tmp_path: Path) -> None:
    inner = pack(tmp_path / "inner.zip", save_all(series(HU[:1]), tmp_path / "scan"))
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as packed:
        packed.write(inner, "inner.zip")
    assert error_code(tmp_path / "outer.zip") == "nested-archive"


def test_an_archive_without_images_says_so(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    assert error_code(tmp_path / "empty.zip") == "no-dicom"
