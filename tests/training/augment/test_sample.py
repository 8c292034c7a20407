"""Augmentation can be replayed, and changes labels only where it says so."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from pleura.inference.grid import FieldOfView
from pleura.training import augment
from pleura.training.data import SIDE, TrainingCase
from pleura.training.sampler import Batch, Sampler
from pleura.volume import Kind

WHOLE = FieldOfView(0, 0, SIDE, SIDE)


def case() -> TrainingCase:
    """Return three slices of a body with two lungs in it."""
    slices = np.full((3, SIDE, SIDE), -1000, np.int16)
    labels = np.zeros((3, SIDE, SIDE), np.uint8)
    slices[:, 50:210, 30:230] = 40
    slices[:, 80:180, 50:110] = -850
    slices[:, 80:180, 150:210] = -850
    labels[:, 80:180, 50:110] = 1
    labels[:, 80:180, 150:210] = 2
    return TrainingCase("test", slices, labels, WHOLE, 5.0, Kind.HU, np.ones(3, bool))


def sampler() -> Sampler:
    return Sampler([case()], {"test": 1.0}, seed=3)


def many(count: int, only: TrainingCase) -> Batch:
    """Return a batch of `count` times the same case without its pictures, which drawing does not look at."""
    nothing = np.empty(0)
    return Batch(nothing, nothing, (only,) * count, nothing)  # type: ignore[arg-type]


def test_same_records_give_the_same_pictures() -> None:
    batch = sampler().draw(8)
    params = augment.draw(np.random.default_rng(1), batch)
    first, second = augment.apply(params, batch), augment.apply(params, batch)
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])


def test_pictures_stay_within_bounds_and_labels_stay_labels() -> None:
    batch = sampler().draw(32)
    images, labels = augment.apply(augment.draw(np.random.default_rng(2), batch), batch)
    assert images.shape == (32, 3, SIDE, SIDE)
    assert torch.isfinite(images).all()
    assert images.min() >= 0
    assert images.max() <= 1
    assert set(labels.unique().tolist()) <= {0, 1, 2}


def test_without_augmentation_nothing_is_changed() -> None:
    batch = sampler().draw(4)
    images, labels = augment.apply(augment.draw(np.random.default_rng(4), batch, probability=0.0), batch)
    assert torch.equal(labels, torch.from_numpy(batch.labels).long())
    seen = ((torch.from_numpy(batch.images) + 1024) / 1424).clamp(0, 1)
    assert torch.allclose(images, seen, atol=1e-4)


def test_samples_that_are_not_changed_freely_are_only_moved_a_little() -> None:
    batch = sampler().draw(16)
    images, labels = augment.apply(augment.draw(np.random.default_rng(4), batch, probability=1e-9), batch)
    share = (labels == 1).float().mean().item() / (case().labels[1] == 1).mean()
    assert 0.8 < share < 1.25
    air = (images[:, 1] < 0.05).float().mean()
    assert abs(air.item() - (case().slices[1] < -1000 + 71).mean()) < 0.12


def test_augmentation_mirrors_some_patients_and_keeps_the_side_of_each_lung() -> None:
    """Without the mirrored ones the network takes the side from the place in the picture alone."""
    params = augment.draw(np.random.default_rng(0), many(400, case()))
    mirrored = [one for one in params if one.spatial.mirrored]
    assert 2 <= len(mirrored) <= 20  # 1.9 % of 400 are 7.6, give or take four deviations of 2.7
    straight = [one for one in mirrored if one.spatial.quarter_turns == 0]
    assert straight
    for one in straight:
        _, labels = augment.apply([one], sampler().draw(1))
        right, left = ((labels[0] == side).nonzero()[:, 1].float().mean() for side in (1, 2))
        assert right > left  # in a picture that is not mirrored the right lung lies at the left


def test_radiographs_are_never_mirrored() -> None:
    radiograph = dataclasses.replace(case(), kind=Kind.RADIOGRAPH)
    assert not any(one.spatial.mirrored for one in augment.draw(np.random.default_rng(0), many(400, radiograph)))


def test_disease_is_drawn_into_lungs_alone() -> None:
    batch = many(100, case())
    lungs, others = (augment.draw(np.random.default_rng(0), batch, lungs=lungs) for lungs in (True, False))
    assert all(one.disease for one in lungs)
    assert not any(one.disease for one in others)


@pytest.mark.parametrize(("kind", "low"), [(Kind.HU, -1024.0), (Kind.WINDOWED, 0.0), (Kind.RADIOGRAPH, 0.0)])
def test_samples_that_are_not_changed_freely_keep_the_window_of_prediction(kind: Kind, low: float) -> None:
    batch = many(20, dataclasses.replace(case(), kind=kind))
    assert {one.window[0] for one in augment.draw(np.random.default_rng(0), batch, probability=1e-9)} == {low}


def test_hu_are_seen_through_windows_of_pictures_too() -> None:
    windows = [one.window for one in augment.draw(np.random.default_rng(0), many(400, case()))]
    usual = sum(window == (-1024.0, 400.0) for window in windows)
    assert 0.5 < usual / 400 < 0.7
    assert all(low < high for low, high in windows)
