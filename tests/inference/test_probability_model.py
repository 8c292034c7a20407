"""Labels are the likeliest class; what the network said of the foreground is kept as it was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from keeping_judge import KeepingJudge

from pleura.inference.bundle import RADIOGRAPH, load_bundle
from pleura.inference.clock import Clock
from pleura.inference.probability_model import ProbabilityModel
from pleura.volume import Kind, Volume

BUNDLE = replace(load_bundle(RADIOGRAPH), conventions=())


def network(planes: np.ndarray) -> tuple[np.ndarray, ...]:
    """Call a disc in the left half of the picture right lung, one in the right half left lung, and a speck lung too."""
    rows, columns = np.mgrid[: BUNDLE.side, : BUNDLE.side]
    right, left = (np.hypot(rows - 128, columns - column) < 40 for column in (70, 186))
    right[5:8, 5:8] = True
    classes = np.stack([~(right | left), right, left]) * np.uint8(240)
    return (np.repeat(classes[None], len(planes), axis=0),)


def picture() -> Volume:
    grey = np.random.default_rng(0).integers(0, 256, (1, 256, 256)).astype(np.uint8)
    return Volume(grey, np.eye(4)[[2, 1, 0, 3]], kind=Kind.RADIOGRAPH, is_picture=True)


def test_a_speck_is_no_lung_and_its_probability_is_kept() -> None:
    found = ProbabilityModel(BUNDLE, "drawn", network, 1).predict(picture(), Clock(), with_probability=True)
    assert set(np.unique(found.labels)) == {0, 1, 2}
    assert not found.labels[0, :20, :20].any()
    assert (found.probability.values[0, 5:8, 5:8] == 255).all()
    assert [label.name for label in found.structures] == ["right lung", "left lung"]
    assert found.warnings == ()


def test_several_planes_are_joined_in_order() -> None:
    volume = picture()
    stack = replace(volume, voxels=np.repeat(volume.voxels, 6, axis=0), is_picture=False)
    found = ProbabilityModel(BUNDLE, "drawn", network, 1).predict(stack, Clock(), with_probability=True)
    assert found.probability is not None
    assert found.probability.values.shape == (6, 256, 256)


def test_evidence_is_what_the_network_said_and_what_became_of_it() -> None:
    model = ProbabilityModel(BUNDLE, "drawn", network, 1)
    judge = KeepingJudge("full")
    model.predict(picture(), Clock(), judge=judge)
    evidence = judge.evidence
    assert evidence is not None
    assert evidence.mirrored is not None
    assert not evidence.labels[0, :10, :10].any()
    assert evidence.probability[0, 0, 3, 3] == 240  # the speck
    assert evidence.window is None
    # the network is drawn: it marks discs and the speck wherever the picture is mirrored to, and they come back
    assert evidence.mirrored.marked[0, 3, 124]
    assert evidence.mirrored.marked[0, 64, 35]
