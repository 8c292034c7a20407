"""Each signal is the share of a mask that may be wrong for one reason, of each lung and of both."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_evidence import evidence, labels

from pleura.quality.signals import NAMES, UNION, find_signals


def test_both_lungs_have_every_signal_and_good_ones_none_above_zero() -> None:
    found = find_signals(evidence(labels()))
    assert list(found.of) == [UNION, 1, 2]
    for signals in found.of.values():
        assert sorted(signals) == sorted(NAMES)
        assert [one.value for one in signals.values()] == pytest.approx([0.0] * len(NAMES))


def test_signals_speak_of_the_lung_that_they_concern() -> None:
    lungs = labels()
    lungs[:, 8:13, 26:34] = 0  # the upper half of the left lung is solid, and marked
    found = find_signals(evidence(labels(), lungs)).of
    assert found[1]["solid"].value == 0.0
    assert found[2]["solid"].value == pytest.approx(3 * 6 / 80)
    assert found[UNION]["solid"].value == pytest.approx(3 * 6 / 160)


def test_amounts_lie_in_the_sampled_slices() -> None:
    lungs = labels(9)
    lungs[4, 8:13] = 0
    found = find_signals(evidence(labels(9), lungs))
    assert np.flatnonzero(found.of[UNION]["solid"].amounts).tolist() == [4]
    assert found.slices.tolist() == list(range(9))


def test_unsure_network_is_uncertain() -> None:
    found = find_signals(evidence(labels(), sure=204)).of[UNION]["uncertain"]
    # 0.8 of each voxel is expected: 1 - 2 x 0.8 / (1 + 0.8)
    assert found.value == pytest.approx(1 - 1.6 / 1.8)
    assert found.amounts == pytest.approx(np.full(6, 160 * 0.2))


def test_empty_mask_has_no_signals() -> None:
    assert find_signals(evidence(labels() * 0)).of == {}


def test_lung_without_sides_is_all_there_is() -> None:
    both = evidence((labels() > 0).astype(np.uint8))
    one = type(both)(both.labels, both.probability[:1], both.planes, both.window)
    assert list(find_signals(one).of) == [UNION, 1]
