"""Painted disease keeps to its place, and the label follows its definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from pleura.training.augment import disease
from pleura.training.data import SIDE

UPRIGHT = (1.0, 0.0)


def picture() -> tuple[torch.Tensor, torch.Tensor]:
    """Return three slices of a body of soft tissue with two lungs in it, in the window of prediction, and labels."""
    image, label = torch.full((3, SIDE, SIDE), 0.017), torch.zeros(SIDE, SIDE, dtype=torch.long)
    image[:, 50:210, 30:230] = 0.747
    for value, columns in ((1, slice(50, 110)), (2, slice(150, 210))):
        image[:, 80:180, columns] = 0.122
        label[80:180, columns] = value
    return image, label


def seed(value: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(value)


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


def test_brightness_of_lung_and_tissue_is_measured_where_they_are() -> None:
    image, label = picture()
    level = disease.levels(image, label > 0)
    assert (level.lung, level.tissue) == (pytest.approx(0.122), pytest.approx(0.747))


def test_effusion_lies_at_the_back_whichever_way_the_patient_lies() -> None:
    image, label = picture()
    level = disease.levels(image, label > 0)
    _, prone = disease.add_effusion(disease.Effusion(0.3, 1, 0.0), image, label, level, (-1.0, 0.0))
    gone = (label == 1) & (prone == 0)
    assert gone.nonzero()[:, 0].max() < (prone == 1).nonzero()[:, 0].min() + 1


def test_slice_without_lung_gets_gas_alone() -> None:
    image, label = picture()
    params = disease.DiseaseParams(
        disease.Lesion(0.4, 1.0, 6, 20.0, 0.0), disease.Mass(12.0, True, 1.0), disease.Effusion(0.3, 1, 0.0), None, 0.1
    )
    empty = torch.zeros_like(label)
    found, found_label = disease.apply(params, image, empty, UPRIGHT, seed())
    assert torch.equal(found, image)
    assert torch.equal(found_label, empty)


def test_aeration_changes_the_lung_and_nothing_else() -> None:
    image, label = picture()
    params = disease.DiseaseParams(None, None, None, None, 0.05)
    found, _ = disease.apply(params, image, label, UPRIGHT, seed())
    assert torch.allclose(found, image + 0.05 * (label > 0))


def test_diseases_come_as_often_as_they_are_said_to() -> None:
    rng = np.random.default_rng(0)
    drawn = [disease.draw(rng) for _ in range(2000)]
    shares = [
        np.mean([getattr(one, name) is not None for one in drawn]) for name in ("lesion", "mass", "effusion", "gas")
    ]
    assert shares == pytest.approx([0.25, 0.15, 0.08, 0.12], abs=0.03)  # three deviations of a share of a quarter
    assert np.std([one.aeration for one in drawn if one.aeration]) == pytest.approx(0.05, rel=0.1)


def test_gas_is_an_ellipse_of_its_ratio_however_it_lies() -> None:
    image, nowhere = torch.full((3, SIDE, SIDE), 0.7), torch.zeros(SIDE, SIDE, dtype=torch.bool)
    for number in range(6):
        gas = disease.Gas(count=1, radius=24.0, ratio=0.5, filled=0.0)
        found = disease.add_gas(gas, image, nowhere, seed(number))[1] < 0.1
        rows, columns = found.nonzero().T.tolist()
        if min(*rows, *columns) < 3 or max(*rows, *columns) > SIDE - 4:
            continue  # the edge of the picture cuts it
        short, long = np.sqrt(np.linalg.eigvalsh(np.cov(rows, columns)))
        assert short / long == pytest.approx(0.5, abs=0.03)
        assert len(rows) == pytest.approx(math.pi * 4 * short * long, rel=0.05)  # a half-axis is two deviations
