"""A folder is searched for DICOM files; what is damaged is named or noted."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from dicom_files import chest, codes, ct_slice, save, save_all, series
from read_files import error_code

import pleura
from pleura.errors import UnreadableInput


def test_folders_are_searched_and_files_of_systems_are_left_out(tmp_path: Path) -> None:
    hu = chest()
    names = {k: f"deep/{'even' if k % 2 else 'odd'}/I{k}" for k in range(24)}
    folder = save_all(series(hu), tmp_path, names=names)
    for name in ("DICOMDIR", ".DS_Store", "Thumbs.db", "notes.txt", "__MACOSX/._I1"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"\0\0litter that is not an image" * 20)
    volume = pleura.read(folder)
    np.testing.assert_array_equal(volume.voxels, hu)
    assert codes(volume) == set()


def test_a_file_cut_short_is_refused_and_a_damaged_one_in_a_folder_is_noted(tmp_path: Path) -> None:
    whole = save(ct_slice(chest()[0], (0, 0, 0)), tmp_path / "one.dcm").read_bytes()
    (tmp_path / "one.dcm").write_bytes(whole[:-1000])
    assert error_code(tmp_path / "one.dcm") == "truncated"
    folder = save_all(series(chest()), tmp_path / "scan")
    (folder / "bad.dcm").write_bytes(whole.replace(b"\0\x10\0US", b"\0\x10\0IS")[:600])
    bad = ct_slice(chest()[0], (0, 0, 0))
    bad.add_new("NumberOfFrames", "IS", "2")
    text = save(bad, folder / "bad.dcm").read_bytes()
    (folder / "bad.dcm").write_bytes(text.replace(b"IS\x02\x002 ", b"IS\x02\x002x"))
    assert "damaged-files" in codes(pleura.read(folder))


def test_a_folder_without_dicom_says_so(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert error_code(tmp_path / "empty") == "no-dicom"
    (tmp_path / "empty" / "readme.txt").write_text("hello " * 100)
    (tmp_path / "empty" / "other.txt").write_text("hello " * 100)
    assert error_code(tmp_path / "empty") == "no-dicom"


def test_a_folder_of_too_many_files_is_not_searched_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pleura.reading.dicom.discover.MOST_FILES", 20)
    assert error_code(save_all(series(chest()), tmp_path)) == "too-many-files"


def test_a_path_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="no such file") as caught:
        pleura.read(tmp_path / "nowhere")
    assert caught.value.code == "not-found"


def test_slice_of_a_folder_that_is_cut_short_is_named(tmp_path: Path) -> None:
    folder = save_all(series(chest()), tmp_path / "scan")
    cut = sorted(folder.iterdir())[3]
    cut.write_bytes(cut.read_bytes()[:-1000])
    with pytest.raises(UnreadableInput, match=rf"scan: {cut.name}: ") as caught:
        pleura.read(folder)
    assert caught.value.code == "truncated"
    archive = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", folder))
    with pytest.raises(UnreadableInput, match=rf"packed\.zip: {cut.name}: "):
        pleura.read(archive)
