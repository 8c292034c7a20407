"""Stacks of pictures as scans of about known HU and millimetres."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recipes.ct.scans import load, scans
from recipes.ct.stacks import load_stack


@pytest.fixture(scope="module")
def stack(shared: Path) -> Path:
    return shared / "data/ct/covid_stacks/v17"


def test_tissues_of_a_stack_have_about_their_hu(stack: Path) -> None:
    hu, labels, _ = load_stack(stack)
    assert -950 < np.percentile(hu[labels > 0], 30) < -800
    assert np.percentile(hu[labels == 0], 5) < -900
    body = hu[(labels == 0) & (hu > -200)]
    assert 0 < np.median(body) < 200  # with contrast, as it were


def test_a_stack_lies_as_the_scans_do(stack: Path) -> None:
    hu, labels, (gap, *pixel) = load_stack(stack)
    assert hu.shape == labels.shape == (24, 256, 256)
    assert gap == 6.0
    assert pixel == [1.4, 1.4]
    right, left = (np.nonzero(labels == side)[2].mean() for side in (1, 2))
    assert right < left
    assert np.array_equal(load(stack)[0], hu)


def test_stacks_are_never_free() -> None:
    stacks = [scan for scan in scans() if scan.is_stack]
    assert len(stacks) == 11
    assert not any(scan.free for scan in stacks)
