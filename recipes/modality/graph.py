"""The modality network as an ONNX graph: a picture of any size in, three shares out, whatever way up it came.

The graph is written node by node; the PyTorch exporter would do no better for five convolutions, and it neither
shrinks a picture nor lays it in sixteen positions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from pleura.networks.modality import CLASSES, KERNELS, QUIET, STRIDES, ModalityNet

SIDE = 64
"""Pixels a side: ribs, spine and the outline of a body are seen, texture is not, which differs between scanners."""
OPSET = 18
"""Version of ONNX's operators: the first with `antialias` of Resize."""


def graph(network: ModalityNet) -> bytes:
    """Return the graph of a trained network.

    Input `picture` (h, w) uint8, output `shares` (3) float32: the mean over the picture and its transpose, each
    mirrored both ways, each as it is and inverted.
    """
    from onnx import TensorProto as Type
    from onnx import checker, helper, numpy_helper

    constants = _constants(network)
    nodes = [*_prepared(), *_in_every_position(), *_judged(network, constants)]
    made = helper.make_graph(
        nodes,
        "modality",
        [helper.make_tensor_value_info("picture", Type.UINT8, ["h", "w"])],
        [helper.make_tensor_value_info("shares", Type.FLOAT, [CLASSES])],
        [numpy_helper.from_array(np.ascontiguousarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def compare(network: ModalityNet, exported: bytes) -> None:
    """Check that onnxruntime gives what PyTorch gives on a picture of the network's own size.

    Raises `RuntimeError` where they differ by more than 0.001.
    """
    import onnxruntime

    picture = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE), dtype=np.uint8)
    session = onnxruntime.InferenceSession(exported, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"picture": picture})
    wanted = shares(network, torch.from_numpy(picture)[None, None].float())[0].numpy()
    if np.abs(found - wanted).max() > 1e-3:
        raise RuntimeError(f"the exported network disagrees with its source: {found} and {wanted}")


@torch.inference_mode()
def shares(network: ModalityNet, pictures: torch.Tensor) -> torch.Tensor:
    """Return what the graph gives for pictures (n, 1, SIDE, SIDE), grey 0..255, as (n, 3)."""
    turned = [pictures, pictures.transpose(2, 3)]
    turned += [one.flip(3) for one in turned]
    turned += [one.flip(2) for one in turned]
    turned += [255 - one for one in turned]
    return torch.stack([network(one).softmax(1) for one in turned]).mean(0)


def _constants(network: ModalityNet) -> dict[str, NDArray[Any]]:
    return {
        "front": np.array([0, 1], np.int64),
        "sizes": np.array([1, 1, SIDE, SIDE], np.int64),
        "area": np.array([1, 2, 3], np.int64),
        "quiet": np.array(QUIET, np.float32),
        "last": np.array([-1], np.int64),
        "before_first": np.array([np.iinfo(np.int64).min], np.int64),
        "down": np.array([2], np.int64),
        "across": np.array([3], np.int64),
        "positions": np.array([0], np.int64),
        "weight": network.scores.weight.detach().numpy(),
        "bias": network.scores.bias.detach().numpy(),
    }


def _prepared() -> list[Any]:
    """Return the nodes that shrink the picture and take brightness and contrast out of it."""
    from onnx import TensorProto as Type
    from onnx import helper

    return [
        helper.make_node("Cast", ["picture"], ["grey"], to=Type.FLOAT),
        helper.make_node("Unsqueeze", ["grey", "front"], ["plane"]),
        helper.make_node("Resize", ["plane", "", "", "sizes"], ["small"], mode="linear", antialias=1),
        helper.make_node("ReduceMean", ["small", "area"], ["mean"]),
        helper.make_node("Sub", ["small", "mean"], ["centred"]),
        helper.make_node("Mul", ["centred", "centred"], ["squared"]),
        helper.make_node("ReduceMean", ["squared", "area"], ["variance"]),
        helper.make_node("Sqrt", ["variance"], ["deviation"]),
        helper.make_node("Add", ["deviation", "quiet"], ["spread"]),
        helper.make_node("Div", ["centred", "spread"], ["upright"]),
    ]


def _in_every_position() -> list[Any]:
    """Return the nodes that make sixteen pictures of one; inverting is a change of sign once the mean is out."""
    from onnx import helper

    def mirror(axis: str, source: str, target: str) -> Any:
        return helper.make_node("Slice", [source, "last", "before_first", axis, "last"], [target])

    return [
        helper.make_node("Transpose", ["upright"], ["transposed"], perm=[0, 1, 3, 2]),
        helper.make_node("Concat", ["upright", "transposed"], ["two"], axis=0),
        mirror("across", "two", "two_mirrored"),
        helper.make_node("Concat", ["two", "two_mirrored"], ["four"], axis=0),
        mirror("down", "four", "four_mirrored"),
        helper.make_node("Concat", ["four", "four_mirrored"], ["eight"], axis=0),
        helper.make_node("Neg", ["eight"], ["inverted"]),
        helper.make_node("Concat", ["eight", "inverted"], ["features0"], axis=0),
    ]


def _judged(network: ModalityNet, constants: dict[str, NDArray[Any]]) -> list[Any]:
    """Return the nodes of the network itself, and add its kernels to `constants`."""
    from onnx import helper

    nodes = []
    for number, convolution in enumerate(_folded(network)):
        assert convolution.bias is not None  # folding gives it one
        before, after = f"features{number}", f"features{number + 1}"
        inputs = [before, f"kernel{number}", f"offset{number}"]
        constants[inputs[1]] = convolution.weight.detach().numpy()
        constants[inputs[2]] = convolution.bias.detach().numpy()
        strides, pads = [STRIDES[number]] * 2, [KERNELS[number] // 2] * 4
        nodes += [helper.make_node("Conv", inputs, [f"sum{number}"], strides=strides, pads=pads)]
        nodes += [helper.make_node("Relu", [f"sum{number}"], [after])]
    return [
        *nodes,
        helper.make_node("GlobalAveragePool", [after], ["means"]),
        helper.make_node("GlobalMaxPool", [after], ["peaks"]),
        helper.make_node("Concat", ["means", "peaks"], ["pooled"], axis=1),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Gemm", ["flat", "weight", "bias"], ["scores"], transB=1),
        helper.make_node("Softmax", ["scores"], ["each"], axis=1),
        helper.make_node("ReduceMean", ["each", "positions"], ["shares"], keepdims=0),
    ]


def _folded(network: ModalityNet) -> list[nn.Conv2d]:
    """Return the convolutions with the statistics of the normalisation behind each folded in."""
    convolutions = [step for step in network.features if isinstance(step, nn.Conv2d)]
    statistics = [step for step in network.features if isinstance(step, nn.BatchNorm2d)]
    return [fuse_conv_bn_eval(*pair) for pair in zip(convolutions, statistics, strict=True)]
