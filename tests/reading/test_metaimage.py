"""MetaImage, against SimpleITK as the independent reader."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from dicom_files import chest
from read_files import error_code

import pleura

TURN = np.array([[0.0, -1, 0], [0, 0, 1], [-1, 0, 0]])


def image(turn: np.ndarray | None = None) -> SimpleITK.Image:
    made = SimpleITK.GetImageFromArray(chest((40, 36, 48)))
    made.SetSpacing((2.0, 3.0, 4.0))
    made.SetOrigin((-10.0, 20.0, 30.0))
    made.SetDirection((np.eye(3) if turn is None else turn).ravel().tolist())
    return made


@pytest.mark.parametrize("name", ["scan.mha", "scan.mhd"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("turn", [None, TURN])
def test_voxels_lie_where_simpleitk_puts_them(tmp_path: Path, name: str, packed: bool, turn: np.ndarray | None) -> None:
    made = image(turn)
    SimpleITK.WriteImage(made, str(tmp_path / name), useCompression=packed)
    volume = pleura.read(tmp_path / name)
    np.testing.assert_array_equal(volume.voxels, SimpleITK.GetArrayViewFromImage(made))
    for i, j, k in [(0, 0, 0), (5, 0, 0), (0, 7, 0), (0, 0, 9), (3, 11, 20)]:
        here = made.TransformIndexToPhysicalPoint((i, j, k))
        np.testing.assert_allclose((volume.affine @ (k, j, i, 1))[:3], here, atol=1e-4)
    assert volume.identity.format == "metaimage"


def test_a_file_of_two_axes_is_a_picture_in_the_plane_of_x_and_y(tmp_path: Path) -> None:
    hu = chest((3, 40, 48))[1]
    made = SimpleITK.GetImageFromArray(hu)
    made.SetSpacing((0.5, 0.7))
    made.SetOrigin((-10.0, 20.0))
    made.SetDirection((0, 1, -1, 0))
    SimpleITK.WriteImage(made, str(tmp_path / "slice.mha"))
    volume = pleura.read(tmp_path / "slice.mha")
    assert volume.is_picture
    np.testing.assert_array_equal(volume.voxels, hu[None])
    here = made.TransformIndexToPhysicalPoint((3, 11))
    np.testing.assert_allclose((volume.affine @ (0, 11, 3, 1))[:3], (*here, 0.0))


def test_a_header_without_spacing_says_that_nothing_is_known_of_it(tmp_path: Path) -> None:
    (tmp_path / "scan.raw").write_bytes(chest((40, 36, 48)).tobytes())
    header = "NDims = 3\nDimSize = 48 36 40\nElementType = MET_SHORT\nElementDataFile = scan.raw\n"
    (tmp_path / "scan.mhd").write_text(header)
    volume = pleura.read(tmp_path / "scan.mhd")
    assert not volume.spacing_known
    assert "spacing-unknown" in {note.code for note in volume.notes}


@pytest.mark.parametrize("pixel", [SimpleITK.sitkInt32, SimpleITK.sitkFloat32, SimpleITK.sitkFloat64])
def test_wider_types_become_int16(tmp_path: Path, pixel: int) -> None:
    SimpleITK.WriteImage(SimpleITK.Cast(image(), pixel), str(tmp_path / "scan.mha"))
    volume = pleura.read(tmp_path / "scan.mha")
    assert volume.voxels.dtype == np.int16
    np.testing.assert_array_equal(volume.voxels, chest((40, 36, 48)))


def test_big_endian_voxels_and_a_header_size_are_honoured(tmp_path: Path) -> None:
    hu = chest((40, 36, 48))
    (tmp_path / "scan.raw").write_bytes(b"junk" * 8 + hu.astype(">i2").tobytes())
    for skip in ("32", "-1"):
        (tmp_path / "scan.mhd").write_text(
            "NDims = 3\nDimSize = 48 36 40\nElementType = MET_SHORT\nBinaryDataByteOrderMSB = True\n"
            f"ElementSpacing = 1 1 3\nHeaderSize = {skip}\nElementDataFile = scan.raw\n"
        )
        np.testing.assert_array_equal(pleura.read(tmp_path / "scan.mhd").voxels, hu)


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("DimSize = 48", "not-3d"),
        ("DimSize = 48 36 40 2", "not-3d"),
        ("ElementSpacing = 1 1", "damaged"),
        ("DimSize = 48 36 0", "damaged"),
        ("DimSize = 48 36 forty", "damaged"),
        ("DimSize = 48 36 41", "truncated"),
        ("ElementType = MET_SPINOR", "damaged"),
        ("ElementNumberOfChannels = 3", "colour"),
        ("ObjectType = Mesh", "not-an-image"),
        ("ElementDataFile = gone.raw", "half-missing"),
        ("ElementDataFile = LIST", "several-files"),
        ("CompressedData = True", "truncated"),
        ("ElementDataFile", "damaged"),
    ],
)
def test_damaged_headers_are_refused_by_name(tmp_path: Path, field: str, code: str) -> None:
    fields = {"ObjectType": "Image", "NDims": "3", "DimSize": "48 36 40", "ElementType": "MET_SHORT"}
    name, _, value = field.partition(" = ")
    fields |= {"ElementDataFile": "scan.raw"} | {name: value}
    fields["ElementDataFile"] = fields.pop("ElementDataFile")  # it ends the header
    lines = [f"{key} = {text}" if text else key for key, text in fields.items()]
    (tmp_path / "scan.mhd").write_text("\n".join(lines) + "\n")
    (tmp_path / "scan.raw").write_bytes(chest((40, 36, 48)).tobytes())
    assert error_code(tmp_path / "scan.mhd") == code


@pytest.mark.parametrize(
    "first",
    [
        "Comment = made by hand = once",
        "Comment =" + 5000 * " long",
        "# a remark",
        "ElementSpacing = 2 2 5",
        "NDims : 3",
    ],
    ids=["comment", "long comment", "remark", "spacing", "colon"],
)
def test_fields_come_in_any_order(tmp_path: Path, first: str) -> None:
    hu = chest((40, 36, 48))
    last = "ElementSpacing = 2 2 5\nElementType = MET_SHORT\nDimSize = 48 36 40\nNDims = 3\nElementDataFile = LOCAL\n"
    (tmp_path / "scan.mha").write_bytes(f"{first}\r\n{last}".encode() + hu.tobytes())
    volume = pleura.read(tmp_path / "scan.mha")
    np.testing.assert_array_equal(volume.voxels, hu)
    assert volume.spacing == (5, 2, 2)


def test_a_fourth_axis_of_length_1_is_left_out(tmp_path: Path) -> None:
    image4 = SimpleITK.JoinSeries(image())
    SimpleITK.WriteImage(image4, str(tmp_path / "scan.mha"))
    SimpleITK.WriteImage(image(), str(tmp_path / "plain.mha"))
    found, plain = pleura.read(tmp_path / "scan.mha"), pleura.read(tmp_path / "plain.mha")
    np.testing.assert_array_equal(found.voxels, plain.voxels)
    np.testing.assert_allclose(found.affine, plain.affine)


@pytest.mark.parametrize(("unit", "spacing"), [("um", "2000 2000 5000"), ("cm", "0.2 0.2 0.5")])
def test_the_stated_unit_is_followed(tmp_path: Path, unit: str, spacing: str) -> None:
    header = f"NDims = 3\nDimSize = 48 36 40\nElementType = MET_SHORT\nElementSpacing = {spacing}\n"
    data = f"{header}DistanceUnits = {unit}\nElementDataFile = LOCAL\n".encode() + chest((40, 36, 48)).tobytes()
    (tmp_path / "scan.mha").write_bytes(data)
    assert pleura.read(tmp_path / "scan.mha").spacing == pytest.approx((5, 2, 2))
