"""Pieces of low attenuation are counted in their slice, joined by edges, and their sizes fitted by a power law."""

from __future__ import annotations

import numpy as np
import pytest

from pleura.measurement.clusters import cluster_areas, clusters


def test_pieces_are_joined_by_edges_within_one_slice_and_one_lung() -> None:
    labels = np.full((2, 4, 6), 1, np.uint8)
    labels[:, :, 3:] = 2
    hu = np.full(labels.shape, -900, np.int16)
    hu[0, 0, :2] = -950  # a piece of two pixels; at the limit is within
    hu[0, 1, 2:4] = -980  # touches it by a corner alone, and reaches from lung to lung
    hu[1, 0, :2] = -960  # over the first, in the next slice
    hu[1, 3, 5] = -949
    found = cluster_areas(labels, hu, [1, 2], 0.5)
    assert sorted(found[1].tolist()) == [0.5, 1.0, 1.0]
    assert found[2].tolist() == [0.5]


def test_exponent_of_sizes_drawn_from_a_power_law_is_found() -> None:
    # the number of pieces of at least X falls as X^-1.5
    areas = 2.0 * (1 - np.random.default_rng(1).random(200_000)) ** (-1 / 1.5)
    found = clusters(np.round(areas, 2))
    assert found.exponent == pytest.approx(1.5, rel=0.03)
    assert (found.count, found.fitted_mm2, found.connectivity) == (200_000, (2.0, 200.0), 4)


def test_too_few_sizes_have_no_exponent() -> None:
    found = clusters(np.array([0.5, 2.0, 2.5, 3.0, 3.5]))
    assert (found.count, found.largest_mm2, found.exponent) == (5, 3.5, None)
    assert clusters(np.zeros(0)).largest_mm2 is None


def test_scan_without_low_attenuation_has_no_piece() -> None:
    labels = np.ones((2, 3, 3), np.uint8)
    assert cluster_areas(labels, labels.astype(np.int16), [1], 1.0)[1].size == 0
