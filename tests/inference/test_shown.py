"""What a picture without a header is taken for, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pleura.errors import PleuraError
from pleura.inference.shown import shown
from pleura.reading.array import from_array
from pleura.volume import Kind, Volume


def noise() -> Volume:
    return from_array(np.random.default_rng(0).integers(0, 255, (200, 200)).astype(np.uint8), kind=Kind.WINDOWED)


def radiograph(shared: Path) -> Volume:
    path = sorted((shared / "data" / "cxr" / "heart-included" / "val" / "images").glob("*.jpg"))[0]
    with Image.open(path) as picture:
        return from_array(np.asarray(picture.convert("L")), kind=Kind.WINDOWED)


def test_ct_numbers_and_whole_scans_are_what_they_are() -> None:
    slices = from_array(np.random.default_rng(0).integers(0, 255, (3, 64, 64)).astype(np.uint8), kind=Kind.WINDOWED)
    for modality in ("auto", "ct", "cr"):
        assert shown(slices, modality) == (slices, ())


@pytest.mark.parametrize(("modality", "kind"), [("ct", Kind.WINDOWED), ("cr", Kind.RADIOGRAPH)])
def test_who_knows_what_it_shows_is_believed(modality: str, kind: Kind) -> None:
    volume, doubts = shown(noise(), modality)
    assert volume.kind is kind
    assert not doubts


def test_picture_of_no_chest_is_warned_of() -> None:
    _, doubts = shown(noise())
    assert [note.code for note in doubts] == ["not-a-chest"]


def test_radiograph_is_taken_for_one_and_a_note_says_so(shared: Path) -> None:
    volume, doubts = shown(radiograph(shared))
    assert volume.kind is Kind.RADIOGRAPH
    assert not doubts
    assert "taken-for-radiograph" in [note.code for note in volume.notes]


def test_radiograph_by_its_header_stays_one_but_is_looked_at(shared: Path) -> None:
    for picture, codes in ((noise(), ["not-a-chest"]), (radiograph(shared), [])):
        volume, doubts = shown(replace(picture, kind=Kind.RADIOGRAPH))
        assert volume.kind is Kind.RADIOGRAPH
        assert [note.code for note in doubts] == codes
        assert "taken-for-radiograph" not in [note.code for note in volume.notes]


def test_header_outweighs_the_caller_who_is_believed_about_the_doubt() -> None:
    for modality in ("ct", "cr"):
        volume, doubts = shown(replace(noise(), kind=Kind.RADIOGRAPH), modality)
        assert volume.kind is Kind.RADIOGRAPH
        assert not doubts


def test_unknown_modality_is_refused() -> None:
    with pytest.raises(PleuraError, match="choose from auto, ct, cr"):
        shown(noise(), "mr")
