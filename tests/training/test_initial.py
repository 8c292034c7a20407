"""A network begins with the weights that are asked for, or says why it cannot."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from drawn_slices import small_config as config
from safetensors.torch import load_file

from pleura.errors import PleuraError
from pleura.inference.bundle import load_bundle
from pleura.networks.build import build, graph_weights
from pleura.training.export import export_run
from pleura.training.initial import first_network, network_settings
from pleura.training.loop import train

NAMED = ("drawn", "1", {"licence": "CC0-1.0"})

SHIPPED: dict[str, Any] = {"widths": (16, 32, 96, 160, 192), "depths": (1, 1, 2, 2, 2), "shuffle": 2}


def test_run_begins_with_the_weights_of_a_bundle(data: Path, tmp_path: Path) -> None:
    train(config(data, 2), tmp_path / "first")
    export_run(tmp_path / "first", tmp_path / "bundle", *NAMED)
    images = torch.rand(1, 3, 32, 32)
    first = build(network_settings(config(data, 2)))
    first.load_state_dict(load_file(tmp_path / "first" / "best.safetensors"))
    second = first_network(dataclasses.replace(config(data, 2), start=str(tmp_path / "bundle"), seed=5))
    with torch.no_grad():
        assert torch.allclose(first.eval()(images), second.eval()(images), atol=1e-4)


def test_other_labels_keep_the_body_of_a_network_and_learn_a_new_head(data: Path) -> None:
    settings = dataclasses.replace(config(data, 2), labels=("a", "b", "c"), start="chest-ct", **SHIPPED)
    network, shipped = first_network(settings), graph_weights(load_bundle().graph("network"))
    own = network.state_dict()
    assert torch.equal(own["encoder.2.0.0.weight"], shipped["encoder.2.0.0.weight"])
    assert own["head.weight"].shape[0] == 4 * 4


def test_who_starts_from_the_weights_for_radiographs_sees_their_encoder_named(data: Path) -> None:
    with pytest.raises(PleuraError, match=re.escape('train its kind (encoder = "efficientnet-lite0")')):
        first_network(dataclasses.replace(config(data, 2), start="chest-radiograph"))
    settings = dataclasses.replace(config(data, 2), start="chest-radiograph", encoder="efficientnet-lite0")
    own, shipped = (
        first_network(settings).state_dict(),
        graph_weights(load_bundle("chest-radiograph").graph("network")),
    )
    name = "encoder.levels.3.1.project.1.weight"
    assert torch.equal(own[name], shipped[name].float())


@pytest.mark.parametrize("change", [{"network": "original"}, {"encoder": "efficientnet-lite0"}, {"widths": (8, 8)}])
def test_weights_of_another_network_are_refused(data: Path, change: dict[str, Any]) -> None:
    settings = dataclasses.replace(config(data, 2), start="chest-ct", **change)
    with pytest.raises(PleuraError, match=r"chest-ct: it has \d+\.\d % of the weights of this network") as caught:
        first_network(settings)
    assert caught.value.code == "bundle-unfit"
