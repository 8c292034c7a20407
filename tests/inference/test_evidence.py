"""What is left of a segmentation for judging it: labels, probabilities and planes of every second pixel."""

from __future__ import annotations

import numpy as np

from pleura.inference.evidence import ct_evidence, picture_evidence
from pleura.inference.grid import FieldOfView
from pleura.inference.grid_scan import GridScan
from pleura.inference.postprocess import Cleaned
from pleura.labels import LEFT, RIGHT
from pleura.volume import Kind


def drawn(box_start: int) -> tuple[Cleaned, np.ndarray, np.ndarray, GridScan]:
    """Return a right lung of which half lies in a box, from an even or an odd pixel on."""
    labels = np.zeros((2, 6, 6), np.uint8)
    labels[:, 1:5, 1:5] = RIGHT
    scores = np.where(labels > 0, 250, 5).astype(np.uint8)
    box = (slice(0, 2), slice(box_start, box_start + 6), slice(box_start, box_start + 6))
    lung = np.full((2, 16, 16), 5, np.uint8)
    lung[box] = scores
    scan = GridScan(
        np.zeros((2, 16, 16), np.uint8), (5.0, 2.0, 2.0), (-1024.0, 276.0), FieldOfView(0, 0, 16, 16), (16, 16)
    )
    return Cleaned(labels, scores, box), lung, np.full((2, 8, 8), 5, np.uint8), scan


def test_labels_lie_where_they_lie_on_the_grid_whatever_pixel_the_box_begins_with() -> None:
    for start in (4, 5):
        cleaned, lung, side, scan = drawn(start)
        whole = np.zeros(lung.shape, np.uint8)
        whole[cleaned.box] = cleaned.labels
        found = ct_evidence(cleaned, lung, side, scan, Kind.HU)
        np.testing.assert_array_equal(found.labels, whole[:, ::2, ::2])
        assert (found.probability[0] > 127).tolist() == (found.labels == RIGHT).tolist()
        assert found.window == (-1024.0, 276.0)


def test_side_that_was_settled_by_the_whole_scan_is_certain() -> None:
    cleaned, lung, side, scan = drawn(4)
    side[:] = 250  # the network takes it for the left one
    found = ct_evidence(cleaned, lung, side, scan, Kind.WINDOWED)
    assert found.probability[RIGHT - 1][found.labels == RIGHT].min() == 255
    assert found.probability[LEFT - 1].max() < 128
    assert found.window is None


def test_picture_is_seen_on_the_grid_of_its_mask() -> None:
    labels = np.zeros((1, 8, 8), np.uint8)
    labels[0, :4] = 1
    probabilities = np.stack([255 - 255 * labels, 255 * labels], axis=1)
    found = picture_evidence(labels, probabilities, np.arange(256, dtype=np.uint8).reshape(1, 16, 16), None)
    np.testing.assert_array_equal(found.labels[0], [[1] * 4, [1] * 4, [0] * 4, [0] * 4])
    np.testing.assert_array_equal(found.probability[0], 255 * found.labels)
    assert found.planes[0, 0].tolist() == [0, 4, 8, 12]
