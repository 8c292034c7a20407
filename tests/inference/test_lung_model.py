"""Lungs of a CT from the scores of a network, which are kept as they were before anatomy corrects them."""

from __future__ import annotations

import numpy as np
import pytest
from keeping_judge import KeepingJudge

from pleura.inference.bundle import load_bundle
from pleura.inference.clock import Clock
from pleura.inference.evidence import mirrored_slices
from pleura.inference.lung_model import LungModel
from pleura.phantom import chest
from pleura.volume import Volume

BUNDLE = load_bundle()


def network(planes: np.ndarray) -> tuple[np.ndarray, ...]:
    """Call lung what is dark and not black, right in the first half of the columns, and all of the air around too."""
    lung = np.where(planes[:, 1] < 90, 200, 50).astype(np.uint8)
    side_score = np.full((len(planes), 128, 128), 90, np.uint8)
    side_score[..., 64:] = 170
    return lung, side_score


@pytest.fixture(scope="module")
def volume() -> Volume:
    return chest(shape=(24, 64, 64), spacing=(10.0, 6.0, 6.0)).volume


def test_air_around_the_body_is_no_lung_and_its_probability_is_kept(volume: Volume) -> None:
    found = LungModel(BUNDLE, "drawn", network, 1).predict(volume, Clock(), with_probability=True)
    assert found.labels.any()
    assert not found.labels[:, :3].any()
    assert (found.probability.on_scan(volume)[12] > 128).sum() > (found.labels[12] > 0).sum()
    assert found.changes["rules_ml"]["outside_skin"] > 1000


def test_stages_are_timed_in_their_order(volume: Volume) -> None:
    clock = Clock()
    LungModel(BUNDLE, "drawn", network, 1).predict(volume, clock)
    assert list(clock.laps) == ["locate", "prepare", "network", "clean", "restore"]


def test_evidence_is_what_the_mask_is_on_every_second_pixel(volume: Volume) -> None:
    clock = Clock()
    judge = KeepingJudge("fast")
    found = LungModel(BUNDLE, "drawn", network, 1).predict(volume, clock, judge=judge)
    evidence = judge.evidence
    assert evidence is not None
    assert evidence.mirrored is None
    assert evidence.labels.shape == evidence.planes.shape == (24, 128, 128)
    assert evidence.labels.any(axis=(1, 2)).tolist() == found.labels.any(axis=(1, 2)).tolist()
    assert "quality" in clock.laps


def test_second_look_marks_the_same_where_the_network_sees_no_side(volume: Volume) -> None:
    judge = KeepingJudge("full")
    LungModel(BUNDLE, "drawn", network, 1).predict(volume, Clock(), judge=judge)
    evidence = judge.evidence
    assert evidence is not None
    assert evidence.mirrored is not None
    slices = np.flatnonzero(evidence.labels.any(axis=(1, 2)))
    assert evidence.mirrored.slices.tolist() == slices[::3].tolist()
    dark = evidence.planes[evidence.mirrored.slices] < 90
    np.testing.assert_array_equal(evidence.mirrored.marked, dark)


def test_second_look_is_at_every_third_of_the_slices_that_the_network_saw() -> None:
    labels = np.zeros((12, 4, 4), np.uint8)
    seen = np.array([0, 2, 4, 6, 8, 10, 11])
    assert mirrored_slices(labels, seen).tolist() == [0]
    labels[2:11] = 1
    assert mirrored_slices(labels, seen).tolist() == [2, 8]
