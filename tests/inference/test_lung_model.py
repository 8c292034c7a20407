"""Lungs of a CT from the scores of a network, which are kept as they were before anatomy corrects them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from pleura.inference.bundle import Bundle, load_bundle
from pleura.inference.clock import Clock
from pleura.inference.coarse import CoarseScores
from pleura.inference.locate import locate_lungs
from pleura.inference.lung_model import LungModel
from pleura.inference.recipe import COARSE
from pleura.phantom import chest
from pleura.volume import Kind, Volume

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


def test_network_sees_the_coarse_segmentation_of_a_whole_scan_and_of_a_slice_none(
    volume: Volume, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = dataclasses.replace(BUNDLE, graphs={**BUNDLE.graphs, COARSE: "0" * 64})
    seen: list[np.ndarray] = []

    def listening(planes: np.ndarray) -> tuple[np.ndarray, ...]:
        seen.append(planes[:, 3:])
        return network(planes)

    def cells(_bundle: Bundle, _threads: int, inputs: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        shape = (inputs["size"] + inputs["padding"]) // 2
        return np.full(shape, 200, np.uint8), np.full(shape, 40, np.uint8)

    monkeypatch.setattr("pleura.inference.coarse._run", cells)
    model = LungModel(bundle, "drawn", listening, 1)
    model.predict(volume, Clock())
    middle = np.concatenate(seen)[:, :, 128, 128]
    assert (middle == (200, 40)).all()
    seen.clear()
    model.predict(chest(shape=(1, 64, 64), spacing=(10.0, 6.0, 6.0)).volume, Clock())
    assert all((planes == 128).all() for planes in seen)


def test_coarse_segmentation_says_where_the_lungs_are() -> None:
    full = np.zeros((24, 20, 20), np.uint8)
    full[:, 5:15, 5:15] = 255
    coarse = CoarseScores(full, full, start=(-0.5, -0.5, -0.5), step=(1.0, 5.0, 5.0))
    slices = np.full((24, 100, 100), 40, np.int16)
    fov = locate_lungs(slices, (2.0, 2.0), Kind.HU, BUNDLE, network, 1, coarse)
    body = locate_lungs(slices, (2.0, 2.0), Kind.HU, BUNDLE, network, 1, dataclasses.replace(coarse, lung=full * 0))
    assert body.height > 100
    # the middle half of the body, made larger by its margin, but no smaller than three quarters of the body
    assert fov.height == round(0.75 * body.height)
    assert abs(fov.top + fov.height / 2 - 50) <= 1


def test_evidence_is_what_the_mask_is_on_every_second_pixel(volume: Volume) -> None:
    clock = Clock()
    found = LungModel(BUNDLE, "drawn", network, 1).predict(volume, clock, quality="fast")
    evidence = found.evidence
    assert evidence is not None
    assert evidence.mirrored is None
    assert evidence.labels.shape == evidence.planes.shape == (24, 128, 128)
    assert evidence.labels.any(axis=(1, 2)).tolist() == found.labels.any(axis=(1, 2)).tolist()
    assert "quality" in clock.laps
    assert LungModel(BUNDLE, "drawn", network, 1).predict(volume, Clock()).evidence is None


def test_second_look_marks_the_same_where_the_network_sees_no_side(volume: Volume) -> None:
    evidence = LungModel(BUNDLE, "drawn", network, 1).predict(volume, Clock(), quality="full").evidence
    assert evidence is not None
    assert evidence.mirrored is not None
    slices = np.flatnonzero(evidence.labels.any(axis=(1, 2)))
    assert evidence.mirrored.slices.tolist() == slices[::3].tolist()
    dark = evidence.planes[evidence.mirrored.slices] < 90
    np.testing.assert_array_equal(evidence.mirrored.marked, dark)
