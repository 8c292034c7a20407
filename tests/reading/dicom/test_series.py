"""Which slices belong together, and which series of a folder is the one to read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_files import ROOT, chest, save, save_all, series
from read_files import error_code

import pleura
from pleura.errors import AmbiguousInput


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
    assert note.message.endswith("not part of this scan: 1 localizer, 1 not-axial, 1 short-coverage")


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


def test_slices_of_two_patients_under_one_series_uid_are_never_one_scan(tmp_path: Path) -> None:
    hu = chest()
    between = series(hu + 9, start=(-160, -160, -297.5), PatientID="SECRET-8")
    folder = save_all(series(hu) + between, tmp_path)
    with pytest.raises(AmbiguousInput, match="2 series of 2 patients could be meant") as caught:
        pleura.read(folder)
    assert "SECRET" not in f"{caught.value} {[choice.data() for choice in caught.value.choices]}"
    values = {pleura.read(folder, series=number).voxels[0, 0, 0] - hu[0, 0, 0] for number in (1, 2)}
    assert values == {0, 9}
    assert pleura.read(folder, series=1).shape == hu.shape


def test_slices_that_name_no_patient_belong_to_the_only_one_of_their_series(tmp_path: Path) -> None:
    slices = series(chest())
    for dataset in slices[::3]:
        dataset.PatientID = ""
    del slices[1].PatientID
    assert pleura.read(save_all(slices, tmp_path)).shape == (24, 64, 64)
