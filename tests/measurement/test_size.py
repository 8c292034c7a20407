"""Sizes are those of hand-made labels, in the unit that the scan allows, and the same whichever way a picture lies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pleura.geometry import affine_from_spacing
from pleura.labels import LUNGS, structures
from pleura.measurement import measure_sizes, voxel_ml
from pleura.volume import Affine, Kind, Volume


def scan(affine: Affine) -> tuple[np.ndarray, Volume]:
    """Return a scan of 3 x 4 x 5 voxels, of which 4 are right lung and 2 left."""
    labels = np.zeros((3, 4, 5), np.uint8)
    labels[0, 1:3, 1:3], labels[2, 3, 3:] = 1, 2
    return labels, Volume(np.zeros(labels.shape, np.int16), affine)


def radiograph(turn: int = 0) -> tuple[np.ndarray, Volume]:
    """Return lungs of 6 x 2 and 5 x 3 pixels of 20 x 30 mm, in a picture turned by quarters."""
    labels = np.zeros((8, 10), np.uint8)
    labels[1:7, 1:3], labels[2:7, 6:9] = 1, 2
    labels = np.ascontiguousarray(np.rot90(labels, turn))
    steps = (20.0, 30.0) if turn % 2 == 0 else (30.0, 20.0)
    affine = affine_from_spacing((1.0, *steps))
    return labels, Volume(labels[None] * 90, affine, kind=Kind.RADIOGRAPH, is_picture=True)


def test_scan_has_millilitres_and_neither_area_nor_height() -> None:
    right, left = measure_sizes(*scan(affine_from_spacing((5.0, 2.0, 1.0))), LUNGS).sizes
    # 4 and 2 voxels of 5 x 2 x 1 mm: 40 and 20 cubic millimetres, of 60 voxels
    assert (right.voxels, right.ml, right.share) == (4, pytest.approx(0.04), 4 / 60)
    assert (left.voxels, left.ml, left.share) == (2, pytest.approx(0.02), 2 / 60)
    assert (right.cm2, right.height_cm, right.covers_area) == (None, None, False)


def test_voxel_of_a_sheared_grid_is_as_large_as_the_straight_one() -> None:
    affine = affine_from_spacing((5.0, 2.0, 1.0))
    affine[1, 0] = 3.0
    assert voxel_ml(affine) == pytest.approx(0.01)
    assert measure_sizes(*scan(affine), LUNGS).sizes[0].ml == pytest.approx(0.04)


@pytest.mark.parametrize("turn", range(4))
def test_radiograph_is_measured_along_the_patient_whichever_way_it_lies(turn: int) -> None:
    found = measure_sizes(*radiograph(turn), LUNGS)
    right, left = found.sizes
    # rows of 20 mm: 6 and 5 of them; pixels of 6 square centimetres: 12 and 15 of them
    assert (right.height_cm, left.height_cm) == (12.0, 10.0)
    assert (right.cm2, left.cm2) == (72.0, 90.0)
    assert (right.ml, right.share, left.share) == (None, 12 / 80, 15 / 80)
    assert found.left_to_right == 1.25


def test_one_lung_is_measured_along_the_rows_and_compared_with_nothing() -> None:
    labels, volume = radiograph()
    right_alone = measure_sizes(np.where(labels == 1, labels, 0), volume, LUNGS)
    assert [size.height_cm for size in right_alone.sizes] == [12.0, 0.0]
    assert right_alone.left_to_right == 0.0
    assert measure_sizes(np.where(labels == 2, labels, 0), volume, LUNGS).left_to_right is None


def test_radiograph_stored_as_a_volume_of_one_slice_has_areas() -> None:
    labels, volume = radiograph()
    flat = measure_sizes(labels[None], replace(volume, is_picture=False), LUNGS)
    assert flat == measure_sizes(labels, volume, LUNGS)


def test_without_a_spacing_there_are_shares_alone() -> None:
    labels, volume = radiograph()
    found = measure_sizes(labels, replace(volume, spacing_known=False), LUNGS)
    assert [(size.ml, size.cm2, size.height_cm) for size in found.sizes] == [(None, None, None)] * 2
    assert found.left_to_right == 1.25


def test_sides_are_compared_in_radiographs_of_what_has_sides() -> None:
    labels, volume = radiograph()
    assert measure_sizes(labels, volume, structures(["heart", "spine"])).left_to_right is None
    assert measure_sizes(labels, replace(volume, kind=Kind.WINDOWED), LUNGS).left_to_right is None


def test_size_reads_in_the_unit_that_the_scan_allows() -> None:
    labels, volume = radiograph()
    unknown = measure_sizes(labels, replace(volume, spacing_known=False), LUNGS)
    plain, spaceless = scan(np.diag([100.0, 100.0, 100.0, 1.0]))
    assert str(measure_sizes(labels, volume, LUNGS).sizes[0]) == "72 cm²"
    assert str(unknown.sizes[0]) == "15.0 % of the picture"
    assert str(measure_sizes(plain, spaceless, LUNGS).sizes[0]) == "4000 mL"
    assert str(measure_sizes(plain, replace(spaceless, spacing_known=False), LUNGS).sizes[0]) == "6.7 % of the scan"
