"""A volume knows the files it was read from, and tells nobody."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import numpy as np

from pleura.phantom import chest, write_dicom
from pleura.reading import read
from pleura.segmentation import Segmentation
from pleura.writing import sidecar_path


def test_volume_knows_the_files_it_was_read_from_in_the_order_of_its_slices(tmp_path: Path) -> None:
    head_first = write_dicom(chest((6, 64, 64), (40.0, 6.0, 6.0)), tmp_path / "series")
    (tmp_path / "series" / "notes.txt").write_text("not a slice")
    assert read(tmp_path / "series").source == tuple(reversed(head_first))


def test_volume_of_a_file_knows_that_file_and_the_one_beside_it_that_holds_its_voxels(tmp_path: Path) -> None:
    voxels = chest((6, 64, 64), (40.0, 6.0, 6.0)).volume.voxels.astype("<i2")
    fields = ("NDims = 3", "DimSize = 64 64 6", "ElementSpacing = 6 6 40", "ElementType = MET_SHORT")
    (tmp_path / "a.mhd").write_text("\n".join(("ObjectType = Image", *fields, "ElementDataFile = a.raw\n")))
    (tmp_path / "a.raw").write_bytes(voxels.tobytes())
    assert read(tmp_path / "a.mhd").source == (tmp_path / "a.mhd", tmp_path / "a.raw")


def test_volume_out_of_an_archive_knows_the_archive_not_what_is_gone_afterwards(tmp_path: Path) -> None:
    files = write_dicom(chest((6, 64, 64), (40.0, 6.0, 6.0)), tmp_path / "series")
    with ZipFile(tmp_path / "series.zip", "w") as archive:
        for file in files:
            archive.write(file, file.name)
    assert read(tmp_path / "series.zip").source == (tmp_path / "series.zip",)


def test_no_output_names_a_file_that_was_read(tmp_path: Path) -> None:
    write_dicom(chest((6, 64, 64), (40.0, 6.0, 6.0)), tmp_path / "Miller")
    volume = read(tmp_path / "Miller")
    mask = Segmentation(np.zeros(volume.shape, np.uint8), volume).write(tmp_path / "mask.nrrd")
    assert "Miller" not in repr(volume)
    assert b"Miller" not in mask.read_bytes() + sidecar_path(mask).read_bytes()
