"""Of a radiograph the width of the chest is measured across the patient, whichever way the picture lies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pleura.geometry import affine_from_spacing
from pleura.labels import structures
from pleura.measurement import measure
from pleura.volume import Kind, Note, Volume


def radiograph(turn: int = 0) -> tuple[np.ndarray, Volume]:
    """Return lungs in a picture of pixels of 20 x 30 mm, turned by quarters."""
    labels = np.zeros((9, 12), np.uint8)
    labels[1:7, 2:4], labels[2:8, 7:10] = 1, 2
    labels[6, 1], labels[7, 10] = 1, 2  # the widest row of both is 6, columns 1 to 9; 7 has no right lung
    labels = np.ascontiguousarray(np.rot90(labels, turn))
    steps = (20.0, 30.0) if turn % 2 == 0 else (30.0, 20.0)
    return labels, Volume(labels[None] * 90, affine_from_spacing((1.0, *steps)), Kind.RADIOGRAPH, is_picture=True)


@pytest.mark.parametrize("turn", range(4))
def test_width_is_that_of_the_widest_row_that_holds_both_lungs(turn: int) -> None:
    found = measure(*radiograph(turn))
    assert found.thoracic_width_cm == pytest.approx(9 * 3.0)
    assert found.warnings == ()


def test_width_of_one_lung_of_no_spacing_or_of_other_structures_is_not_known() -> None:
    labels, volume = radiograph()
    assert measure(np.where(labels == 1, labels, 0), volume).thoracic_width_cm is None
    assert measure(labels, replace(volume, spacing_known=False)).thoracic_width_cm is None
    assert measure(labels, volume, structures(["heart", "spine"])).thoracic_width_cm is None


@pytest.mark.parametrize(
    ("note", "code"), [("spacing-at-detector", "detector-spacing"), ("spacing-doubtful", "spacing-uncertain")]
)
def test_lengths_carry_what_their_spacing_is_worth(note: str, code: str) -> None:
    labels, volume = radiograph()
    found = measure(labels, replace(volume, notes=(Note(note, "..."),)))
    assert [warning.code for warning in found.warnings_of("thoracic_width_cm")] == [code]
    assert found.warnings_of("left_to_right") == ()


def test_lungs_at_an_edge_of_the_picture_or_missing_are_not_whole() -> None:
    labels, volume = radiograph()
    (warning,) = measure(np.where(labels == 2, labels, 0), volume).warnings_of("area_cm2")
    assert "no right lung is marked" in warning.message
    labels[0, 2] = 1
    (warning,) = measure(labels, volume).warnings_of("left_to_right")
    assert (warning.code, "an edge of the picture" in warning.message) == ("lungs-incomplete", True)
