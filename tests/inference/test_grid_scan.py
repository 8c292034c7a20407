"""A CT on the model's grid: bytes that stand for HU, sizes, and what the slices do not show."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_ct import WINDOW, chest, scan_of

from pleura.geometry import affine_from_spacing
from pleura.inference.bundle import load_bundle
from pleura.inference.grid import FieldOfView
from pleura.inference.grid_scan import grid_scan
from pleura.volume import Volume


def test_bytes_stand_for_hu_of_the_window() -> None:
    scan = scan_of(chest())
    assert (scan.byte(WINDOW[0]), scan.byte(WINDOW[1])) == (0, 255)
    assert scan.byte(-312.0) == pytest.approx(127.5)  # half way between -1024 and 400


def test_a_voxel_of_the_coarse_grid_holds_four_of_the_grid() -> None:
    scan = scan_of(chest())
    assert scan.voxel_ml == pytest.approx(0.02)  # 5 x 2 x 2 mm
    assert scan.coarse_voxel_ml == pytest.approx(0.08)
    assert np.array_equal(scan.coarse, scan.planes[:, ::2, ::2])


def test_sizes_that_no_scan_of_a_person_has_are_not_plausible() -> None:
    assert scan_of(chest()).plausible
    assert not scan_of(chest(), (5.0, 2.0, 0.2)).plausible
    assert not scan_of(chest(), (25.0, 2.0, 2.0)).plausible
    assert not scan_of(chest(), spacing_known=False).plausible


def test_what_lies_beyond_the_slices_is_unseen_and_next_to_it_is_the_edge() -> None:
    scan = scan_of(chest(), fov=FieldOfView(0, -12, 64, 64), slice_shape=(64, 52))
    inner = scan.unseen[1:-1, 1:-1]
    assert inner[:, :6].all()  # 12 pixels to the left of the slices are 6 of the coarse grid
    assert not inner[:, 6:].any()
    assert scan.edge[1:-1, 6:8].all()
    assert not scan.edge[:, :6].any()


def test_spacing_is_that_of_the_grid_over_its_field_of_view() -> None:
    bundle = load_bundle()
    volume = Volume(np.zeros((3, 512, 256), np.int16), affine_from_spacing((5.0, 0.5, 1.0)))
    planes = np.zeros((3, bundle.side, bundle.side), np.uint8)
    scan = grid_scan(volume, planes, FieldOfView(0, 0, 512, 256), bundle)
    assert scan.spacing == (5.0, 1.0, 1.0)
    assert scan.slice_shape == (512, 256)
    assert scan.window == bundle.hu_window
