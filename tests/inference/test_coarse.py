"""The coarse segmentation: what the graph is given of a scan, and where its cells lie on the slices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pleura.inference.coarse import CoarseScores, score_cells
from pleura.inference.grid import FieldOfView

Cells = tuple[np.ndarray, np.ndarray]


@pytest.fixture
def graph() -> tuple[dict[str, np.ndarray], Callable[..., Cells]]:
    """What a graph was given, and one that scores each cell by its column."""
    given: dict[str, np.ndarray] = {}

    def run(**inputs: Any) -> Cells:
        given.update(inputs)
        shape = (inputs["size"] + inputs["padding"]) // 2
        cells = np.broadcast_to(np.arange(shape[2], dtype=np.uint8), shape)
        return cells, cells

    return given, run


def chest(rows: int = 150, columns: int = 150) -> np.ndarray:
    """Return 60 slices of air with a body in the middle."""
    slices = np.full((60, rows, columns), -1000, np.int16)
    slices[:, 50:100, 50:100] = 40
    return slices


def test_graph_is_given_voxels_two_millimetres_apart_of_the_body_and_a_margin(graph) -> None:
    given, run = graph
    score_cells(chest(), (1.0, 2.0, 2.0), run)
    # every second slice of 1 mm; 100 mm of body and 20 mm of margin on either side
    assert given["voxels"].shape == (30, 70, 70)
    assert given["size"].tolist() == [30, 70, 70]
    assert ((given["size"] + given["padding"]) % 32 == 0).all()
    assert given["voxels"].dtype == np.int16


def test_thick_slices_are_sampled_more_finely_by_the_graph(graph) -> None:
    given, run = graph
    score_cells(chest(), (5.0, 2.0, 2.0), run)
    assert len(given["voxels"]) == 60
    assert given["size"][0] == 150


def test_scan_without_a_body_is_looked_at_whole(graph) -> None:
    given, run = graph
    score_cells(np.full((10, 40, 50), -1000, np.int16), (3.0, 2.0, 2.0), run)
    assert given["voxels"].shape == (10, 40, 50)


def test_greys_are_given_as_hu(graph) -> None:
    given, run = graph
    score_cells(
        np.full((10, 40, 50), 255, np.uint8), (3.0, 2.0, 2.0), run, hu_of=lambda greys: greys.astype(np.float32) + 145
    )
    assert (given["voxels"] == 400).all()


def test_cells_come_back_to_the_place_they_were_taken_from(graph) -> None:
    _, run = graph
    scores = score_cells(chest(), (1.0, 1.0, 1.0), run)
    # the body is found on every fourth voxel, from 52 on; its margin begins at 32: cell 3 spans 44 to 48
    on_grid = scores.on_grid(FieldOfView(0, 0, 150, 150), np.array([20]), 150)
    assert on_grid.shape == (1, 2, 150, 150)
    assert on_grid[0, 0, 75, [34, 46, 50]].tolist() == [0, 3, 4]


def test_between_the_centres_of_cells_scores_are_linear() -> None:
    ramp = np.broadcast_to(np.arange(6, dtype=np.uint8) * 10, (3, 4, 6))
    scores = CoarseScores(ramp, ramp, start=(-0.5, -0.5, -0.5), step=(2.0, 4.0, 4.0))
    found = scores.on_grid(FieldOfView(0, 0, 24, 24), np.arange(6), 24)[:, 0]
    # the centre of cell 2 lies at voxel 9.5, that of cell 3 at 13.5
    assert found[0, 8, 11] == round(20 + 10 * (11 - 9.5) / 4)
    assert found[5, 8, 13] == round(20 + 10 * (13 - 9.5) / 4)


def test_beyond_the_cells_there_is_no_lung() -> None:
    full = np.full((3, 4, 4), 255, np.uint8)
    scores = CoarseScores(full, full, start=(-0.5, -0.5, -0.5), step=(2.0, 4.0, 4.0))
    found = scores.on_grid(FieldOfView(-40, -40, 96, 96), np.arange(6), 96)
    assert not found[:, :, :36].any()
    assert found[:, :, 42:54, 42:54].all()
