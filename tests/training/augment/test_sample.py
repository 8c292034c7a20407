"""Augmentation can be replayed, and changes labels only where it says so."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from pleura.inference.grid import FieldOfView
from pleura.training import augment
from pleura.training.augment import disease, spatial
from pleura.training.data import SIDE, Batch, Case, Sampler
from pleura.volume import Kind

WHOLE = FieldOfView(0, 0, SIDE, SIDE)
UPRIGHT = (1.0, 0.0)


def case() -> Case:
    """Return three slices of a body with two lungs in it."""
    slices = np.full((3, SIDE, SIDE), -1000, np.int16)
    labels = np.zeros((3, SIDE, SIDE), np.uint8)
    slices[:, 50:210, 30:230] = 40
    slices[:, 80:180, 50:110] = -850
    slices[:, 80:180, 150:210] = -850
    labels[:, 80:180, 50:110] = 1
    labels[:, 80:180, 150:210] = 2
    return Case("test", slices, labels, WHOLE, 5.0, Kind.HU, np.ones(3, bool))


def sampler() -> Sampler:
    return Sampler([case()], {"test": 1.0}, seed=3)


def picture() -> tuple[torch.Tensor, torch.Tensor]:
    only = case()
    image = (torch.from_numpy(only.slices).float() + 1024) / 1424
    return image.clamp(0, 1), torch.from_numpy(only.labels[1]).long()


def seed(value: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(value)


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


def test_slice_laid_as_it_is_read_stays_as_it_is() -> None:
    image, label = picture()
    same, same_label = spatial.apply([spatial.IDENTITY], [WHOLE], image[None], label[None].to(torch.uint8))
    assert torch.allclose(same[0], image, atol=1e-4)
    assert torch.equal(same_label[0], label)


@pytest.mark.parametrize("quarter_turns", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
def test_labels_follow_the_patient_and_posterior_points_to_the_back(quarter_turns: int, mirrored: bool) -> None:
    image, label = picture()
    image[:, 200:210, 120:140] = 1.0  # the spine, at the back
    params = spatial.SpatialParams(quarter_turns, mirrored, 0.0, 1.0, 1.0, (0.0, 0.0), 0.0, 0)
    turned, turned_label = spatial.apply([params], [WHOLE], image[None], label[None].to(torch.uint8))
    assert int((turned_label == 1).sum()) == int((label == 1).sum())
    spine = (turned[0, 1] > 0.99).nonzero().float().mean(dim=0) - SIDE / 2
    back = torch.tensor(spatial.posterior(params))
    assert float((spine / spine.norm()) @ back) > 0.97


def test_consolidation_stays_inside_the_lung_and_its_label() -> None:
    image, label = picture()
    lung = label > 0
    lesion = disease.Lesion(extent=0.4, density=1.0, grain=6, edge=20.0, dependent=0.0)
    changed = disease.add_lesion(lesion, image, lung, disease.levels(image, lung), UPRIGHT, seed())
    assert torch.equal(changed[:, ~lung], image[:, ~lung])
    brighter = (changed[1] > image[1] + 0.2)[lung].float().mean().item()
    assert 0.25 < brighter < 0.55


def test_mass_is_as_bright_as_tissue_and_stays_inside() -> None:
    image, label = picture()
    lung = label > 0
    level = disease.levels(image, lung)
    changed = disease.add_mass(disease.Mass(12.0, True, 1.0), image, lung, level, seed())
    assert torch.equal(changed[:, ~lung], image[:, ~lung])
    assert ((changed[1] - level.tissue).abs() < 0.05)[lung].sum() > 100


def test_effusion_leaves_the_lung_from_below() -> None:
    image, label = picture()
    level = disease.levels(image, label > 0)
    changed, changed_label = disease.add_effusion(disease.Effusion(0.3, 1, 0.0), image, label, level, UPRIGHT)
    assert int((changed_label == 2).sum()) == int((label == 2).sum())
    gone = (label == 1) & (changed_label == 0)
    assert 0.25 < gone.sum() / (label == 1).sum() < 0.35
    assert gone.nonzero()[:, 0].min() > (changed_label == 1).nonzero()[:, 0].max() - 1
    assert math.isclose(changed[1][gone].mean().item(), level.tissue - 0.02, abs_tol=0.02)


def test_bowel_gas_keeps_away_from_the_lung() -> None:
    image, label = picture()
    changed = disease.add_gas(disease.Gas(3, 10.0, 0.8, 0.0), image, label > 0, seed(1))
    moved = (changed[1] - image[1]).abs() > 0.05
    assert moved.sum() > 50
    grown = torch.nn.functional.max_pool2d((label > 0)[None, None].float(), 5, 1, 2)[0, 0] > 0
    assert not (moved & grown).any()


def test_neighbours_beyond_the_ends_are_the_slice_itself() -> None:
    batch: Batch = sampler().draw(64)
    assert batch.images.shape == (64, 3, SIDE, SIDE)
