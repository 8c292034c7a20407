"""The network of a run, with the weights it begins with: random, ImageNet's, or those of another model of ours."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from pleura.errors import InvalidBundle
from pleura.networks.build import build, graph_weights, load_matching_weights
from pleura.networks.settings import NetworkSettings
from pleura.training.checkpoint import BEST
from pleura.training.config import TrainingConfig

FITTING = 0.5
"""Share of a network's weights that those to begin with have to give it; a new head for other labels is far less."""


def network_settings(config: TrainingConfig) -> NetworkSettings:
    """Return the settings from which `pleura.networks.build.build` makes the network of `config`."""
    channels = config.slices + bool(config.conventions)
    if config.network != "unet":
        return NetworkSettings(channels, config.outputs, config.network)
    if config.encoder:
        return NetworkSettings(channels, config.outputs, config.encoder)
    return NetworkSettings(channels, config.outputs, "unet", config.widths, config.depths, config.shuffle)


def first_network(config: TrainingConfig) -> nn.Module:
    """Return the network as training finds it at its first step; the same for the same seed."""
    torch.manual_seed(config.seed)
    network = build(network_settings(config))
    if config.start:
        sizes = {name: value.numel() for name, value in network.state_dict().items()}
        weights = find_weights(config.start)
        left = load_matching_weights(network, weights)
        share = 1.0 - sum(sizes[name] for name in left) / sum(sizes.values())
        if share < FITTING:
            message = f"{config.start}: it has {100 * share:.1f} % of the weights of this network"
            own = (
                ' (encoder = "efficientnet-lite0")'
                if any(name.startswith("encoder.levels.") for name in weights)
                else ""
            )
            raise InvalidBundle(f"{message}; start from its own kind, or train its kind{own}", code="bundle-unfit")
    elif config.encoder:
        _from_imagenet(network, config)
    return network


def _from_imagenet(network: nn.Module, config: TrainingConfig) -> None:
    from pleura.networks.original import OriginalUNet, initialise_from_imagenet
    from pleura.networks.pretrained import EncoderUNet

    if isinstance(network, OriginalUNet):
        initialise_from_imagenet(network)
    else:
        channels = config.slices + bool(config.conventions)
        trained = EncoderUNet(channels, config.outputs, pretrained=True)
        network.load_state_dict(trained.state_dict())


def find_weights(start: str) -> dict[str, Tensor]:
    """Return the weights in a bundle, a run directory or a checkpoint; "chest-ct" and "chest-radiograph" are shipped.

    Raises `InvalidBundle` (``no-weights``) where there are none.
    """
    from safetensors.torch import load_file

    from pleura.inference.bundle import load_bundle

    path = Path(start)
    if path.is_dir() and (path / BEST).is_file():
        path = path / BEST
    if path.is_file():
        try:
            return load_file(path)
        except Exception as problem:
            raise InvalidBundle(f"{path}: not a checkpoint ({problem})", code="no-weights") from problem
    bundle = load_bundle(start)
    graph = bundle.graph("network")
    try:
        return graph_weights(graph)
    except Exception as problem:  # onnx has errors of its own for each kind of damage
        raise InvalidBundle(f"{graph}: no weights can be read from this graph", code="no-weights") from problem
