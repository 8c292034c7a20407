"""That the paper's network is built as the paper says, and what its start from ImageNet changes."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from pleura.networks.original import OriginalUNet, initialise_from_imagenet
from pleura.networks.pretrained import imagenet_weights


def encoder_kernels(network: OriginalUNet) -> list[Tensor]:
    return [module.weight.detach() for module in network.encoder.modules() if isinstance(module, nn.Conv2d)]


def started(seed: int = 0) -> OriginalUNet:
    torch.manual_seed(seed)
    network = OriginalUNet()
    initialise_from_imagenet(network)
    return network


def test_it_is_three_levels_of_64_filters_with_normalisation_and_transposed_convolutions() -> None:
    # kernels 9 * 64 a channel: (1 + 5 * 64) into the encoder, 2 * (128 + 64) into the decoder; 10 normalisations of
    # 2 * 64; two transposed convolutions of 4 * 64 * 64 + 64; the head of 64 + 1
    assert sum(weights.numel() for weights in OriginalUNet().parameters()) == (
        9 * 64 * (1 + 5 * 64 + 2 * 192) + 10 * 128 + 2 * (4 * 64 * 64 + 64) + 65
    )
    kinds = [type(module) for module in OriginalUNet().modules()]
    assert kinds.count(nn.BatchNorm2d) == 10
    assert kinds.count(nn.ConvTranspose2d) == 2


def test_scores_have_the_size_of_the_picture() -> None:
    assert OriginalUNet(2, 3)(torch.zeros(2, 2, 32, 48)).shape == (2, 3, 32, 48)


def test_every_level_skips_to_the_decoder() -> None:
    network = OriginalUNet().eval()
    for up in network.up:
        nn.init.zeros_(up.weight)
    assert network(torch.rand(1, 1, 16, 16)).std() > 0  # through the skips alone


def test_first_filters_are_the_grey_stem_and_its_negative_where_that_is_alive() -> None:
    first = encoder_kernels(started())[0].flatten(1)
    stem, weight = imagenet_weights()["_conv_stem.weight"].sum(dim=1), imagenet_weights()["_bn0.weight"]
    alive = stem.flatten(1).norm(dim=1) > 0.1
    assert alive.sum() == 27  # four died in training, one looks at colours only
    cosine = torch.nn.functional.cosine_similarity(first[:32], stem.flatten(1) * weight.sign()[:, None])
    assert torch.allclose(cosine[alive], torch.tensor(1.0), atol=1e-4)
    mirrored = torch.nn.functional.cosine_similarity(first[:32], first[32:])
    assert torch.allclose(mirrored[alive], torch.tensor(-1.0), atol=1e-4)


def test_filters_keep_the_variance_from_layer_to_layer() -> None:
    network = started().train()
    features = torch.randn(4, 1, 64, 64, generator=torch.Generator().manual_seed(1))
    for stage in network.encoder:
        for block in stage.children():
            raised = block[0](features)
            assert 0.5 < raised.square().mean() / (2 * features.square().mean()) < 2
            features = block(features)
        features = torch.nn.functional.max_pool2d(features, 2)


def test_trained_filters_are_the_same_whatever_the_seed_and_random_ones_are_not() -> None:
    one, other = encoder_kernels(started(0)), encoder_kernels(started(1))

    def agreement(layer: int, rows: slice, columns: slice) -> float:
        kernels = one[layer][rows, columns].flatten(1), other[layer][rows, columns].flatten(1)
        return torch.nn.functional.cosine_similarity(*kernels).median().item()

    # trained outputs, in pairs: 32, 16, 24, 24, 40, 40 filters, cut at 64; the second layer reads all 64 of the first
    trained = [64, 32, 48, 48, 64, 64]
    for layer, rows in enumerate(trained):
        columns = trained[layer - 1] if layer else 1
        assert agreement(layer, slice(rows), slice(columns)) == pytest.approx(1, abs=1e-4)
    assert agreement(1, slice(32, 64), slice(64)) < 0.1


@pytest.mark.slow
def test_decoder_keeps_its_random_weights() -> None:
    torch.manual_seed(0)
    plain = OriginalUNet()
    for name, weights in started(0).state_dict().items():
        assert name.startswith("encoder") or torch.equal(weights, plain.state_dict()[name])
