"""NRRD, against SimpleITK as the independent reader, and with the spaces that it names."""

from __future__ import annotations

import sys
from pathlib import Path

import nrrd
import numpy as np
import pytest
import SimpleITK
from dicom_files import chest
from read_files import error_code

import pleura
from pleura.errors import MissingExtra

HU = chest((40, 36, 48))


def save(path: Path, **header: object) -> Path:
    nrrd.write(str(path), HU, header or None, index_order="C")
    return path


@pytest.mark.parametrize("packed", [False, True])
def test_voxels_lie_where_simpleitk_puts_them(tmp_path: Path, packed: bool) -> None:
    made = SimpleITK.GetImageFromArray(HU)
    made.SetSpacing((2.0, 3.0, 4.0))
    made.SetOrigin((-10.0, 20.0, 30.0))
    made.SetDirection((0, -1, 0, 0, 0, 1, -1, 0, 0))
    SimpleITK.WriteImage(made, str(tmp_path / "scan.nrrd"), useCompression=packed)
    volume = pleura.read(tmp_path / "scan.nrrd")
    np.testing.assert_array_equal(volume.voxels, HU)
    here = made.TransformIndexToPhysicalPoint((3, 11, 20))
    np.testing.assert_allclose((volume.affine @ (20, 11, 3, 1))[:3], here, atol=1e-6)


@pytest.mark.parametrize(
    ("space", "signs"),
    [
        ("left-posterior-superior", (1, 1, 1)),
        ("right-anterior-superior", (-1, -1, 1)),
        ("LAS", (1, -1, 1)),
    ],
)
def test_each_space_is_turned_to_lps(tmp_path: Path, space: str, signs: tuple[int, int, int]) -> None:
    path = save(
        tmp_path / "scan.nrrd",
        **{"space": space, "space directions": np.diag([2.0, 3.0, 4.0]), "space origin": [10.0, 20.0, 30.0]},
    )
    volume = pleura.read(path)
    expected = np.array(signs) * (10 + 2 * 3, 20 + 3 * 11, 30 + 4 * 20)
    np.testing.assert_allclose((volume.affine @ (20, 11, 3, 1))[:3], expected)


def test_a_file_without_space_is_read_with_a_note(tmp_path: Path) -> None:
    volume = pleura.read(save(tmp_path / "scan.nrrd", spacings=[2.0, 3.0, 4.0]))
    assert volume.spacing == (4, 3, 2)
    assert "orientation-unknown" in {note.code for note in volume.notes}


def test_a_file_of_two_axes_is_a_picture_where_simpleitk_puts_it(tmp_path: Path) -> None:
    made = SimpleITK.GetImageFromArray(HU[20])
    made.SetSpacing((0.5, 0.7))
    made.SetOrigin((-10.0, 20.0))
    SimpleITK.WriteImage(made, str(tmp_path / "slice.nrrd"))
    volume = pleura.read(tmp_path / "slice.nrrd")
    assert volume.is_picture
    np.testing.assert_array_equal(volume.voxels, HU[20:21])
    here = made.TransformIndexToPhysicalPoint((3, 11))
    np.testing.assert_allclose((volume.affine @ (0, 11, 3, 1))[:3], (*here, 0.0))


def test_a_picture_placed_in_space_keeps_its_place(tmp_path: Path) -> None:
    header = {
        "space": "right-anterior-superior",
        "space directions": np.array([[-2.0, 0.0, 0.0], [0.0, 3.0, 0.0]]),
        "space origin": [10.0, 20.0, 30.0],
    }
    nrrd.write(str(tmp_path / "slice.nrrd"), HU[20], header, index_order="C")
    volume = pleura.read(tmp_path / "slice.nrrd")
    np.testing.assert_allclose((volume.affine @ (0, 11, 3, 1))[:3], (-10 + 2 * 3, -20 - 3 * 11, 30))
    assert volume.spacing == (1, 3, 2)


def test_a_picture_without_millimetres_says_so(tmp_path: Path) -> None:
    nrrd.write(str(tmp_path / "slice.nrrd"), HU[20], index_order="C")
    volume = pleura.read(tmp_path / "slice.nrrd")
    assert not volume.spacing_known
    assert {"spacing-unknown"} < {note.code for note in volume.notes}


def test_a_detached_header_without_its_data_is_refused(tmp_path: Path) -> None:
    nrrd.write(str(tmp_path / "scan.nhdr"), HU, {"encoding": "raw"}, index_order="C")
    np.testing.assert_array_equal(pleura.read(tmp_path / "scan.nhdr").voxels, HU)
    (tmp_path / "scan.raw").unlink()
    assert error_code(tmp_path / "scan.nhdr") == "half-missing"


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    for encoding in ("raw", "gzip"):
        path = save(tmp_path / f"{encoding}.nrrd", encoding=encoding)
        path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
        assert error_code(path) == "truncated"


def test_the_extra_is_named_where_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "scan.nrrd")
    monkeypatch.setitem(sys.modules, "nrrd", None)
    with pytest.raises(MissingExtra, match=r"pip install 'pleura\[itk\]'"):
        pleura.read(path)


@pytest.mark.parametrize("axis", [0, 3])
def test_a_fourth_axis_of_length_1_is_left_out(tmp_path: Path, axis: int) -> None:
    rows = [[2.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 4.0]]
    rows.insert(axis, [np.nan] * 3)
    header = {"space": "left-posterior-superior", "space directions": np.array(rows), "space origin": [1.0, 2.0, 3.0]}
    nrrd.write(str(tmp_path / "scan.nrrd"), np.expand_dims(HU, 3 - axis), header, index_order="C")
    volume = pleura.read(tmp_path / "scan.nrrd")
    np.testing.assert_array_equal(volume.voxels, HU)
    assert volume.spacing == (4, 3, 2)


@pytest.mark.parametrize(("unit", "scale"), [("mm", 1.0), ("cm", 0.1), ("m", 0.001), ("um", 1000.0)])
def test_the_stated_unit_is_followed(tmp_path: Path, unit: str, scale: float) -> None:
    header = {
        "space": "left-posterior-superior",
        "space directions": np.diag([2.0, 3.0, 4.0]) * scale,
        "space units": [unit] * 3,
    }
    nrrd.write(str(tmp_path / "scan.nrrd"), HU, header, index_order="C")
    assert pleura.read(tmp_path / "scan.nrrd").spacing == pytest.approx((4, 3, 2))


def test_a_spacing_that_is_no_number_is_an_unknown_one(tmp_path: Path) -> None:
    volume = pleura.read(save(tmp_path / "scan.nrrd", spacings=[np.nan, 3.0, 4.0]))
    assert not volume.spacing_known
    assert "spacing-unknown" in {note.code for note in volume.notes}
