"""The ONNX graphs of a bundle: the network, and what brings slices to its grid and its answers back."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pleura.inference.recipe import SIDED_LUNGS
from pleura.networks import encoding

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto

OPSET = 18
"""Version of ONNX's operators: the first with `antialias` of Resize."""


def write_graph(deployed: nn.Module, path: Path, planes: NDArray[np.uint8], output: str) -> None:
    """Write the deployed network as ONNX, for any number of planes at a time."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # both warn of the exporter's own parts, not of the network
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            deployed,
            (torch.from_numpy(planes),),
            path,
            input_names=["planes"],
            output_names=["lung", "side_score"] if output == SIDED_LUNGS else ["probabilities"],
            dynamic_shapes={"planes": {0: torch.export.Dim("n", min=1, max=4096)}},
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    _forget_where(path)


def _forget_where(graph: Path) -> None:
    """Take out of a graph what the exporter notes of the source code: lines, and the paths of this machine."""
    import onnx

    model = onnx.load(graph)
    for part in (model, model.graph, *model.graph.node, *model.graph.value_info, *model.graph.initializer):
        part.doc_string = ""
        del part.metadata_props[:]
    onnx.save(model, graph)


def prepare_graph(side: int) -> bytes:
    """Return the graph that samples slices on the grid.

    Input `slices` (n, 1, h, w) int16, `low` and `scale` float32; output `planes` (n, 1, side, side) uint8:
    ``(slices - low) * scale``, shrunk with a triangle filter as wide as the step, so that noise is averaged.
    """
    from onnx import TensorProto as Type
    from onnx import helper

    nodes = [
        helper.make_node("Cast", ["slices"], ["values"], to=Type.FLOAT),
        helper.make_node("Shape", ["values"], ["count"], start=0, end=2),
        helper.make_node("Concat", ["count", "side"], ["sizes"], axis=0),
        helper.make_node("Resize", ["values", "", "", "sizes"], ["small"], mode="linear", antialias=1),
        helper.make_node("Sub", ["small", "low"], ["above"]),
        helper.make_node("Mul", ["above", "scale"], ["scaled"]),
        helper.make_node("Round", ["scaled"], ["rounded"]),
        helper.make_node("Clip", ["rounded", "zero", "top"], ["clipped"]),
        helper.make_node("Cast", ["clipped"], ["planes"], to=Type.UINT8),
    ]
    constants = [
        helper.make_tensor("side", Type.INT64, [2], [side, side]),
        helper.make_tensor("zero", Type.FLOAT, [], [0.0]),
        helper.make_tensor("top", Type.FLOAT, [], [255.0]),
    ]
    inputs = [
        helper.make_tensor_value_info("slices", Type.INT16, ["n", 1, "h", "w"]),
        helper.make_tensor_value_info("low", Type.FLOAT, []),
        helper.make_tensor_value_info("scale", Type.FLOAT, []),
    ]
    outputs = [helper.make_tensor_value_info("planes", Type.UINT8, ["n", 1, side, side])]
    return _serialised(helper.make_graph(nodes, "prepare", inputs, outputs, constants))


def restore_graph() -> bytes:
    """Return the graph that brings labels from the grid back to the slices.

    Inputs `lung` (n, 1, s, s) uint8 (above 128 is lung), `labels` (n, 1, s, s) uint8, and `size` (2) int64, the
    side of the square on the slices. Output `restored` (n, 1, h, w) uint8: lung is up-sampled linearly and cut at
    128; right or left is decided by which of the two prevails among the 5 x 5 grid points around, up-sampled too.
    """
    from onnx import TensorProto as Type
    from onnx import helper

    def compare(value: str, prefix: str) -> list[NodeProto]:
        return [
            helper.make_node("Equal", ["labels", value], [f"{prefix}_mask"]),
            helper.make_node("Cast", [f"{prefix}_mask"], [f"{prefix}_share"], to=Type.FLOAT),
        ]

    nodes = [
        *compare("one", "right"),
        *compare("two", "left"),
        helper.make_node("Sub", ["left_share", "right_share"], ["side"]),
        helper.make_node("AveragePool", ["side"], ["around"], kernel_shape=[5, 5], pads=[2, 2, 2, 2]),
        helper.make_node("Cast", ["lung"], ["margin"], to=Type.FLOAT),
        helper.make_node("Shape", ["margin"], ["count"], start=0, end=2),
        helper.make_node("Concat", ["count", "size"], ["sizes"], axis=0),
        helper.make_node("Resize", ["margin", "", "", "sizes"], ["wide_margin"], mode="linear"),
        helper.make_node("Resize", ["around", "", "", "sizes"], ["wide_around"], mode="linear"),
        helper.make_node("Greater", ["wide_margin", "half"], ["is_lung"]),
        helper.make_node("Greater", ["wide_around", "zero"], ["is_left"]),
        helper.make_node("Where", ["is_left", "two", "one"], ["which"]),
        helper.make_node("Where", ["is_lung", "which", "none"], ["restored"]),
    ]
    constants = [
        helper.make_tensor("none", Type.UINT8, [], [0]),
        helper.make_tensor("one", Type.UINT8, [], [1]),
        helper.make_tensor("two", Type.UINT8, [], [2]),
        helper.make_tensor("half", Type.FLOAT, [], [encoding.ZERO]),
        helper.make_tensor("zero", Type.FLOAT, [], [0.0]),
    ]
    inputs = [
        helper.make_tensor_value_info("lung", Type.UINT8, ["n", 1, "s", "s"]),
        helper.make_tensor_value_info("labels", Type.UINT8, ["n", 1, "s", "s"]),
        helper.make_tensor_value_info("size", Type.INT64, [2]),
    ]
    outputs = [helper.make_tensor_value_info("restored", Type.UINT8, ["n", 1, "h", "w"])]
    return _serialised(helper.make_graph(nodes, "restore", inputs, outputs, constants))


def restore_probabilities_graph() -> bytes:
    """Return the graph that brings the probabilities of classes from the grid to labels on the slices.

    Inputs `probabilities` (n, classes, s, s) uint8 and `size` (2) int64; output `restored` (n, 1, h, w) uint8:
    probabilities are up-sampled linearly, and the class with the highest is taken.
    """
    from onnx import TensorProto as Type
    from onnx import helper

    nodes = [
        helper.make_node("Cast", ["probabilities"], ["values"], to=Type.FLOAT),
        helper.make_node("Shape", ["values"], ["count"], start=0, end=2),
        helper.make_node("Concat", ["count", "size"], ["sizes"], axis=0),
        helper.make_node("Resize", ["values", "", "", "sizes"], ["wide"], mode="linear"),
        helper.make_node("ArgMax", ["wide"], ["likeliest"], axis=1, keepdims=1),
        helper.make_node("Cast", ["likeliest"], ["restored"], to=Type.UINT8),
    ]
    inputs = [
        helper.make_tensor_value_info("probabilities", Type.UINT8, ["n", "classes", "s", "s"]),
        helper.make_tensor_value_info("size", Type.INT64, [2]),
    ]
    outputs = [helper.make_tensor_value_info("restored", Type.UINT8, ["n", 1, "h", "w"])]
    return _serialised(helper.make_graph(nodes, "restore", inputs, outputs, []))


def _serialised(graph: GraphProto) -> bytes:
    from onnx import checker, helper

    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())
