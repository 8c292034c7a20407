"""Scores of a CT become lungs; anatomy has a say where values are HU."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_ct import AIR, SPACING, chest, lungs, scores

from pleura.geometry import affine_from_spacing
from pleura.inference.anatomy_rules import RuleVolumes
from pleura.inference.bundle import load_bundle
from pleura.inference.ct import find_ct_lungs
from pleura.inference.grid import FieldOfView
from pleura.inference.model import Planes
from pleura.volume import Kind, Volume

BUNDLE = load_bundle()


@pytest.mark.parametrize(("kind", "outside_counts"), [(Kind.HU, False), (Kind.WINDOWED, True)])
def test_air_outside_the_body_is_taken_out_where_values_are_hu(kind: Kind, outside_counts: bool) -> None:
    marked = lungs()
    marked[2:10, 1:5, 2:62] = True  # air in front of the body, which begins in row 8
    hu = chest()
    assert (hu[2:10, 1:5] == AIR).all()
    low, high = BUNDLE.hu_window
    planes = np.rint(np.clip((hu - low) * 255 / (high - low), 0, 255)).astype(np.uint8)
    voxels = hu.astype(np.int16) if kind is Kind.HU else planes
    volume = Volume(voxels, affine_from_spacing(SPACING), kind=kind)
    lung, side_score = scores(marked)
    whole = np.full((12, 256, 256), 40, np.uint8)
    whole[:, :64, :64] = lung
    sides = np.full((12, 128, 128), 30, np.uint8)
    sides[:, :32, :32] = side_score
    seen = np.zeros((12, 256, 256), np.uint8)
    seen[:, :64, :64] = planes
    cleaned, _, rules = find_ct_lungs(whole, sides, volume, Planes(seen, FieldOfView(0, 0, 256, 256), 5.0), BUNDLE)
    found = np.zeros(whole.shape, np.uint8)
    found[cleaned.box] = cleaned.labels
    assert found[:, 16:48, 10:54].any()
    assert found[:, :6].any() == outside_counts
    assert (rules == RuleVolumes()) == outside_counts
