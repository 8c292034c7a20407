"""The network of slices looks closely at solid tissue of painted scans, and two runs have a network between them."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from recipes.ct.between import write_between
from recipes.ct.slice_train import BESIDE, LAST, Batches, State, weighted, with_solid, without_solid

AIR, SOFT = -850.0, 40.0


def test_solid_tissue_in_the_lungs_and_beside_them_is_looked_at_closely_and_labels_stay() -> None:
    labels, hu = np.zeros((1, 120), np.uint8), np.full((1, 120), SOFT, np.float32)
    labels[0, 50:60], labels[0, 60:64], hu[0, 50:58] = 1, 2, AIR
    labels[0, 64:66] = 255  # what nobody knows
    found, closely = without_solid(torch.from_numpy(with_solid(labels, hu).astype(np.int64)))
    assert np.array_equal(found.numpy(), labels)
    near = slice(50 - BESIDE, 64 + BESIDE)
    expected = np.zeros((1, 120), bool)
    expected[0, near] = True
    expected[0, 50:58] = expected[0, 64:66] = False  # neither aerated lung nor the unknown
    assert np.array_equal(closely.numpy() > 0, expected)


def test_slice_without_lung_has_nothing_to_look_at_closely() -> None:
    labels = with_solid(np.zeros((4, 4), np.uint8), np.full((4, 4), SOFT, np.float32))
    assert not labels.any()


def test_loss_counts_the_pixels_that_have_a_weight_alone() -> None:
    scores = torch.zeros(1, 3, 1, 2)
    scores[0, 1, 0, 0] = 9.0  # sure of the right lung in the first pixel, which is background
    labels = torch.zeros(1, 1, 2, dtype=torch.long)
    assert weighted(scores, labels, torch.tensor([[[0.0, 1.0]]])).item() == pytest.approx(np.log(3.0))
    assert weighted(scores, labels, torch.zeros(1, 1, 2)).item() == 0


def test_network_between_two_runs_has_the_mean_of_their_weights(tmp_path: Path) -> None:
    first = State.of(tmp_path / "none", rate=1e-3, free=True)
    second = State.of(tmp_path / "none", rate=1e-3, free=True)
    for name, state in (("first", first), ("second", second)):
        (tmp_path / name).mkdir()
        state.save(tmp_path / name)
    write_between(tmp_path / "first", tmp_path / "second", tmp_path / "half", 0.25)
    half = torch.load(tmp_path / "half" / LAST)
    one, other = first.average.state_dict(), second.average.state_dict()
    name = next(key for key, value in one.items() if value.dim() == 4)
    assert torch.allclose(half["average"][name], 0.75 * one[name] + 0.25 * other[name], atol=1e-6)
    assert half["done"] == 0
    assert torch.equal(half["network"][name], half["average"][name])


def test_batches_are_the_same_for_the_same_seed_and_others_once_the_run_has_gone_on(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    samples = rng.integers(0, 200, (4, 4, 256, 256), np.uint8)
    samples[:, -1] = rng.integers(0, 3, (4, 256, 256))
    np.save(tmp_path / "lidc_0001-1-00000.npy", samples)
    options = Namespace(pool=tmp_path, free=True, without=[], batch=2, seed=5, data=tmp_path)
    first, again, later = (next(iter(Batches(options, done))) for done in (0, 0, 100))
    images, labels, sides = first
    assert (images.shape, labels.shape, sides.shape) == ((2, 3, 256, 256), (2, 256, 256), (2,))
    assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))
    assert not torch.equal(images, later[0])
    loader = iter(DataLoader(Batches(options, 0), batch_size=None, num_workers=2))
    beside = [next(loader), next(loader)]  # of one process and of the other
    assert torch.equal(beside[0][0], images)
    assert not torch.equal(beside[1][0], images)
