"""That each network survives the way to ONNX: the same scores, for as many pictures as one likes."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from pleura.networks.notebook import NotebookNet
from pleura.networks.original import OriginalUNet
from pleura.networks.pretrained import EncoderUNet


@pytest.mark.parametrize(
    ("kind", "settings"),
    [(OriginalUNet, {}), (NotebookNet, {}), (EncoderUNet, {"pretrained": False})],
)
def test_onnxruntime_gives_the_scores_of_pytorch(
    kind: type[nn.Module], settings: dict[str, int], tmp_path: Path
) -> None:
    torch.manual_seed(0)
    network = kind(in_channels=1, classes=2, **settings)
    draw = torch.Generator().manual_seed(0)
    network.train()(torch.rand(4, 1, 64, 64, generator=draw))  # statistics other than 0 and 1
    network.eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own parts
        count = torch.export.Dim("n", min=1, max=4096)
        graph = torch.onnx.export(
            network,
            (torch.rand(2, 1, 64, 64, generator=draw),),
            dynamic_shapes=({0: count},),
            opset_version=18,
            dynamo=True,
            verbose=False,
        )
    graph.save(tmp_path / "network.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "network.onnx", providers=["CPUExecutionProvider"])
    pictures = torch.rand(3, 1, 64, 64, generator=draw)
    (found,) = session.run(None, {session.get_inputs()[0].name: pictures.numpy()})
    with torch.inference_mode():
        wanted = network(pictures).numpy()
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() < 1e-4 * wanted.std()
