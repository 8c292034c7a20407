"""What happens to radiographs can be replayed, and never moves a label away from its lung."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from pleura.inference.grid import FieldOfView
from pleura.training import augment
from pleura.training.augment import radiograph
from pleura.training.data import SIDE, TrainingCase, with_convention_channel
from pleura.training.sampler import Sampler
from pleura.volume import Kind

NOTHING = radiograph.RadiographParams(False, 0.0, 0, 1.0, 0, 0, 0.0, 0.0, 1.0)


def picture() -> tuple[torch.Tensor, torch.Tensor]:
    image, label = torch.full((1, SIDE, SIDE), 0.7), torch.zeros(SIDE, SIDE, dtype=torch.long)
    for side, columns in ((1, slice(40, 110)), (2, slice(150, 220))):
        image[:, 60:200, columns] = 0.2
        label[60:200, columns] = side
    return image, label


def changed(**changes: object) -> torch.Tensor:
    image, label = picture()
    chosen = dataclasses.replace(NOTHING, **changes)  # type: ignore[arg-type]
    return radiograph.apply(chosen, image, label, torch.Generator().manual_seed(0))


def test_nothing_changes_nothing() -> None:
    assert torch.equal(changed(), picture()[0])


def test_inversion_turns_greys_round() -> None:
    assert torch.allclose(changed(inverted=True), 1.0 - picture()[0])


def test_opacity_lies_on_the_lung_it_names() -> None:
    clouded, plain = changed(opacity=1.0, opacity_side=2, opacity_extent=1.0), picture()[0]
    assert torch.equal(clouded[:, :, :130], plain[:, :, :130])
    assert clouded[0, 130, 185] > plain[0, 130, 185] + 0.4


def test_flat_picture_keeps_its_order_of_greys() -> None:
    flat = changed(contrast=0.5)
    assert float(flat.max() - flat.min()) == pytest.approx(0.25)
    assert flat[0, 0, 0] > flat[0, 130, 185]


def test_frame_covers_the_edge_only() -> None:
    framed = changed(frame=0.1, frame_grey=1.0)
    assert (framed[:, :25] == 1.0).all()
    assert torch.equal(framed[:, 30:-30, 30:-30], picture()[0][:, 30:-30, 30:-30])


@pytest.mark.parametrize("change", [{"markers": 3}, {"catheters": 3}])
def test_markers_and_catheters_are_bright_and_few(change: dict[str, int]) -> None:
    found, plain = changed(**change), picture()[0]
    assert (found >= plain).all()
    assert 0 < (found != plain).float().mean() < 0.35


def test_sampled_radiographs_stay_within_bounds_and_can_be_replayed() -> None:
    image, label = picture()
    slices = (image * 255).to(torch.int16).numpy()
    case = TrainingCase(
        "a",
        slices,
        label[None].to(torch.uint8).numpy(),
        FieldOfView(0, 0, SIDE, SIDE),
        None,
        Kind.RADIOGRAPH,
        np.ones(1, bool),
    )
    batch = Sampler([case], {"a": 1.0}, seed=0, slices=1).draw(24)
    params = augment.draw(np.random.default_rng(0), batch)
    (first, labels), (second, _) = augment.apply(params, batch), augment.apply(params, batch)
    assert torch.equal(first, second)
    assert first.min() >= 0
    assert first.max() <= 1
    assert set(labels.unique().tolist()) == {0, 1, 2}


def test_convention_is_one_more_channel() -> None:
    images = with_convention_channel(torch.zeros(2, 1, 4, 4), [0.0, 1.0])
    assert images.shape == (2, 2, 4, 4)
    assert images[:, 1].mean(dim=(1, 2)).tolist() == [0.0, 1.0]
    assert with_convention_channel(torch.zeros(2, 1, 4, 4), [None, None]).shape == (2, 1, 4, 4)


def test_three_of_ten_catheters_lie_across() -> None:
    image, label = torch.full((1, SIDE, SIDE), 0.2), torch.zeros(SIDE, SIDE, dtype=torch.long)
    one, generator = dataclasses.replace(NOTHING, catheters=1), torch.Generator().manual_seed(0)
    across = []
    for _ in range(200):
        drawn = radiograph.apply(one, image, label, generator)[0] > 0.25
        across.append(bool(drawn.any(dim=0).sum() > drawn.any(dim=1).sum()))  # more columns than rows
    assert 0.2 < np.mean(across) < 0.4  # three deviations of 0.032 about 0.3
