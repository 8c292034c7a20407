"""What befalls radiographs can be replayed, and never moves a label away from its lung."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from pleura.inference.grid import FieldOfView
from pleura.training import augmentation, film
from pleura.training.data import SIDE, Case, Sampler, with_told
from pleura.volume import Kind

NOTHING = film.Film(False, 0.0, 0, 1.0, 0, 0, 0.0, 0.0, 1.0)


def picture() -> tuple[torch.Tensor, torch.Tensor]:
    image, label = torch.full((1, SIDE, SIDE), 0.7), torch.zeros(SIDE, SIDE, dtype=torch.long)
    for side, columns in ((1, slice(40, 110)), (2, slice(150, 220))):
        image[:, 60:200, columns] = 0.2
        label[60:200, columns] = side
    return image, label


def fate(**changes: object) -> torch.Tensor:
    image, label = picture()
    chosen = dataclasses.replace(NOTHING, **changes)  # type: ignore[arg-type]
    return film.apply_film(chosen, image, label, torch.Generator().manual_seed(0))


def test_nothing_changes_nothing() -> None:
    assert torch.equal(fate(), picture()[0])


def test_inversion_turns_greys_round() -> None:
    assert torch.allclose(fate(inverted=True), 1.0 - picture()[0])


def test_veil_lies_on_the_lung_it_names() -> None:
    veiled, plain = fate(veil=1.0, side=2, extent=1.0), picture()[0]
    assert torch.equal(veiled[:, :, :130], plain[:, :, :130])
    assert veiled[0, 130, 185] > plain[0, 130, 185] + 0.4


def test_faded_picture_keeps_its_order_of_greys() -> None:
    faded = fate(fade=0.5)
    assert float(faded.max() - faded.min()) == pytest.approx(0.25)
    assert faded[0, 0, 0] > faded[0, 130, 185]


def test_frame_covers_the_edge_only() -> None:
    framed = fate(frame=0.1, frame_grey=1.0)
    assert (framed[:, :25] == 1.0).all()
    assert torch.equal(framed[:, 30:-30, 30:-30], picture()[0][:, 30:-30, 30:-30])


@pytest.mark.parametrize("change", [{"marks": 3}, {"tubes": 3}])
def test_marks_and_tubes_are_bright_and_few(change: dict[str, int]) -> None:
    changed, plain = fate(**change), picture()[0]
    assert (changed >= plain).all()
    assert 0 < (changed != plain).float().mean() < 0.35


def test_sampled_radiographs_stay_within_bounds_and_can_be_replayed() -> None:
    image, label = picture()
    slices = (image * 255).to(torch.int16).numpy()
    case = Case(
        "a",
        slices,
        label[None].to(torch.uint8).numpy(),
        FieldOfView(0, 0, SIDE, SIDE),
        None,
        Kind.RADIOGRAPH,
        np.ones(1, bool),
    )
    batch = Sampler([case], {"a": 1.0}, seed=0, slices=1).draw(24)
    changes = augmentation.draw(np.random.default_rng(0), batch)
    (first, labels), (second, _) = augmentation.apply(changes, batch), augmentation.apply(changes, batch)
    assert torch.equal(first, second)
    assert first.min() >= 0
    assert first.max() <= 1
    assert set(labels.unique().tolist()) == {0, 1, 2}


def test_what_the_network_is_told_is_one_more_channel() -> None:
    told = with_told(torch.zeros(2, 1, 4, 4), [0.0, 1.0])
    assert told.shape == (2, 2, 4, 4)
    assert told[:, 1].mean(dim=(1, 2)).tolist() == [0.0, 1.0]
    assert with_told(torch.zeros(2, 1, 4, 4), [None, None]).shape == (2, 1, 4, 4)
