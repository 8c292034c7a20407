"""Slices and volumes are written so that they read as they were, the same bytes each time."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from pleura.datasets.files import file_hash, write_slice, write_volume
from pleura.reading import read
from pleura.volume import Kind


def test_hounsfield_units_below_zero_survive_a_slice(tmp_path: Path) -> None:
    from PIL import Image

    plane = np.array([[-1024, -1], [0, 3071]], np.int16)
    write_slice(tmp_path / "a.tif", plane)
    with Image.open(tmp_path / "a.tif") as image:
        assert np.array_equal(np.asarray(image).astype(np.int16), plane)


def test_greys_survive_a_slice(tmp_path: Path) -> None:
    from PIL import Image

    plane = np.arange(6, dtype=np.uint8).reshape(2, 3)
    write_slice(tmp_path / "a.png", plane)
    with Image.open(tmp_path / "a.png") as image:
        assert np.array_equal(np.asarray(image), plane)


def test_a_volume_is_read_on_its_own_grid_and_written_the_same_each_time(tmp_path: Path) -> None:
    voxels = np.random.default_rng(0).integers(-1000, 400, (4, 40, 48)).astype(np.int16)
    voxels[:, :4] = -1000
    affine = np.array([[0, 0, 4.0, -90.0], [0, 4.0, 0, -80.0], [20.0, 0, 0, 30.0], [0, 0, 0, 1.0]])
    for name in ("a.nii.gz", "b.nii.gz"):
        write_volume(tmp_path / name, voxels, affine)
    volume = read(tmp_path / "a.nii.gz", kind=Kind.HU)
    assert np.array_equal(volume.voxels, voxels)
    assert np.allclose(volume.affine, affine)
    assert (tmp_path / "a.nii.gz").read_bytes() == (tmp_path / "b.nii.gz").read_bytes()


def test_the_hash_of_several_files_is_that_of_their_bytes_one_after_another(tmp_path: Path) -> None:
    paths = (tmp_path / "a", tmp_path / "b")
    for path in paths:
        path.write_text(path.name)
    assert file_hash(paths) == hashlib.sha256(b"ab").hexdigest()
