"""DICOM series as they come from archives: each defect gives a result with a note, or an error with a name."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
from dicom_files import AXIAL, ROOT, chest, ct_slice, enhanced, save, save_all, series
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
)

import pleura
from pleura.errors import AmbiguousInput, PleuraError, UnreadableInput, UnsuitableInput
from pleura.volume import Kind, Volume


def codes(volume: Volume) -> set[str]:
    return {note.code for note in volume.notes}


def error_code(path: Path, **how: object) -> str:
    with pytest.raises(PleuraError) as caught:
        pleura.read(path, **how)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    assert path.name in str(caught.value)
    return caught.value.code


def test_a_clean_series_is_read_voxel_for_voxel_without_a_note(tmp_path: Path) -> None:
    hu = chest()
    volume = pleura.read(save_all(series(hu), tmp_path / "scan"))
    np.testing.assert_array_equal(volume.voxels, hu)
    assert volume.voxels.dtype == np.int16
    assert volume.voxels.flags.c_contiguous
    assert volume.kind is Kind.HU
    assert not volume.is_picture
    assert volume.notes == ()
    np.testing.assert_allclose(
        volume.affine, [[0, 0, 5, -160], [0, 5, 0, -160], [5, 0, 0, -300], [0, 0, 0, 1]], atol=1e-9
    )


def test_slices_are_ordered_by_position_whatever_names_and_instance_numbers_say(tmp_path: Path) -> None:
    hu = chest()
    slices = series(hu)
    shuffled = np.random.default_rng(1).permutation(len(slices))
    for k, dataset in enumerate(slices):
        dataset.InstanceNumber = int(shuffled[k]) + 1
    names = {k: f"slice{(k * 7) % 24:02d}" for k in range(len(slices))}
    np.testing.assert_array_equal(pleura.read(save_all(slices, tmp_path, names=names)).voxels, hu)


def test_folders_are_searched_and_litter_is_left_out(tmp_path: Path) -> None:
    hu = chest()
    names = {k: f"deep/{'even' if k % 2 else 'odd'}/I{k}" for k in range(24)}
    folder = save_all(series(hu), tmp_path, names=names)
    for name in ("DICOMDIR", ".DS_Store", "Thumbs.db", "notes.txt", "__MACOSX/._I1"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"\0\0litter that is not an image" * 20)
    volume = pleura.read(folder)
    np.testing.assert_array_equal(volume.voxels, hu)
    assert codes(volume) == set()


def test_rescale_is_applied_slice_by_slice(tmp_path: Path) -> None:
    hu = chest()
    slices = [ct_slice(hu[k], (0, 0, 5 * k), slope=1 + k % 2, intercept=-1024 - 2 * k) for k in range(24)]
    read = pleura.read(save_all(slices, tmp_path)).voxels
    np.testing.assert_array_equal(read[::2], hu[::2])
    assert np.abs(read[1::2] - hu[1::2]).max() == 1  # slope 2 keeps every second value


def test_fractional_rescale_is_rounded(tmp_path: Path) -> None:
    stored = np.full((64, 64), 3, np.uint16)
    stored[0, 0] = 40000
    path = save(ct_slice(stored, (0, 0, 0), stored=stored, slope=0.5, intercept=-1000.0), tmp_path / "one.dcm")
    voxels = pleura.read(path).voxels
    assert voxels[0, 1, 1] == -998  # -998.5 goes to the even neighbour
    assert voxels[0, 0, 0] == 19000


def test_padding_below_air_becomes_air_even_where_the_sum_would_wrap_round(tmp_path: Path) -> None:
    stored = (chest((1, 64, 64))[0] + 1024).astype(np.int16)
    stored[0, :3] = (-32768, -2000, -1024)
    path = save(ct_slice(stored, (0, 0, 0), stored=stored, PixelPaddingValue=-2000), tmp_path / "one.dcm")
    assert pleura.read(path).voxels[0, 0, :3].tolist() == [-1024, -1024, -1024]


def test_unsigned_values_above_the_signed_range_are_kept_or_clipped_but_never_wrapped(tmp_path: Path) -> None:
    stored = (chest((1, 64, 64))[0] + 1024).astype(np.uint16)
    stored[0, :2] = (33000, 65535)
    path = save(ct_slice(stored, (0, 0, 0), stored=stored), tmp_path / "one.dcm")
    assert pleura.read(path).voxels[0, 0, :2].tolist() == [33000 - 1024, 32767]


@pytest.mark.parametrize("signed", [False, True])
def test_bits_above_the_stored_ones_are_ignored(tmp_path: Path, signed: bool) -> None:
    hu = chest((1, 64, 64))[0]
    intercept = 0 if signed else -1024
    twelve = (hu - intercept).astype(np.int16) & 0x0FFF
    stored = (twelve.astype(np.uint16) | 0x5000).view(np.int16 if signed else np.uint16)
    dataset = ct_slice(hu, (0, 0, 0), stored=stored, intercept=intercept, BitsStored=12, HighBit=11)
    np.testing.assert_array_equal(pleura.read(save(dataset, tmp_path / "one.dcm")).voxels[0], hu)


@pytest.mark.parametrize(
    "syntax",
    [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian, RLELossless, JPEG2000Lossless],
)
def test_every_transfer_syntax_gives_the_same_voxels(tmp_path: Path, syntax: str) -> None:
    hu = chest()
    volume = pleura.read(save_all(series(hu), tmp_path, syntax=syntax))
    np.testing.assert_array_equal(volume.voxels, hu)
    assert volume.identity.sha256 == hashlib.sha256(hu.tobytes()).hexdigest()


def test_the_affine_follows_any_orientation_of_rows_and_columns(tmp_path: Path) -> None:
    hu = chest((9, 40, 48))
    orientation = (-1, 0, 0, 0, -1, 0)
    slices = series(hu, orientation=orientation, spacing=(3.0, 2.0), step=(0, 0, -4), start=(10, 20, 30))
    volume = pleura.read(save_all(slices, tmp_path))
    k, j, i = 2, 5, 7
    here = volume.affine @ (k, j, i, 1)
    source = round((30 - here[2]) / 4)  # the file that lies at this height
    np.testing.assert_allclose(here[:2], (10 - 2 * i, 20 - 3 * j), atol=1e-6)
    assert volume.voxels[k, j, i] == hu[source, j, i]


def test_oblique_slices_keep_their_directions(tmp_path: Path) -> None:
    angle = np.radians(20)
    orientation = (np.cos(angle), np.sin(angle), 0, -np.sin(angle), np.cos(angle), 0)
    volume = pleura.read(save_all(series(chest(), orientation=orientation), tmp_path))
    np.testing.assert_allclose(volume.affine[:3, 2], 5 * np.array(orientation[:3]), atol=1e-6)
    np.testing.assert_allclose(volume.affine[:3, 1], 5 * np.array(orientation[3:]), atol=1e-6)
    assert codes(volume) == set()


def test_a_tilted_gantry_keeps_the_sheared_grid_and_says_so(tmp_path: Path) -> None:
    angle = np.radians(15)
    orientation = (1, 0, 0, 0, np.cos(angle), -np.sin(angle))
    volume = pleura.read(save_all(series(chest(), orientation=orientation), tmp_path))
    np.testing.assert_allclose(volume.affine[:3, 0], (0, 0, 5), atol=1e-6)  # the table moves along z, not the normal
    assert np.linalg.det(volume.affine[:3, :3]) == pytest.approx(-125 * np.cos(angle), abs=1e-4)
    (note,) = volume.notes
    assert note.code == "gantry-tilt"
    assert note.message.startswith("the axes are 15.0 degrees")


def test_missing_slices_are_filled_at_their_true_places(tmp_path: Path) -> None:
    hu = chest((20, 64, 64))
    slices = series(hu)
    volume = pleura.read(save_all([s for k, s in enumerate(slices) if k not in {7, 12, 13}], tmp_path))
    assert volume.shape == (20, 64, 64)
    assert volume.spacing == pytest.approx((5, 5, 5))
    there = [k for k in range(20) if k not in {7, 12, 13}]
    np.testing.assert_array_equal(volume.voxels[there], hu[there])
    np.testing.assert_array_equal(volume.voxels[7], np.rint((hu[6].astype(float) + hu[8]) / 2))
    np.testing.assert_allclose(volume.voxels[12], hu[11] + (hu[14] - hu[11]) / 3, atol=0.51)
    assert [k for k, uid in enumerate(volume.identity.instance_uids) if not uid] == [7, 12, 13]
    (note,) = [note for note in volume.notes if note.code == "missing-slices"]
    assert note.message.startswith("3 missing slices")


def test_too_many_missing_slices_are_refused(tmp_path: Path) -> None:
    slices = series(chest((20, 64, 64)))
    assert error_code(save_all(slices[:10] + slices[16:], tmp_path)) == "missing-slices"


def test_small_irregularities_are_noted_with_their_size(tmp_path: Path) -> None:
    hu = chest()
    slices = series(hu)
    slices[11].ImagePositionPatient = [-160, -160, -300 + 11 * 5 + 0.4]
    volume = pleura.read(save_all(slices, tmp_path))
    np.testing.assert_array_equal(volume.voxels, hu)
    (note,) = volume.notes
    assert note.code == "irregular-spacing"
    assert "0.40 mm" in note.message


def test_slices_far_apart_are_said_to_be_sparse(tmp_path: Path) -> None:
    volume = pleura.read(save_all(series(chest(), step=(0, 0, 20)), tmp_path))
    assert codes(volume) == {"sparse-slices"}


def test_positions_rounded_in_the_header_are_not_called_irregular(tmp_path: Path) -> None:
    slices = series(chest())
    for k, dataset in enumerate(slices):
        dataset.ImagePositionPatient = [-160, -160, f"{-300 + 1.25 * k:.2f}"]
    assert codes(pleura.read(save_all(slices, tmp_path))) == {"short-coverage"}


def test_a_spacing_that_changes_within_the_series_is_refused(tmp_path: Path) -> None:
    slices = series(chest())
    for k, dataset in enumerate(slices):
        dataset.ImagePositionPatient = [-160, -160, 5 * k if k < 12 else 60 + 8 * (k - 12)]
    assert error_code(save_all(slices, tmp_path)) == "irregular-spacing"


def test_slices_shifted_sideways_are_refused(tmp_path: Path) -> None:
    slices = series(chest())
    for dataset in slices[12:]:
        dataset.ImagePositionPatient = [-150, -160, dataset.ImagePositionPatient[2]]
    assert error_code(save_all(slices, tmp_path)) == "shifted-slices"


def test_doubled_slices_with_equal_pixels_are_dropped(tmp_path: Path) -> None:
    hu = chest()
    again = series(hu[4:6], start=(-160, -160, -280), InstanceNumber=99)
    volume = pleura.read(save_all(series(hu) + again, tmp_path))
    np.testing.assert_array_equal(volume.voxels, hu)
    assert codes(volume) == {"doubled-slices"}


def test_doubled_slices_with_other_pixels_are_refused_by_position(tmp_path: Path) -> None:
    hu = chest()
    again = series(hu[4:5] + 3, start=(-160, -160, -280), InstanceNumber=99)
    with pytest.raises(UnsuitableInput, match=r"-160\.0, -160\.0, -280\.0 mm") as caught:
        pleura.read(save_all(series(hu) + again, tmp_path))
    assert caught.value.code == "doubled-slices"


def test_two_acquisitions_in_one_series_are_told_apart_and_offered(tmp_path: Path) -> None:
    hu = chest()
    second = series(hu + 5, AcquisitionNumber=2, InstanceNumber=50)
    folder = save_all(series(hu) + second, tmp_path)
    with pytest.raises(AmbiguousInput, match=rf"series {ROOT}\.2#1\).*series {ROOT}\.2#2\)") as caught:
        pleura.read(folder)
    assert caught.value.code == "several-series"
    for first, second in ((f"{ROOT}.2#1", f"{ROOT}.2#2"), ("#1", "#2"), ("1", "2")):
        offered = [pleura.read(folder, series=key).voxels for key in (first, second)]
        assert [int(np.abs(voxels - hu).max()) for voxels in offered] == [0, 5]
    assert error_code(folder, series=f"{ROOT}.2") == "several-series"


@pytest.mark.parametrize("first", [1, 9])
def test_phases_of_one_series_are_offered_in_the_order_of_their_times(tmp_path: Path, first: int) -> None:
    hu = chest()
    early, late = (series(hu + k, TemporalPositionIdentifier=first + k, InstanceNumber=k) for k in range(2))
    folder = save_all(late + early + early[:1], tmp_path)  # one slice is there twice
    assert error_code(folder) == "several-series"
    assert [int(pleura.read(folder, series=f"#{k}").voxels[0, 0, 0] - hu[0, 0, 0]) for k in (1, 2)] == [0, 1]


def test_acquisitions_of_a_slice_each_are_no_scans_of_their_own(tmp_path: Path) -> None:
    both = [*series(chest()), *series(chest() + 1, InstanceNumber=7)]
    for k, dataset in enumerate(both):
        dataset.AcquisitionNumber, dataset.SOPInstanceUID = k, f"{ROOT}.8.{k}"
    assert error_code(save_all(both, tmp_path)) == "doubled-slices"


def test_phases_of_a_multi_frame_object_are_offered(tmp_path: Path) -> None:
    hu = chest((10, 64, 64))
    both = enhanced(np.concatenate([hu, hu + 3]), range(20))
    for k, frame in enumerate(both.PerFrameFunctionalGroupsSequence):
        frame.PlanePositionSequence[0].ImagePositionPatient = [-160, -160, 5 * (k % 10)]
        content = Dataset()
        content.TemporalPositionIndex = 1 + k // 10
        frame.FrameContentSequence = Sequence([content])
    path = save(both, tmp_path / "many.dcm")
    assert error_code(path) == "several-series"
    assert pleura.read(path, series="#2").voxels[0, 0, 0] == hu[0, 0, 0] + 3


@pytest.mark.parametrize("shared", [1, 3])
def test_slabs_that_share_slices_are_one_scan(tmp_path: Path, shared: int) -> None:
    hu = chest()
    slices = series(hu)
    for k, dataset in enumerate(slices):
        dataset.AcquisitionNumber = 1 + k // 8
    again = series(hu + 7)
    overlap = [k for end in (8, 16) for k in range(end, end + shared)]  # the lower slab goes on for `shared` slices
    for k in overlap:
        again[k].AcquisitionNumber, again[k].InstanceNumber = k // 8, 100 + k
        again[k].SOPInstanceUID += ".7"
    volume = pleura.read(save_all(slices + [again[k] for k in overlap], tmp_path))
    assert "slabs-joined" in codes(volume)
    expected = hu.copy()
    expected[overlap] += 7
    np.testing.assert_array_equal(volume.voxels, expected)


def test_acquisitions_that_follow_each_other_are_one_stack(tmp_path: Path) -> None:
    slices = series(chest())
    for k, dataset in enumerate(slices):
        dataset.AcquisitionNumber = k
    assert pleura.read(save_all(slices, tmp_path)).shape == (24, 64, 64)


def test_two_chest_series_are_a_question_and_the_answer_is_taken(tmp_path: Path) -> None:
    hu = chest()
    sharp = series(hu[:22] + 9, SeriesInstanceUID=f"{ROOT}.7", ConvolutionKernel="B70f")
    folder = save_all(series(hu) + sharp, tmp_path)
    with pytest.raises(AmbiguousInput, match=r"24 slices of 64 x 64 over 115 mm.*kernel B70f, 22 slices"):
        pleura.read(folder)
    assert pleura.read(folder, series=f"{ROOT}.7").voxels[0, 0, 0] == hu[0, 0, 0] + 9
    assert error_code(folder, series="1.2.3") == "no-such-series"
    assert pleura.read(folder, series=1).voxels[0, 0, 0] == pleura.read(folder, series="1").voxels[0, 0, 0]
    assert error_code(folder, series="3") == "no-such-series"


def test_series_is_chosen_by_a_part_of_its_description_that_no_other_has(tmp_path: Path) -> None:
    names = ("Thorax WEICH 5.0", "Thorax Läunge 1.0", "Scout")
    slices = []
    for number, name in enumerate(names):
        slices += series(chest()[: 24 - number] + number, SeriesInstanceUID=f"{ROOT}.{number}", SeriesDescription=name)
    for dataset in slices:
        dataset.SpecificCharacterSet = "ISO_IR 192"
    for dataset in slices[-22:]:
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    folder = save_all(slices, tmp_path)
    assert pleura.read(folder, series="läunge").voxels[0, 0, 0] == chest()[0, 0, 0] + 1
    assert pleura.read(folder, series="1").identity.series_uid == f"{ROOT}.0"
    assert error_code(folder, series="thorax") == "several-series"
    assert error_code(folder, series="scout") == "localizer"
    with pytest.raises(AmbiguousInput) as caught:
        pleura.read(folder)
    first, second = caught.value.choices
    assert second.line().startswith('  2  "Thorax Läunge 1.0", 23 slices of 64 x 64 over 110 mm, 5.00 x 5.00 x 5.00 mm')
    assert first.data()["shape"] == [24, 64, 64]
    assert "Thorax" not in f"{caught.value} {first.data()}"  # free text may hold a name


def test_localizers_short_series_and_reformats_are_put_aside_with_a_note(tmp_path: Path) -> None:
    hu = chest()
    scout = series(hu[:2], SeriesInstanceUID=f"{ROOT}.4", ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    short = series(hu[:5], SeriesInstanceUID=f"{ROOT}.5")
    coronal = series(hu, SeriesInstanceUID=f"{ROOT}.6", orientation=(1, 0, 0, 0, 0, -1), step=(0, 5, 0))
    volume = pleura.read(save_all(series(hu) + scout + short + coronal, tmp_path))
    np.testing.assert_array_equal(volume.voxels, hu)
    (note,) = volume.notes
    assert note.code == "series-chosen"
    assert note.message.endswith("put aside: 1 localizer, 1 not-axial, 1 short-coverage")


def test_a_slice_without_pixels_counts_as_missing(tmp_path: Path) -> None:
    hu = chest()
    slices = series(hu)
    del slices[9].PixelData
    volume = pleura.read(save_all(slices, tmp_path))
    assert codes(volume) == {"series-chosen", "missing-slices"}
    np.testing.assert_array_equal(np.delete(volume.voxels, 9, axis=0), np.delete(hu, 9, axis=0))


def test_directions_that_differ_by_rounding_make_no_two_series(tmp_path: Path) -> None:
    slices = series(chest())
    for k, dataset in enumerate(slices):
        tiny = 0.0005 + (1 if k % 2 else -1) * 1e-6
        dataset.ImageOrientationPatient = [1, tiny, 0, -tiny, 1, 0]
    assert pleura.read(save_all(slices, tmp_path)).shape == (24, 64, 64)


def test_slices_of_other_sizes_are_never_stacked_together(tmp_path: Path) -> None:
    folder = save_all(series(chest()) + series(chest((23, 64, 48))), tmp_path)
    assert error_code(folder) == "several-series"


def test_a_coronal_volume_is_read_but_a_single_coronal_slice_is_not(tmp_path: Path) -> None:
    coronal = series(chest((64, 64, 64)), orientation=(1, 0, 0, 0, 0, -1), step=(0, 5, 0))
    volume = pleura.read(save_all(coronal, tmp_path / "volume"))
    np.testing.assert_allclose(volume.affine[:3, 1], (0, 0, -5), atol=1e-9)
    assert error_code(save(coronal[30], tmp_path / "one.dcm")) == "not-axial"


def test_an_enhanced_multi_frame_object_is_read_from_its_functional_groups(tmp_path: Path) -> None:
    hu = chest()
    order = [3, 0, 2, 1, *range(4, 24)]
    volume = pleura.read(save(enhanced(hu, order), tmp_path / "enhanced.dcm"))
    np.testing.assert_array_equal(volume.voxels, hu)
    assert volume.spacing == pytest.approx((5, 2, 1.5))
    assert len(volume.identity.instance_uids) == 24


def test_values_left_raw_are_set_back_by_1024(tmp_path: Path) -> None:
    hu = chest()
    bare = [ct_slice(hu[k], (0, 0, 5 * k), RescaleSlope=None, RescaleIntercept=None) for k in range(24)]
    volume = pleura.read(save_all(bare, tmp_path))
    np.testing.assert_array_equal(volume.voxels, hu)
    assert codes(volume) == {"hu-offset-corrected"}


def test_values_without_rescale_that_tell_nothing_are_refused_unless_the_caller_knows(tmp_path: Path) -> None:
    grey = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) % 700 + 300
    dataset = ct_slice(grey, (0, 0, 0), stored=grey, RescaleSlope=None, RescaleIntercept=None)
    path = save(dataset, tmp_path / "grey.dcm")
    assert error_code(path) == "not-hu"
    np.testing.assert_array_equal(pleura.read(path, kind=Kind.HU).voxels[0], grey)


def test_a_rescaled_series_without_air_is_read_with_a_doubt(tmp_path: Path) -> None:
    tissue = np.full((24, 64, 64), 40) + np.arange(24)[:, None, None]
    assert codes(pleura.read(save_all(series(tissue), tmp_path))) == {"hu-doubtful"}


def test_a_single_slice_is_a_volume_of_one(tmp_path: Path) -> None:
    hu = chest()
    volume = pleura.read(save(ct_slice(hu[3], (-1, -2, -3)), tmp_path / "one"))
    assert volume.shape == (1, 64, 64)
    assert not volume.is_picture
    assert codes(volume) == {"short-coverage"}
    np.testing.assert_allclose(volume.affine[:3, 3], (-1, -2, -3))


def test_slices_without_positions_are_refused_but_a_single_one_is_read(tmp_path: Path) -> None:
    slices = series(chest(), ImagePositionPatient=None, ImageOrientationPatient=None)
    for k, dataset in enumerate(slices):
        dataset.SOPInstanceUID = f"{ROOT}.8.{k}"
    assert error_code(save_all(slices, tmp_path / "many")) == "no-positions"
    assert "orientation-unknown" in codes(pleura.read(save(slices[0], tmp_path / "one.dcm")))


def test_unknown_pixel_spacing_is_said(tmp_path: Path) -> None:
    volume = pleura.read(save_all(series(chest(), PixelSpacing=None), tmp_path))
    assert not volume.spacing_known
    assert codes(volume) == {"spacing-unknown"}


def test_doubtful_headers_are_read_with_notes(tmp_path: Path) -> None:
    odd = series(chest(), Modality=None, LossyImageCompression="01", BodyPartExamined="ABDOMEN")
    assert codes(pleura.read(save_all(odd, tmp_path))) == {"modality-missing", "lossy-compression", "other-body-part"}


@pytest.mark.parametrize(
    ("elements", "code"),
    [
        ({"Modality": "MR"}, "wrong-modality"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.4"}, "wrong-modality"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "secondary-capture"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.66.4"}, "not-an-image"),
        ({"Modality": "DX"}, "wrong-modality"),
        ({"BodyPartExamined": "HEAD"}, "not-a-chest"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "localizer"),
        ({"ImageType": ["DERIVED", "PRIMARY", "PERFUSION", "RCBF"]}, "not-hu"),
        ({"RescaleType": "MGML"}, "not-hu"),
        ({"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"}, "colour"),
        ({"PhotometricInterpretation": "MONOCHROME1"}, "not-hu"),
        ({"BitsAllocated": 12}, "unsupported-pixels"),
        ({"HighBit": 11, "BitsStored": 10}, "unsupported-pixels"),
        ({"PixelData": None}, "no-pixel-data"),
        ({"Rows": None}, "damaged"),
        ({"RescaleSlope": 0}, "damaged"),
        ({"PixelSpacing": [0, 1]}, "damaged"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "damaged"),
        ({"Rows": 65}, "truncated"),
        ({"Rows": 16}, "too-small"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(tmp_path: Path, elements: dict[str, object], code: str) -> None:
    assert error_code(save(ct_slice(chest()[0], (0, 0, 0), **elements), tmp_path / "one.dcm")) == code


def test_an_unknown_transfer_syntax_is_named(tmp_path: Path) -> None:
    path = save(ct_slice(chest()[0], (0, 0, 0)), tmp_path / "one.dcm")
    path.write_bytes(path.read_bytes().replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.8\0"))
    assert error_code(path) == "transfer-syntax"


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
    monkeypatch.setattr("pleura.reading.dicom.discover._MOST_FILES", 20)
    assert error_code(save_all(series(chest()), tmp_path)) == "too-many-files"


def test_a_path_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="no such file") as caught:
        pleura.read(tmp_path / "nowhere")
    assert caught.value.code == "not-found"


def test_nothing_personal_leaves_the_header(tmp_path: Path) -> None:
    odd = series(chest(), BodyPartExamined="ABDOMEN")
    volume = pleura.read(save_all(odd, tmp_path / "Nobody"))
    told = repr(volume.identity) + repr(volume.notes)
    assert not any(word in told for word in ("Nobody", "Someone", "SECRET", "1952", str(tmp_path)))


def test_identity_names_series_and_slices_in_array_order(tmp_path: Path) -> None:
    slices = series(chest(), step=(0, 0, -5))
    volume = pleura.read(save_all(slices, tmp_path))
    assert volume.identity.format == "dicom"
    assert volume.identity.series_uid == f"{ROOT}.2"
    assert volume.identity.study_uid == f"{ROOT}.1"
    assert volume.identity.frame_of_reference_uid == f"{ROOT}.3"
    assert volume.identity.instance_uids == tuple(dataset.SOPInstanceUID for dataset in reversed(slices))


def test_orientation_of_the_test_slices_is_what_the_tests_take_it_for() -> None:
    assert np.cross(AXIAL[:3], AXIAL[3:]).tolist() == [0, 0, 1]


def test_the_real_series_is_read_exactly(shared: Path) -> None:
    folder = shared / "odd/03-geometry/three_slices_lung_base"
    volume = pleura.read(folder)
    assert volume.shape == (3, 512, 512)
    assert volume.spacing == pytest.approx((1.0, 0.810547, 0.810547))
    np.testing.assert_allclose(volume.affine[:3, 3], (-235.199997, -226.800003, -128.690002))


def test_what_is_shown_of_a_header_holds_no_control_characters(tmp_path: Path) -> None:
    path = save(ct_slice(chest()[0], (0, 0, 0), Modality="XX"), tmp_path / "one.dcm")
    path.write_bytes(path.read_bytes().replace(b"CS\x02\0XX", b"CS\x02\0\x1bX"))
    with pytest.raises(UnsuitableInput) as caught:
        pleura.read(path)
    assert str(caught.value) == f"{path}: the modality is X, not CT"


def test_an_unknown_kind_of_object_is_said_to_be_unknown(tmp_path: Path) -> None:
    path = save(ct_slice(chest()[0], (0, 0, 0), SOPClassUID="1.2.3.4"), tmp_path / "one.dcm")
    with pytest.raises(UnsuitableInput, match="the kind of object is unknown, not CT Image"):
        pleura.read(path)


def test_slices_that_all_state_one_position_are_said_to_do_so(tmp_path: Path) -> None:
    save_all(series(chest(), step=(0.0, 0.0, 0.0)), tmp_path)
    with pytest.raises(UnsuitableInput, match="all 24 slices state the same position") as caught:
        pleura.read(tmp_path)
    assert caught.value.code == "doubled-slices"


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
