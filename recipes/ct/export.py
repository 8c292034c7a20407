"""From averaged weights to one ONNX graph: picked voxels of a scan in, bytes on the 4 mm grid out.

    python -m recipes.ct.export RUN/ema.pt coarse.onnx

Inputs: `voxels` (z, y, x) int16 HU; `size` (3) int64, the 2 mm grid that covers them; `padding` (3) int64, voxels of
air that make it a multiple of 32. Outputs: `lung` and `side` (z / 2, y / 2, x / 2) of the padded grid, uint8, 16 steps
for a difference of 1 between two scores about 128, as the network of slices gives them: lung less background, left
less right.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from recipes.ct.grid import DARK, SOFT, WIDE, cells
from recipes.ct.network import CoarseNet

OPSET = 18
"""Version of ONNX's operators, that of the graphs of slices."""

STEPS_PER_SCORE = 16.0
"""Steps of a byte for a difference of 1 between two scores."""


class Deployed(nn.Module):
    """Map cells (1, 3, z, y, x) float32 in 0..255 to `lung` and `side` (z, y, x) uint8."""

    def __init__(self, network: CoarseNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, cells: Tensor) -> tuple[Tensor, Tensor]:
        """Return the bytes."""
        scores = self.network(cells)[0]
        background, right, left = scores[0], scores[1], scores[2]
        return _to_byte(torch.maximum(right, left) - background), _to_byte(left - right)


def _to_byte(margin: Tensor) -> Tensor:
    return torch.round(margin * STEPS_PER_SCORE + 128.0).clamp(0.0, 255.0).to(torch.uint8)


def load_network(path: Path) -> CoarseNet:
    """Return the network of a file of averaged weights."""
    state = torch.load(path)
    network = CoarseNet(state["widths"], state["depths"])
    network.load_state_dict(state["weights"])
    return network.eval()


def export(network: CoarseNet, path: Path) -> None:
    """Write the graph, compared with PyTorch before it is kept."""
    import onnx
    from onnx import compose

    with tempfile.TemporaryDirectory() as folder:
        inner = _network_graph(Deployed(network).eval(), Path(folder) / "network.onnx")
    prepare = _prepare_graph()
    prepare.ir_version = inner.ir_version
    merged = compose.merge_models(prepare, inner, io_map=[("cells", "cells_in")])
    del merged.metadata_props[:]
    for part in (merged, merged.graph, *merged.graph.node, *merged.graph.value_info, *merged.graph.initializer):
        part.doc_string = ""
        del part.metadata_props[:]
    onnx.save(merged, path)
    _compare(network, path)


def _network_graph(deployed: nn.Module, path: Path) -> Any:
    import onnx

    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            deployed,
            (torch.zeros(1, 3, 32, 32, 48),),
            path,
            input_names=["cells_in"],
            output_names=["lung", "side"],
            dynamic_axes={"cells_in": {2: "z", 3: "y", 4: "x"}},
            opset_version=OPSET,
            dynamo=False,
        )
    return onnx.load(path)


def _prepare_graph() -> Any:
    """Return the graph of `recipes.ct.grid.cells` after sampling on the 2 mm grid."""
    from onnx import TensorProto as Type
    from onnx import helper

    def window(low: float, high: float, name: str) -> list[Any]:
        constants.append(helper.make_tensor(f"{name}_low", Type.FLOAT, [], [low]))
        constants.append(helper.make_tensor(f"{name}_scale", Type.FLOAT, [], [255 / (high - low)]))
        return [
            helper.make_node("Sub", ["padded", f"{name}_low"], [f"{name}_above"]),
            helper.make_node("Mul", [f"{name}_above", f"{name}_scale"], [f"{name}_scaled"]),
            helper.make_node("Clip", [f"{name}_scaled", "zero", "top"], [name]),
        ]

    constants = [
        helper.make_tensor("zero", Type.FLOAT, [], [0.0]),
        helper.make_tensor("top", Type.FLOAT, [], [255.0]),
        helper.make_tensor("air", Type.FLOAT, [], [WIDE[0]]),
        helper.make_tensor("dark_hu", Type.FLOAT, [], [DARK]),
        helper.make_tensor("outer", Type.INT64, [2], [0, 1]),
        helper.make_tensor("ones", Type.INT64, [2], [1, 1]),
        helper.make_tensor("seven", Type.INT64, [7], [0] * 7),
    ]
    nodes = [
        helper.make_node("Cast", ["voxels"], ["values"], to=Type.FLOAT),
        helper.make_node("Unsqueeze", ["values", "outer"], ["volume"]),
        helper.make_node("Concat", ["ones", "size"], ["sizes"], axis=0),
        helper.make_node("Resize", ["volume", "", "", "sizes"], ["fine"], mode="linear"),
        helper.make_node("Concat", ["seven", "padding"], ["pads"], axis=0),
        helper.make_node("Pad", ["fine", "pads", "air"], ["padded"]),
        *window(*WIDE, "wide"),
        *window(*SOFT, "soft"),
        helper.make_node("Less", ["padded", "dark_hu"], ["is_dark"]),
        helper.make_node("Cast", ["is_dark"], ["dark_one"], to=Type.FLOAT),
        helper.make_node("Mul", ["dark_one", "top"], ["dark"]),
        helper.make_node("Concat", ["wide", "soft", "dark"], ["channels"], axis=1),
        helper.make_node("AveragePool", ["channels"], ["cells"], kernel_shape=[2, 2, 2], strides=[2, 2, 2]),
    ]
    inputs = [
        helper.make_tensor_value_info("voxels", Type.INT16, ["a", "b", "c"]),
        helper.make_tensor_value_info("size", Type.INT64, [3]),
        helper.make_tensor_value_info("padding", Type.INT64, [3]),
    ]
    outputs = [helper.make_tensor_value_info("cells", Type.FLOAT, [1, 3, "z", "y", "x"])]
    graph = helper.make_graph(nodes, "prepare", inputs, outputs, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])


def _compare(network: CoarseNet, path: Path) -> None:
    """Check that onnxruntime gives what PyTorch gives, to a step of a byte."""
    import onnxruntime

    rng = np.random.default_rng(0)
    waves = np.sin(np.linspace(0, 9, 96))[:, None, None] * np.sin(np.linspace(0, 7, 64))[None, :, None]
    hu = (-400 + 500 * waves + rng.normal(0, 60, (96, 64, 64))).astype(np.int16)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    size, padding = np.array(hu.shape, np.int64), np.zeros(3, np.int64)
    found = session.run(None, {"voxels": hu, "size": size, "padding": padding})
    with torch.inference_mode():
        wanted = Deployed(network)(cells(torch.from_numpy(hu.astype(np.float32))[None, None]))
    worst = max(np.abs(one.astype(int) - two.numpy().astype(int)).max() for one, two in zip(found, wanted, strict=True))
    if worst > 1:
        raise SystemExit(f"the exported network disagrees with its source by up to {worst} steps of a byte")


if __name__ == "__main__":
    export(load_network(Path(sys.argv[1])), Path(sys.argv[2]))
