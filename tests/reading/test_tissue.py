"""Soft tissue that a wrong rescale moves is named, whatever else of the values looks right."""

from __future__ import annotations

import numpy as np
import pytest

from pleura.reading.tissue import tissue_notes


@pytest.mark.parametrize(
    ("slope", "intercept", "doubtful"),
    [(1, -1024, False), (1, -984, False), (2, -1024, True), (1, -824, True), (1, -1224, True), (0.5, -1024, True)],
)
def test_tissue_that_a_wrong_rescale_moves_is_named(slope: float, intercept: float, doubtful: bool) -> None:
    stored = np.repeat([24, 174, 924, 1064, 1424], [400, 200, 120, 260, 20])  # air, lung, fat, muscle, bone
    found = tissue_notes(np.maximum(stored * slope + intercept, -1024))
    assert [note.code for note in found] == (["hu-doubtful"] if doubtful else [])


def test_lung_alone_says_nothing_of_tissue() -> None:
    assert tissue_notes(np.repeat([-850, 400], [97, 3])) == ()
