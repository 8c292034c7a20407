"""The making of the network that tells CT slices from radiographs: pictures, changes, fitting, export."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from pleura.networks.modality import ModalityNet
from recipes.modality.augmentation import changed, cropped, refilled, shuffled
from recipes.modality.drawn import drawn
from recipes.modality.fitting import draw_batch, figures, train, write
from recipes.modality.graph import SIDE, compare, graph, shares
from recipes.modality.pictures import STORED, project, square, window

KINDS_OF_STOCK = ("ct", "radiograph", "front", "side", "lateral", "reformat", "drawn")


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def stock() -> dict[str, torch.Tensor]:
    """Four pictures a kind that differ at a glance: stripes of another width for each kind."""
    line = torch.arange(STORED)
    stripes = {name: (line // (2 + 3 * k) % 2).float() for k, name in enumerate(KINDS_OF_STOCK)}
    return {name: stripe.expand(4, 1, STORED, STORED).clone() for name, stripe in stripes.items()}


@pytest.fixture(scope="module")
def network() -> ModalityNet:
    torch.manual_seed(3)
    made = ModalityNet()
    made(torch.rand(8, 1, SIDE, SIDE, generator=seeded()) * 255)  # fills the statistics that are folded in
    return made.eval()


def test_drawn_pictures_are_many_and_the_same_for_a_seed() -> None:
    first, again = (drawn(24, np.random.default_rng(1)) for _ in range(2))
    assert first.shape == (24, STORED, STORED)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, again)
    assert len({picture.tobytes() for picture in first}) == 24
    assert all(np.ptp(picture) > 50 for picture in first)


def test_changes_halve_the_side_stay_grey_and_are_replayed_by_a_seed(stock: dict[str, torch.Tensor]) -> None:
    pictures = stock["ct"].repeat(8, 1, 1, 1)
    once, again, other = (changed(pictures, seeded(seed)) for seed in (5, 5, 6))
    assert once.shape == (32, 1, SIDE, SIDE)
    assert float(once.min()) >= 0
    assert float(once.max()) <= 1
    assert torch.equal(once, again)
    assert not torch.equal(once, other)
    assert len({picture.numpy().tobytes() for picture in once}) == 32


def test_tiles_lie_elsewhere_but_none_is_lost() -> None:
    pictures = torch.arange(STORED * STORED).reshape(1, 1, STORED, STORED) / STORED**2
    found = shuffled(pictures, 4, seeded())
    assert not torch.equal(found, pictures)
    assert torch.equal(found.flatten().sort().values, pictures.flatten())


def test_filling_shows_where_a_picture_is_light() -> None:
    pictures = torch.zeros(1, 1, 64, 64)
    pictures[..., 32:] = 1.0
    found = refilled(pictures, torch.full_like(pictures, 0.25))
    assert (found[..., :28] == 0).all()
    assert (found[..., 36:] == 0.25).all()


def test_crop_keeps_the_size(stock: dict[str, torch.Tensor]) -> None:
    assert cropped(stock["radiograph"], seeded()).shape == stock["radiograph"].shape


def test_window_runs_from_black_to_white() -> None:
    np.testing.assert_array_equal(
        window(np.array([[-2000, -1400, -600, 210, 900]]), -600, 1600), [[0, 0, 127, 255, 255]]
    )


def test_picture_is_squeezed_to_a_square() -> None:
    assert square(np.zeros((30, 70), np.uint8)).shape == (STORED, STORED)


def test_projection_shows_the_head_on_top_and_dense_bright() -> None:
    volume = np.full((20, 16, 16), -1000, np.float32)
    volume[12:, 4:12, 4:12] = 40  # soft tissue in the upper part, as slices run to the head
    shadow = project(volume, 0)
    assert shadow.shape == (20, 16)
    assert (shadow[:8, 4:12] == 255).all()
    assert (shadow[8:] == 0).all()


def test_batch_holds_each_kind_alike(stock: dict[str, torch.Tensor]) -> None:
    pictures, kinds = draw_batch(stock, seeded())
    counts = torch.bincount(kinds)
    assert len(pictures) == len(kinds)
    assert counts.tolist()[:2] == [32, 32]
    assert 32 <= int(counts[2]) <= 48


def test_exported_network_says_what_pytorch_says(network: ModalityNet) -> None:
    compare(network, graph(network))


def test_disagreement_is_an_error(network: ModalityNet) -> None:
    exported = graph(network)
    with torch.no_grad():
        network.scores.bias += torch.tensor([1.0, 0.0, 0.0])
    try:
        with pytest.raises(RuntimeError, match="disagrees"):
            compare(network, exported)
    finally:
        with torch.no_grad():
            network.scores.bias -= torch.tensor([1.0, 0.0, 0.0])


def test_position_and_inversion_do_not_matter_to_what_is_shipped(network: ModalityNet) -> None:
    picture = torch.rand(1, 1, SIDE, SIDE, generator=seeded()) * 255
    wanted = shares(network, picture)
    for other in (picture.flip(2), picture.flip(3), picture.rot90(1, (2, 3)), 255 - picture):
        torch.testing.assert_close(shares(network, other), wanted, atol=1e-5, rtol=0)


def test_fitting_gives_the_same_weights_twice(stock: dict[str, torch.Tensor]) -> None:
    first, again = (train(stock, steps=3) for _ in range(2))
    assert not first.training
    for one, other in zip(first.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)


def test_recipe_names_the_network_beside_it(
    stock: dict[str, torch.Tensor], network: ModalityNet, tmp_path: Path
) -> None:
    write(network, figures(network, stock), tmp_path / "made")
    recipe = json.loads((tmp_path / "made" / "recipe.json").read_text(encoding="utf-8"))
    exported = (tmp_path / "made" / "network.onnx").read_bytes()
    assert recipe["sha256"] == hashlib.sha256(exported).hexdigest()
    assert set(recipe["figures"]["val"]) == set(KINDS_OF_STOCK)
    for counted in recipe["figures"]["val"].values():
        assert counted["pictures"] == 4
        assert 0 <= counted["wrong"] <= 4
    assert sum(counted["wrong"] for counted in recipe["figures"]["val"].values()) > 0  # it has learnt nothing
