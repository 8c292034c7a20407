"""Helper processes give what reading alone gives, and their failure is not the user's."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from dicom_files import chest, ct_slice, save, save_all, series
from pydicom.uid import RLELossless

import pleura
from pleura.errors import UnreadableInput
from pleura.reading.dicom.frames import Frame, read_frames
from pleura.reading.dicom.workers import read_in_workers

HU = chest((70, 40, 48))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_all(series(HU), tmp_path_factory.mktemp("rle"), syntax=RLELossless)


def todo(folder: Path) -> list[tuple[int, Frame]]:
    return [(slot, read_frames(path)[0]) for slot, path in enumerate(sorted(folder.iterdir()))]


def test_a_long_compressed_series_is_read_by_helpers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    voxels = np.zeros(HU.shape, np.int16)
    assert read_in_workers(todo(folder), voxels) == []
    np.testing.assert_array_equal(voxels, HU)


@pytest.mark.slow
def test_reading_gives_the_same_with_helpers_and_without(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for processors in (1, 2):
        monkeypatch.setattr(os, "cpu_count", lambda count=processors: count)
        np.testing.assert_array_equal(pleura.read(folder).voxels, HU)


@pytest.mark.parametrize("program", ["", "/opt/viewer/Viewer", "/nowhere/python3"])
def test_without_a_python_to_start_everything_is_left_to_the_caller(
    folder: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(sys, "executable", program)
    frames = todo(folder)
    left = read_in_workers(frames, np.zeros(HU.shape, np.int16))
    assert sorted(slot for slot, _ in left) == [slot for slot, _ in frames]
    np.testing.assert_array_equal(pleura.read(folder).voxels, HU)


@pytest.mark.slow
def test_a_damaged_slice_among_many_is_named_as_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    bad = save_all(series(HU), tmp_path, syntax=RLELossless)
    whole = save(ct_slice(HU[33], (-160, -160, -135)), bad / "0033.dcm", syntax=RLELossless).read_bytes()
    (bad / "0033.dcm").write_bytes(whole[:-600])
    with pytest.raises(UnreadableInput) as caught:
        pleura.read(bad)
    assert caught.value.code == "truncated"
