"""What lies outside the skin, whatever lies around the patient and wherever the field of view cuts."""

from __future__ import annotations

import numpy as np
from drawn_ct import AIR, LUNG, SOFT, body, chest, coarse, lungs, scan_of

from pleura.inference.body import open_air, outside_skin


def test_air_around_the_body_is_outside_and_the_body_and_its_lungs_are_inside() -> None:
    outside = outside_skin(scan_of(chest()))
    assert outside[:, :4].all()  # rows 0 to 7, in front of the body
    assert outside[:, :, :2].all()
    assert not outside[:, 4:28, 2:30].any()  # rows 8 to 55, columns 4 to 59


def test_table_under_the_body_does_not_draw_the_air_above_it_in() -> None:
    hu = chest()
    hu[:, 60:61] = 300  # a shell of 2 mm, 4 rows under the body
    assert outside_skin(scan_of(hu))[:, 29].all()  # rows 58 and 59, between body and table


def test_air_over_a_head_is_outside_although_arms_lie_beside_it() -> None:
    hu = np.full((12, 64, 64), AIR, np.float64)
    hu[:6, 8:56, 4:60] = SOFT  # shoulders
    hu[6:, 10:20, 4:14] = hu[6:, 10:20, 50:60] = SOFT  # arms raised on both sides, to the front
    outside = outside_skin(scan_of(hu))
    assert outside[6:, 12:].all()  # behind the arms
    assert not outside[:6, 4:28, 2:30].any()


def test_lung_that_the_side_of_the_slices_cuts_stays_inside() -> None:
    hu = chest()[:, :, 12:]  # the slices begin within the right lung, which lies in columns 10 to 27
    padded = np.full((12, 64, 64), -1024.0)
    padded[:, :, 12:] = hu
    from pleura.inference.grid import FieldOfView

    scan = scan_of(padded, fov=FieldOfView(0, -12, 64, 64), slice_shape=(64, 52))
    assert not (outside_skin(scan) & coarse(lungs()))[:, :, 6:].any()


def test_lung_that_the_circle_of_reconstruction_cuts_stays_inside() -> None:
    hu = chest()
    rows, columns = np.indices((64, 64))
    circle = np.hypot(rows - 31.5, columns - 31.5) > 20  # from the middle it ends at column 11, within the right lung
    hu[:, circle] = -2000
    inside = coarse(lungs() & ~circle)
    assert not (outside_skin(scan_of(hu)) & inside).any()


def test_where_there_is_no_body_nothing_is_called_outside() -> None:
    assert not outside_skin(scan_of(np.full((4, 64, 64), float(LUNG)))).any()


def test_a_single_slice_has_an_outside_too() -> None:
    outside = outside_skin(scan_of(body(1)))
    assert outside[0, 0, 0]
    assert not outside[0, 16, 16]


def test_thin_slices_are_looked_at_in_steps_and_keep_their_place() -> None:
    hu = body(40)
    hu[20:] = AIR  # the body ends at slice 20
    outside = outside_skin(scan_of(hu, spacing=(0.5, 2.0, 2.0)))  # steps of 6 slices
    assert outside.shape == (40, 32, 32)
    assert not outside[:18, 16, 16].any()
    assert outside[24:, 16, 16].all()


def test_open_air_is_darker_than_what_is_solid_and_joined_to_the_edge() -> None:
    plane = np.full((5, 6), 9, np.uint8)
    plane[1, 1] = plane[3, 3] = 3
    plane[0, 1], plane[4, 5] = 9, 3
    plane[1, 0] = 8
    assert np.argwhere(open_air(plane, 9)).tolist() == [[1, 0], [1, 1], [4, 5]]
