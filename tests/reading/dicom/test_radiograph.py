"""DICOM radiographs: greys as meant to be looked at, millimetres and their reliability, frontal chests only."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_files import BYTES, CR, RAMP, ROOT, chest, codes, radiograph, save, save_all, series
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, JPEGBaseline8Bit, RLELossless
from read_files import error_code

import pleura
from pleura.errors import PleuraError
from pleura.geometry import to_axial
from pleura.reading.dicom.radiograph import pixel_spacing
from pleura.volume import Kind, Volume

DX = f"{CR}.1"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def read(dataset: Dataset, folder: Path, **how: Any) -> Volume:
    return pleura.read(save(dataset, folder / "one.dcm", **how))


def in_colour(colours: NDArray[Any], **elements: Any) -> Dataset:
    dataset = radiograph(BYTES, bits=8)
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PlanarConfiguration = 3, "RGB", 0
    dataset.PixelData = colours.tobytes()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


def test_a_radiograph_is_one_plane_of_8_bit_grey(tmp_path: Path) -> None:
    volume = read(radiograph(WindowCenter=2048, WindowWidth=4096), tmp_path)
    assert (volume.kind, volume.is_picture, volume.shape) == (Kind.RADIOGRAPH, True, (1, 64, 64))
    assert volume.voxels.dtype == np.uint8
    # LINEAR: (x - (2048 - 0.5)) / 4095 + 0.5, so the 12 bit range from end to end
    np.testing.assert_array_equal(volume.voxels[0], np.rint(RAMP / 4095 * 255))
    assert volume.identity.series_uid == f"{ROOT}.2"
    assert len(volume.identity.instance_uids) == 1


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


def test_info_names_a_radiograph(tmp_path: Path) -> None:
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
