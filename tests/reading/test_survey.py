"""`survey`: what a path holds, said without segmenting, in a form that goes into JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from dicom_files import ROOT, chest, save, save_all, series
from PIL import Image

from pleura.errors import UnreadableInput
from pleura.reading import survey_path
from pleura.reading.survey import SeriesSummary


def test_each_series_is_text_with_geometry_and_what_is_wrong(tmp_path: Path) -> None:
    hu = chest()
    scout = series(hu[:2], SeriesInstanceUID=f"{ROOT}.4", ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    found = survey_path(save_all(series(hu) + scout, tmp_path))
    scan, localizer = found.series
    assert found.chosen == scan.key == f"{ROOT}.2"
    assert (scan.modality, scan.object, scan.orientation) == ("CT", "CT Image", "axial")
    assert scan.transfer_syntax == "Explicit VR Little Endian"
    assert scan.shape == (24, 64, 64)
    assert scan.spacing == pytest.approx((5, 5, 5))
    assert scan.coverage == pytest.approx(120)
    assert (scan.kind, scan.usable, scan.problems) == ("hu", True, ())
    assert not localizer.usable
    assert [note.code for note in localizer.problems] == ["localizer"]
    assert [note.code for note in found.notes] == ["series-chosen"]
    assert json.loads(json.dumps(asdict(found)))["series"][0]["shape"] == [24, 64, 64]


def test_a_choice_to_make_is_said_without_an_error(tmp_path: Path) -> None:
    sharp = series(chest(), SeriesInstanceUID=f"{ROOT}.7")
    found = survey_path(save_all(series(chest()) + sharp, tmp_path))
    assert found.chosen is None
    assert [note.code for note in found.notes] == ["several-series"]
    assert all(one.usable for one in found.series)


def test_geometry_that_would_be_refused_is_a_problem_of_the_series(tmp_path: Path) -> None:
    slices = series(chest())
    (found,) = survey_path(save_all(slices[:8] + slices[16:], tmp_path)).series
    assert not found.usable
    assert [note.code for note in found.problems] == ["missing-slices"]


def test_a_picture_is_text_with_its_kind_of_values(tmp_path: Path) -> None:
    grey = np.clip((chest()[0].astype(float) + 1350) / 1500 * 255, 0, 255).astype(np.uint8)
    Image.fromarray(grey).save(tmp_path / "slice.png")
    (found,) = survey_path(tmp_path / "slice.png").series
    assert (found.object, found.kind, found.spacing, found.usable) == ("picture", "windowed", None, True)


def codes(found: SeriesSummary) -> list[str]:
    return [note.code for note in found.problems]


def test_picture_is_text_as_what_it_shows_with_the_warnings_of_segmenting(tmp_path: Path, shared: Path) -> None:
    (radiograph,) = survey_path(sorted((shared / "data/cxr/heart-included/val/images").iterdir())[0]).series
    assert (radiograph.modality, radiograph.kind, radiograph.orientation) == ("CR", "radiograph", "")
    (ct,) = survey_path(sorted((shared / "data/ct/slices/val/images").iterdir())[0]).series
    assert (ct.modality, ct.kind, ct.orientation) == ("CT", "hu", "axial")
    noise = np.random.default_rng(0).integers(0, 255, (200, 200)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    (neither,) = survey_path(tmp_path / "noise.png").series
    assert (neither.modality, neither.orientation) == ("", "")
    assert codes(neither)[-1] == "not-a-chest"


def test_dicom_is_looked_at_too(tmp_path: Path, shared: Path) -> None:
    with Image.open(sorted((shared / "data/cxr/heart-included/val/images").iterdir())[0]) as picture:
        hu = np.asarray(picture.convert("L")).astype(np.int16)[None] * 8 - 1000
    (stored_as_ct,) = survey_path(save_all(series(hu), tmp_path)).series
    assert "modality-doubtful" in codes(stored_as_ct)


def test_refused_radiograph_has_no_slices(tmp_path: Path) -> None:
    radiograph = series(chest()[:1], SOPClassUID="1.2.840.10008.5.1.4.1.1.1", Modality="CR", ViewPosition="LL")
    (found,) = survey_path(save_all(radiograph, tmp_path)).series
    assert (found.usable, found.orientation, codes(found)) == (False, "", ["lateral-view"])


def test_nothing_personal_is_text(tmp_path: Path) -> None:
    path = save(series(chest()[:1])[0], tmp_path / "SECRET-name.dcm")
    text = json.dumps(asdict(survey_path(path)))
    assert not any(word in text for word in ("Nobody", "Someone", "SECRET", "1952"))


def test_a_damaged_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "scan.nii").write_bytes(b"")
    with pytest.raises(UnreadableInput, match=r"scan\.nii: the file is empty"):
        survey_path(tmp_path / "scan.nii")
