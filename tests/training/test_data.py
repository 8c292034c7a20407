"""Slices of any size become cases of one size, with the grid laid over what is asked for."""

from __future__ import annotations

import numpy as np
import pytest

from pleura.inference.grid import LUNG_MARGIN, SMALLEST, FieldOfView
from pleura.training.data import SIDE, ReadSlices, make_case
from pleura.volume import Kind

BODY = (slice(32, 224), slice(32, 224))
LUNG = (slice(64, 192), slice(48, 208))


def chest(*, spacing: tuple[float, float] = (1.0, 1.0)) -> ReadSlices:
    """Return one slice at `SIDE` of a body of 192 x 192 pixels in air, with a lung of 128 x 160 in its middle."""
    slices, labels = np.full((1, SIDE, SIDE), -1000, np.int16), np.zeros((1, SIDE, SIDE), np.uint8)
    slices[(0, *BODY)] = 40
    slices[(0, *LUNG)], labels[(0, *LUNG)] = -850, 1
    return ReadSlices(slices, labels, Kind.HU, np.ones(1, bool), spacing=spacing)


def test_grid_lies_over_the_lungs_the_body_or_the_whole_slice_as_asked() -> None:
    lungs, body, whole = (make_case(chest(), view, source="").fov for view in ("lungs", "body", "whole"))
    side = round(LUNG_MARGIN * 160)
    assert max(side, SMALLEST * SIDE) == side
    assert lungs == FieldOfView(128 - side // 2, 128 - side // 2, side, side)
    assert body == FieldOfView(28, 28, 200, 200)  # 192 pixels and 4 % around them, in the middle
    assert whole == FieldOfView(0, 0, SIDE, SIDE)


def test_grid_is_as_high_as_wide_in_millimetres() -> None:
    fov = make_case(chest(spacing=(2.0, 1.0)), "body", source="").fov
    assert fov.width == pytest.approx(2 * fov.height, abs=1)


def test_slices_without_a_mask_are_seen_as_a_whole_body() -> None:
    read = chest()
    read.labels[:] = 0
    assert make_case(read, "lungs", source="").fov == make_case(chest(), "body", source="").fov


def test_slices_are_brought_to_one_size_with_air_beside_them_and_whole_labels() -> None:
    slices = np.repeat(np.array([[[0, 100]]], np.int16), 2, axis=0).repeat(64, 1).repeat(64, 2)  # two of 64 x 128
    labels = np.where(slices > 50, 2, 1).astype(np.uint8)
    case = make_case(ReadSlices(slices, labels, Kind.HU, np.ones(2, bool)), "lungs", source="set")
    assert case.slices.shape == case.labels.shape == (2, SIDE, SIDE)
    assert case.slices[:, :128].min() == 0
    assert (case.slices[:, 128:] == -1024).all()
    assert not case.labels[:, 128:].any()
    assert (case.labels[:, :128, :128] == 1).all()
    assert (case.labels[:, :128, 128:] == 2).all()
