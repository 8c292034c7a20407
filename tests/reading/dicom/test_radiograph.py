"""DICOM radiographs: greys as they are meant to be looked at, millimetres with their doubts, frontal chests only."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_files import ROOT, chest, ct_slice, save, save_all, series
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels.processing import apply_voi, apply_windowing
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, JPEGBaseline8Bit, RLELossless

import pleura
from pleura.errors import PleuraError
from pleura.geometry import to_axial
from pleura.reading.dicom.radiograph import pixel_spacing
from pleura.reading.dicom.voi import window
from pleura.volume import Kind, Volume

CR = "1.2.840.10008.5.1.4.1.1.1"
DX = f"{CR}.1"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
RAMP = np.arange(64 * 64).reshape(64, 64).astype(np.uint16)
"""Every 12 bit value once, growing along the rows."""
_CT_ONLY = ("ImagePositionPatient", "ImageOrientationPatient", "SliceThickness", "RescaleSlope", "RescaleIntercept")


def radiograph(stored: NDArray[Any] = RAMP, *, bits: int = 12, **elements: Any) -> Dataset:
    wanted = {
        "SOPClassUID": CR,
        "Modality": "CR",
        "ViewPosition": "PA",
        "ImageType": ["ORIGINAL", "PRIMARY"],
        "PixelSpacing": None,
        **dict.fromkeys(_CT_ONLY),
        "BitsStored": bits,
        "HighBit": bits - 1,
        **elements,
    }
    number = int(elements.get("InstanceNumber", 1))
    dataset = ct_slice(stored, (0, 0, number), stored=stored, **{k: v for k, v in wanted.items() if v is not None})
    for keyword, value in wanted.items():
        if value is None:
            delattr(dataset, keyword)
    return dataset


def read(dataset: Dataset, folder: Path, **how: Any) -> Volume:
    return pleura.read(save(dataset, folder / "one.dcm", **how))


def error_code(path: Path) -> str:
    with pytest.raises(PleuraError) as caught:
        pleura.read(path)
    return caught.value.code


def codes(volume: Volume) -> set[str]:
    return {note.code for note in volume.notes}


def test_a_radiograph_is_one_plane_of_8_bit_grey(tmp_path: Path) -> None:
    volume = read(radiograph(WindowCenter=2048, WindowWidth=4096), tmp_path)
    assert (volume.kind, volume.is_picture, volume.shape) == (Kind.RADIOGRAPH, True, (1, 64, 64))
    assert volume.voxels.dtype == np.uint8
    # LINEAR: (x - (2048 - 0.5)) / 4095 + 0.5, so the 12 bit range from end to end
    np.testing.assert_array_equal(volume.voxels[0], np.rint(RAMP / 4095 * 255))
    assert volume.identity.series_uid == f"{ROOT}.2"
    assert len(volume.identity.instance_uids) == 1


def test_monochrome1_is_turned_so_that_bone_is_bright(tmp_path: Path) -> None:
    shown = {"WindowCenter": 2048, "WindowWidth": 4096}
    plain = read(radiograph(**shown), tmp_path)
    turned = read(radiograph(PhotometricInterpretation="MONOCHROME1", **shown), tmp_path)
    np.testing.assert_array_equal(turned.voxels, 255 - plain.voxels)


@pytest.mark.parametrize(
    ("function", "value", "expected"),
    [
        ("LINEAR", 0.5 + 101 / 4, 0.75),  # (x - (c - 0.5)) / (w - 1) + 0.5 with c 1, w 102
        ("LINEAR_EXACT", 1 + 102 / 4, 0.75),  # (x - c) / w + 0.5
        ("SIGMOID", 1 + 102 / 4, 1 / (1 + np.exp(-1))),  # 1 / (1 + exp(-4 (x - c) / w))
        ("LINEAR", -1000, 0),
        ("LINEAR_EXACT", 1000, 1),
    ],
)
def test_windows_follow_the_standard(function: str, value: float, expected: float) -> None:
    assert window(np.array([value]), 1, 102, function)[0] == pytest.approx(expected)


def test_a_window_of_width_one_is_a_threshold() -> None:
    assert window(np.array([9, 10, 11]), 10, 1).tolist() == [0, 1, 1]


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_the_window_equals_that_of_pydicom(tmp_path: Path, function: str) -> None:
    dataset = radiograph(WindowCenter=[1500, 40], WindowWidth=[2500, 400], VOILUTFunction=function)
    found = read(dataset, tmp_path).voxels[0]
    np.testing.assert_array_equal(found, np.rint(apply_windowing(RAMP, dataset) / 4095 * 255))


def test_a_voi_table_goes_before_a_window(tmp_path: Path) -> None:
    table = Dataset()
    table.LUTDescriptor = [4096, 0, 16]
    table.LUTData = np.rint(65535 * (np.arange(4096) / 4095) ** 2).astype(np.uint16).tobytes()
    table["LUTData"].VR = "OW"
    dataset = radiograph(VOILUTSequence=Sequence([table]), WindowCenter=1, WindowWidth=2)
    found = read(dataset, tmp_path).voxels[0]
    np.testing.assert_array_equal(found, np.rint(apply_voi(RAMP, dataset) / 65535 * 255))
    np.testing.assert_allclose(found, 255 * (RAMP / 4095) ** 2, atol=0.51)


def test_the_rescale_is_applied_before_the_window(tmp_path: Path) -> None:
    # stored 0..4095 become -1000..1047.5, so that the window from -1000 to 1047.5 is the whole range
    shown = {"WindowCenter": 23.75, "WindowWidth": 2047.5, "VOILUTFunction": "LINEAR_EXACT"}
    volume = read(radiograph(RescaleSlope=0.5, RescaleIntercept=-1000, **shown), tmp_path)
    np.testing.assert_array_equal(volume.voxels[0], np.rint(RAMP / 4095 * 255))


def test_8_bits_without_a_window_stay_as_they_are(tmp_path: Path) -> None:
    stored = (RAMP % 200).astype(np.uint8)
    np.testing.assert_array_equal(read(radiograph(stored, bits=8), tmp_path).voxels[0], stored)


def test_deep_values_without_a_window_are_spread_from_end_to_end_but_for_padding(tmp_path: Path) -> None:
    stored = 1000 + RAMP // 4
    stored[:, :32] = 0
    stored[0, 40] = 4095  # a marker
    found = read(radiograph(stored, PixelPaddingValue=0), tmp_path).voxels[0]
    assert (found[:, :32] == 0).all()
    inside = found[:, 33:][1:]
    assert inside.min() <= 3
    assert inside.max() == 255
    assert np.abs(inside - (stored[1:, 33:] - 1000.0) / 1023 * 255).max() < 4


def test_a_window_that_shows_nothing_is_ignored_with_a_note(tmp_path: Path) -> None:
    volume = read(radiograph(WindowCenter=60000, WindowWidth=10), tmp_path)
    assert "window-ignored" in codes(volume)
    assert np.ptp(volume.voxels) == 255
    assert "window-ignored" not in codes(read(radiograph(WindowCenter=2000, WindowWidth=4000), tmp_path))


@pytest.mark.parametrize("bits", [10, 12, 14, 15, 16])
def test_any_depth_fills_the_greys(tmp_path: Path, bits: int) -> None:
    stored = (RAMP.astype(np.uint32) * (2**bits - 1) // 4095).astype(np.uint16)
    whole = {"WindowCenter": 2 ** (bits - 1), "WindowWidth": 2**bits}
    found = read(radiograph(stored, bits=bits, **whole), tmp_path).voxels[0]
    np.testing.assert_allclose(found, RAMP / 4095 * 255, atol=0.76)


def test_overlay_bits_above_the_stored_ones_do_not_show(tmp_path: Path) -> None:
    shown = {"WindowCenter": 2048, "WindowWidth": 4096}
    clean = read(radiograph(**shown), tmp_path)
    np.testing.assert_array_equal(read(radiograph(RAMP | 0x8000, **shown), tmp_path).voxels, clean.voxels)


def test_signed_values_keep_their_sign(tmp_path: Path) -> None:
    stored = (RAMP.astype(np.int16) - 2048) & 0x0FFF  # two's complement in 12 of 16 bits
    volume = read(radiograph(stored, PixelRepresentation=1, WindowCenter=0, WindowWidth=4096), tmp_path)
    np.testing.assert_array_equal(volume.voxels[0], np.rint(RAMP / 4095 * 255))


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless])
def test_compressed_radiographs_give_the_same_greys(tmp_path: Path, syntax: str) -> None:
    plain = read(radiograph(), tmp_path / "a")
    np.testing.assert_array_equal(read(radiograph(), tmp_path / "b", syntax=syntax).voxels, plain.voxels)


def test_an_8_bit_jpeg_of_secondary_capture_class_is_a_radiograph_by_its_modality(tmp_path: Path) -> None:
    """As the RSNA Pneumonia Detection Challenge has them."""
    grey = np.clip(np.add.outer(np.arange(1024), np.arange(1024)) // 9, 0, 255).astype(np.uint8)
    stream = BytesIO()
    Image.fromarray(grey).save(stream, "JPEG", quality=90)
    dataset = radiograph(grey, bits=8, SOPClassUID=SECONDARY_CAPTURE, PixelSpacing=[0.168, 0.168])
    save(dataset, tmp_path / "plain.dcm", syntax=ExplicitVRLittleEndian)
    dataset.PixelData = encapsulate([stream.getvalue()])
    dataset["PixelData"].VR = "OB"
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    dataset.save_as(tmp_path / "one.dcm", enforce_file_format=True)
    volume = pleura.read(tmp_path / "one.dcm")
    assert volume.kind is Kind.RADIOGRAPH
    assert np.abs(volume.voxels[0].astype(int) - grey).max() <= 3
    # 1024 pixels of 0.168 mm are 172 mm: the challenge's pictures were shrunk, their spacing was not
    assert codes(volume) >= {"lossy-compression", "spacing-at-detector", "spacing-doubtful"}


@pytest.mark.parametrize(
    ("elements", "expected", "noted"),
    [
        ({"PixelSpacing": [0.2, 0.3], "ImagerPixelSpacing": [0.22, 0.33]}, (0.2, 0.3), set()),
        ({"PixelSpacing": [0.2, 0.2], "PixelSpacingCalibrationType": "GEOMETRY"}, (0.2, 0.2), set()),
        ({"PixelSpacing": [0.2, 0.2]}, (0.2, 0.2), {"spacing-at-detector"}),
        ({"PixelSpacing": [0.2, 0.2], "ImagerPixelSpacing": [0.2, 0.2]}, (0.2, 0.2), {"spacing-at-detector"}),
        ({"ImagerPixelSpacing": [0.2, 0.2]}, (0.2, 0.2), {"spacing-at-detector"}),
        ({"ImagerPixelSpacing": [0.2, 0.4], "EstimatedRadiographicMagnificationFactor": 1.25}, (0.16, 0.32), set()),
        ({"NominalScannedPixelSpacing": [0.2, 0.2]}, (0.2, 0.2), {"spacing-at-detector"}),
        ({"PixelSpacing": [0, 0]}, None, {"spacing-unknown"}),
        ({}, None, {"spacing-unknown"}),
    ],
)
def test_spacing_is_that_at_the_patient_or_says_that_it_may_not_be(
    elements: dict[str, Any], expected: tuple[float, float] | None, noted: set[str]
) -> None:
    dataset = Dataset()
    dataset.update({})
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    spacing, notes = pixel_spacing(dataset)
    assert spacing == (None if expected is None else pytest.approx(expected))
    assert {note.code for note in notes} == noted


def test_spacing_reaches_the_volume_along_its_axes(tmp_path: Path) -> None:
    volume = read(radiograph(PixelSpacing=[5, 4], ImagerPixelSpacing=[6, 5]), tmp_path)
    assert volume.spacing == (1, 5, 4)
    assert volume.spacing_known
    assert codes(volume) == set()
    assert not read(radiograph(), tmp_path).spacing_known


def test_ratio_of_the_pixels_shapes_the_grid_where_their_size_is_not_known(tmp_path: Path) -> None:
    flat = read(radiograph(PixelAspectRatio=[3, 2]), tmp_path)
    assert flat.spacing == (1, 1.5, 1)
    assert not flat.spacing_known
    assert read(radiograph(PixelAspectRatio=[0, 2]), tmp_path).spacing == (1, 1, 1)
    assert read(radiograph(PixelAspectRatio=[3, 2], PixelSpacing=[5, 4]), tmp_path).spacing == (1, 5, 4)


@pytest.mark.parametrize("orientation", [["R", "F"], ["RF", "FL"], ["L", "H"], ["F", "L"], ["H", "R"]])
def test_a_mirror_image_by_its_header_is_turned_to_the_usual_view(tmp_path: Path, orientation: list[str]) -> None:
    volume = read(radiograph(PatientOrientation=orientation, PixelSpacing=[5, 4]), tmp_path)
    usual = read(radiograph(PixelSpacing=[5, 4]), tmp_path)
    np.testing.assert_array_equal(volume.voxels, usual.voxels)
    np.testing.assert_array_equal(to_axial(volume.voxels, volume.affine), usual.voxels[:, :, ::-1])
    assert volume.spacing == (1, 5, 4)
    assert "stored-mirrored" in codes(volume)


@pytest.mark.parametrize("orientation", [["L", "F"], ["R", "H"], ["H", "L"], ["F", "R"], ["L", "R"], ["L"], ["X", "F"]])
def test_a_turned_picture_and_an_unclear_header_keep_the_picture_as_it_is(
    tmp_path: Path, orientation: list[str]
) -> None:
    volume = read(radiograph(PatientOrientation=orientation), tmp_path)
    np.testing.assert_array_equal(to_axial(volume.voxels, volume.affine), volume.voxels)
    assert "stored-mirrored" not in codes(volume)


@pytest.mark.parametrize(
    ("elements", "code"),
    [
        ({"ViewPosition": "LL"}, "lateral-view"),
        ({"ViewPosition": "RL"}, "lateral-view"),
        ({"ViewPosition": "LATERAL"}, "lateral-view"),
        ({"ViewPosition": "", "PatientOrientation": ["P", "F"]}, "lateral-view"),
        ({"BodyPartExamined": "HAND"}, "not-a-chest"),
        ({"BodyPartExamined": "SKULL"}, "not-a-chest"),
        ({"BodyPartExamined": "ABDOMEN"}, "not-a-chest"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.11.1"}, "not-an-image"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2"}, "wrong-modality"),
        ({"Modality": "MG"}, "wrong-modality"),
        ({"NumberOfFrames": 2}, "several-pages"),
        ({"PixelData": None}, "no-pixel-data"),
        ({"Rows": 65}, "truncated"),
    ],
)
def test_what_is_no_frontal_chest_radiograph_is_refused_by_name(
    tmp_path: Path, elements: dict[str, Any], code: str
) -> None:
    assert error_code(save(radiograph(**elements), tmp_path / "one.dcm")) == code


def test_a_coded_lateral_view_is_refused_but_not_a_decubitus(tmp_path: Path) -> None:
    for meaning, lateral in (("left lateral", True), ("right lateral decubitus", False), ("antero-posterior", False)):
        view = Dataset()
        view.CodeMeaning = meaning
        path = save(radiograph(SOPClassUID=DX, Modality="DX", ViewCodeSequence=Sequence([view])), tmp_path / "one.dcm")
        if lateral:
            assert error_code(path) == "lateral-view"
        else:
            assert pleura.read(path).kind is Kind.RADIOGRAPH


def test_a_picture_of_one_value_is_refused(tmp_path: Path) -> None:
    assert error_code(save(radiograph(np.full_like(RAMP, 7)), tmp_path / "one.dcm")) == "constant"


def test_doubtful_headers_are_read_with_notes(tmp_path: Path) -> None:
    odd = {
        "Modality": None,
        "BodyPartExamined": "RIBS",
        "ViewPosition": "RAO",
        "PresentationIntentType": "FOR PROCESSING",
    }
    noted = codes(read(radiograph(**odd), tmp_path))
    assert noted >= {"modality-missing", "other-body-part", "oblique-view", "for-processing"}


def test_radiographs_of_one_series_are_offered_one_by_one(tmp_path: Path) -> None:
    pair = [radiograph(RAMP + k, bits=16, InstanceNumber=k + 1) for k in range(2)]
    folder = save_all(pair, tmp_path)
    with pytest.raises(PleuraError, match=f"radiograph PA of 64 x 64.*{ROOT}.2#2") as caught:
        pleura.read(folder)
    assert caught.value.code == "several-series"
    assert pleura.read(folder, series=f"{ROOT}.2#2").kind is Kind.RADIOGRAPH


def test_the_lateral_of_a_pair_is_put_aside(tmp_path: Path) -> None:
    pair = [radiograph(), radiograph(ViewPosition="LL", InstanceNumber=2)]
    volume = pleura.read(save_all(pair, tmp_path))
    assert volume.kind is Kind.RADIOGRAPH
    assert "series-chosen" in codes(volume)


def test_a_ct_beside_a_radiograph_is_what_is_read(tmp_path: Path) -> None:
    save_all(series(chest()), tmp_path / "ct")
    save(radiograph(SeriesInstanceUID=f"{ROOT}.77"), tmp_path / "cr" / "one.dcm")
    volume = pleura.read(tmp_path)
    assert volume.kind is Kind.HU
    assert any("1 radiograph" in note.message for note in volume.notes if note.code == "series-chosen")


def test_info_tells_a_radiograph(tmp_path: Path) -> None:
    (found,) = pleura.reading.survey_path(save(radiograph(), tmp_path / "one.dcm")).series
    assert (found.kind, found.modality, found.usable, found.orientation) == ("radiograph", "CR", True, "")


def test_no_personal_data_reach_the_volume(tmp_path: Path) -> None:
    volume = read(radiograph(), tmp_path)
    text = repr((volume.identity, volume.notes))
    assert "Nobody" not in text
    assert "SECRET" not in text


@pytest.mark.parametrize("name", ["chest-cr-pa-monochrome1-j2k", "chest-cr-pa-monochrome1-explicit-le"])
def test_real_inverted_radiographs_show_the_spine_brighter_than_the_lungs(shared: Path, name: str) -> None:
    grey = pleura.read(shared / "data/cxr/other/dicom" / f"{name}.dcm").voxels[0].astype(float)
    rows, columns = grey.shape
    middle = slice(rows // 3, rows // 2)
    spine = grey[middle, int(0.48 * columns) : int(0.52 * columns)].mean()
    lung = grey[middle, int(0.24 * columns) : int(0.30 * columns)].mean()
    assert spine > lung + 20


BYTES = (RAMP // 16).astype(np.uint8)


@pytest.mark.parametrize(("slope", "intercept"), [(-10, 3000), (10, 0), (1, 500), (0.1, -7)])
def test_8_bits_with_a_rescale_and_no_window_are_spread_as_the_rescale_says(
    tmp_path: Path, slope: float, intercept: float
) -> None:
    dataset = radiograph(BYTES, bits=8, RescaleSlope=slope, RescaleIntercept=intercept)
    grey = read(dataset, tmp_path).voxels[0]
    assert (grey.min(), grey.max()) == (0, 255)
    assert (grey[0, 0] < grey[-1, -1]) == (slope > 0)


def test_8_bits_with_a_rescale_that_says_nothing_are_taken_as_they_are(tmp_path: Path) -> None:
    grey = read(radiograph(BYTES // 2, bits=8, RescaleSlope=1, RescaleIntercept=0), tmp_path).voxels[0]
    np.testing.assert_array_equal(grey, BYTES // 2)


def in_colour(colours: NDArray[Any], **elements: Any) -> Dataset:
    dataset = radiograph(BYTES, bits=8)
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
    dataset.PixelData = colours.tobytes()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


def test_grey_stored_in_three_channels_is_read_as_grey(tmp_path: Path) -> None:
    three = np.repeat(BYTES[..., None], 3, axis=-1)
    for dataset in (
        in_colour(three),
        in_colour(three.transpose(2, 0, 1), PlanarConfiguration=1),
        in_colour(np.dstack([BYTES, np.full((64, 64, 2), 128, np.uint8)]), PhotometricInterpretation="YBR_FULL"),
    ):
        volume = read(dataset, tmp_path)
        np.testing.assert_array_equal(volume.voxels[0], BYTES)
        assert volume.kind is Kind.RADIOGRAPH


def test_a_palette_of_greys_is_read_as_grey(tmp_path: Path) -> None:
    dataset = radiograph(255 - BYTES, bits=8, PhotometricInterpretation="PALETTE COLOR")
    ramp = (np.arange(256)[::-1] * 257).astype(np.uint16).tobytes()
    for name in ("Red", "Green", "Blue"):
        setattr(dataset, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(dataset, f"{name}PaletteColorLookupTableData", ramp)
    np.testing.assert_array_equal(read(dataset, tmp_path).voxels[0], BYTES)


def test_a_little_colour_is_left_out_and_more_is_refused(tmp_path: Path) -> None:
    colours = np.repeat(BYTES[..., None], 3, axis=-1)
    colours[:4, :4] = (255, 0, 0)
    assert "colour-dropped" in {note.code for note in read(in_colour(colours), tmp_path).notes}
    colours[:32] = (255, 0, 0)
    assert error_code(save(in_colour(colours), tmp_path / "red.dcm")) == "colour"


def test_jpeg_of_12_bits_is_named_where_its_decoder_is_not_there(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.uid import JPEGExtended12Bit

    monkeypatch.setattr(get_decoder(JPEGExtended12Bit), "_available", {})
    path = shared / "cases/reports/jpeg12-extended/CT.dcm"
    if not path.is_file():
        pytest.skip("the cases are not beside this checkout")
    with pytest.raises(PleuraError, match="pip install pylibjpeg-libjpeg") as caught:
        pleura.read(path)
    assert caught.value.code == "transfer-syntax"
