"""The graphs around the network, on planes small enough to work out by hand."""

from __future__ import annotations

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from pleura.networks import encoding
from pleura.training.graphs import prepare_graph, restore_graph, restore_probabilities_graph


def answer(graph: bytes, **inputs: NDArray[np.generic]) -> NDArray[np.generic]:
    (found,) = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"]).run(None, inputs)
    return np.asarray(found)


def as_input(*rows: list[int]) -> NDArray[np.uint8]:
    return np.array(rows, np.uint8)[None, None]


def prepared(slices: NDArray[np.int16], side: int) -> NDArray[np.generic]:
    """Return what the network sees of slices in the window from -1000 to 20 HU: a step of a byte is 4 HU."""
    window = {"low": np.float32(-1000), "scale": np.float32(255 / 1020)}
    return answer(prepare_graph(side), slices=slices[None, None], **{k: np.asarray(v) for k, v in window.items()})


def test_values_are_scaled_by_the_window_and_cut_at_its_ends() -> None:
    slices = np.array([[-1200, -1000], [-990, 3000]], np.int16)
    assert prepared(slices, 2)[0, 0].tolist() == [[0, 0], [2, 255]]  # 10 HU above the low end are 2.5 steps: to even


def test_noise_is_averaged_where_slices_shrink() -> None:
    checkered = np.where(np.indices((32, 32)).sum(axis=0) % 2, 20, -1000).astype(np.int16)
    inside = prepared(checkered, 8)[0, 0, 1:-1, 1:-1]
    assert (inside == 128).all()  # the mean of 0 and 255, to even


def test_lung_is_cut_at_even_odds_and_each_pixel_takes_the_side_that_prevails_around_it() -> None:
    lung = as_input(*[[encoding.ZERO + 1] * 3 + [encoding.ZERO] + [encoding.ZERO + 1] * 4] * 8)
    labels = as_input(*[[1, 1, 1, 0, 2, 2, 2, 1]] * 8)  # a column of the right lung at the left lung's edge
    found = answer(restore_graph(), lung=lung, labels=labels, size=np.array([8, 8]))
    assert found[0, 0].tolist() == [[1, 1, 1, 0, 2, 2, 2, 2]] * 8


def test_lung_is_upsampled_between_its_points() -> None:
    lung, labels = as_input([0, 255]), as_input([2, 2])
    found = answer(restore_graph(), lung=lung, labels=labels, size=np.array([1, 4]))
    assert found[0, 0].tolist() == [[0, 0, 2, 2]]  # 0, 64, 191, 255: those above 128


def test_the_likeliest_class_is_taken_after_probabilities_are_upsampled() -> None:
    probabilities = np.array([[[100, 100]], [[160, 0]], [[0, 140]]], np.uint8)[None]  # (1, classes, rows, columns)
    found = answer(restore_probabilities_graph(), probabilities=probabilities, size=np.array([1, 4]))
    assert found[0, 0].tolist() == [[1, 1, 2, 2]]  # a quarter of the way: 100, 120 and 35
