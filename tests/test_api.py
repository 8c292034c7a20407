"""One function for one scan: the same as a segmenter that is made for it."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import pleura
from pleura.errors import UnsuitableInput
from pleura.phantom import chest


def test_the_function_gives_what_a_segmenter_gives() -> None:
    volume = chest(shape=(8, 64, 64), spacing=(20.0, 5.0, 5.0)).volume
    result, same = pleura.segment(volume, threads=1), pleura.Segmenter(threads=1)(volume)
    assert np.array_equal(result.labels, same.labels)
    assert result.provenance == same.provenance


def test_options_of_the_function_are_those_of_the_segmenter() -> None:
    given = inspect.signature(pleura.segment).parameters
    for name, option in inspect.signature(pleura.Segmenter).parameters.items():
        assert given[name].default == option.default


def test_a_chosen_model_that_does_not_know_the_scan_refuses_it() -> None:
    with pytest.raises(UnsuitableInput, match="knows radiographs only"):
        pleura.segment(chest(shape=(8, 64, 64)).volume, model="chest-radiograph", threads=1)
