"""Encoded label maps are what a decoder makes of them again, and as small as a general encoder makes them."""

from __future__ import annotations

import numpy as np
import pytest
from rle.utils import decode_frame, encode_pixel_data

from pleura.writing.dicom.run_length import encode_runs


def noise(shape: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 3, shape, dtype=np.uint8)


def lungs() -> np.ndarray:
    """Return two discs in 512 x 512 pixels."""
    down, across = np.mgrid[:512, :512]
    right, left = ((down - 256) ** 2 + (across - at) ** 2 < 90**2 for at in (150, 360))
    return right.astype(np.uint8) + 2 * left.astype(np.uint8)


@pytest.mark.parametrize(
    "frame",
    [lungs(), noise((7, 9)), noise((3, 1)), np.zeros((5, 400), np.uint8), np.full((2, 129), 2, np.uint8)],
    ids=["lungs", "runs of any length", "one column", "runs longer than 128", "129 columns"],
)
def test_frame_comes_back(frame: np.ndarray) -> None:
    decoded = decode_frame(encode_runs(frame), frame.size, 8, "<")
    np.testing.assert_array_equal(np.frombuffer(bytes(decoded), np.uint8).reshape(frame.shape), frame)


def test_lungs_are_as_small_as_from_a_general_encoder() -> None:
    frame = lungs()
    how = {"rows": 512, "columns": 512, "samples_per_pixel": 1, "bits_allocated": 8}
    assert len(encode_runs(frame)) <= 1.02 * len(encode_pixel_data(frame.tobytes(), **how))
