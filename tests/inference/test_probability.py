"""Probabilities of classes, and which is the likeliest."""

from __future__ import annotations

import numpy as np
import pytest

from pleura.inference.probability import likeliest


@pytest.mark.parametrize("classes", [2, 3, 6])
def test_the_likeliest_class_is_that_of_argmax_and_the_first_of_equals(classes: int) -> None:
    probabilities = np.random.default_rng(classes).integers(0, 4, (classes, 40, 50)).astype(np.uint8)
    np.testing.assert_array_equal(likeliest(probabilities), probabilities.argmax(axis=0))
