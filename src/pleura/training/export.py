"""From a checkpoint to a bundle: three graphs and a recipe, compared with the PyTorch network before they are kept.

    python -m pleura.training.export RUN FACTS.json FOLDER

RUN is the directory of a training run, FACTS.json holds what the recipe says beside the network: name, version,
licence, training data, figures.
"""

from __future__ import annotations

import hashlib
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from pleura.inference.backends import onnx_session
from pleura.inference.bundle import GRAPHS, VERSION
from pleura.networks.deploy import Deployed, fold
from pleura.networks.unet import UNet
from pleura.training.augmentation import HU_WINDOW
from pleura.training.data import CONTEXT_MM, SIDE

OPSET = 18


def export(checkpoint: Path, settings: dict[str, Any], folder: Path, facts: dict[str, Any]) -> dict[str, Any]:
    """Write a bundle and return its recipe.

    Parameters
    ----------
    checkpoint : safetensors file of a `UNet`
    settings : the arguments of `UNet`
    folder : where the bundle goes
    facts : what else the recipe says: name, version, licence, training data, figures

    Raises `RuntimeError` where onnxruntime and PyTorch disagree by more than one step of a byte.
    """
    network = UNet(**settings)
    network.load_state_dict(load_file(checkpoint))
    deployed = Deployed(fold(network.eval())).eval()
    folder.mkdir(parents=True, exist_ok=True)
    planes = _test_planes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own parts, never of the network
        torch.onnx.export(
            deployed,
            (torch.from_numpy(planes),),
            folder / "network.onnx",
            input_names=["planes"],
            output_names=["lung", "away"],
            dynamic_shapes={"planes": {0: torch.export.Dim("n", min=1, max=4096)}},
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    _forget_where(folder / "network.onnx")
    (folder / "prepare.onnx").write_bytes(prepare_graph(SIDE))
    (folder / "restore.onnx").write_bytes(restore_graph())
    _compare(deployed, folder / "network.onnx", planes)
    recipe = {
        "bundle": VERSION,
        **facts,
        "network": settings,
        "grid": {"side": SIDE, "context_mm": CONTEXT_MM},
        "intensity": {"hu_window": HU_WINDOW, "windowed": [0, 255]},
        "classes": ["background", "right lung", "left lung"],
        "graphs": {name: hashlib.sha256((folder / f"{name}.onnx").read_bytes()).hexdigest() for name in GRAPHS},
    }
    (folder / "recipe.json").write_text(json.dumps(recipe, indent=2) + "\n", encoding="utf-8")
    return recipe


def _forget_where(graph: Path) -> None:
    """Take out of a graph what the exporter notes of the source code: lines, and the paths of this machine."""
    import onnx

    model = onnx.load(graph)
    for part in (model, model.graph, *model.graph.node, *model.graph.value_info, *model.graph.initializer):
        part.doc_string = ""
        del part.metadata_props[:]
    onnx.save(model, graph)


def _test_planes() -> NDArray[np.uint8]:
    """Return planes of smooth blobs over noise, (4, 3, SIDE, SIDE) uint8, the same each time."""
    rng = np.random.default_rng(0)
    waves = np.sin(np.linspace(0, 9, SIDE))[:, None] * np.sin(np.linspace(0, 7, SIDE))[None, :]
    return np.clip(120 + 100 * waves + rng.normal(0, 30, (4, 3, SIDE, SIDE)), 0, 255).astype(np.uint8)


def _compare(deployed: Deployed, graph: Path, planes: NDArray[np.uint8]) -> None:
    """Check that onnxruntime gives what PyTorch gives; a value on the edge between two steps may fall either way."""
    found = onnx_session(graph, 1).run(None, {"planes": planes})
    with torch.inference_mode():
        wanted = deployed(torch.from_numpy(planes))
    for ours, theirs in zip(wanted, found, strict=True):
        difference = np.abs(ours.numpy().astype(int) - theirs.astype(int))
        if difference.max() > 1 or (difference > 0).mean() > 0.01:
            raise RuntimeError(f"the exported network disagrees with its source by up to {difference.max()} steps")


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

    def compare(value: str, prefix: str) -> list[Any]:
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
        helper.make_tensor("half", Type.FLOAT, [], [128.0]),
        helper.make_tensor("zero", Type.FLOAT, [], [0.0]),
    ]
    inputs = [
        helper.make_tensor_value_info("lung", Type.UINT8, ["n", 1, "s", "s"]),
        helper.make_tensor_value_info("labels", Type.UINT8, ["n", 1, "s", "s"]),
        helper.make_tensor_value_info("size", Type.INT64, [2]),
    ]
    outputs = [helper.make_tensor_value_info("restored", Type.UINT8, ["n", 1, "h", "w"])]
    return _serialised(helper.make_graph(nodes, "restore", inputs, outputs, constants))


def _serialised(graph: Any) -> bytes:
    from onnx import checker, helper

    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def main(run: Path, facts: Path, folder: Path) -> None:
    """Export the best checkpoint of a run."""
    config = json.loads((run / "config.json").read_text(encoding="utf-8"))
    settings = {"in_channels": 3, "classes": 3, **{name: config[name] for name in ("widths", "depths", "shuffle")}}
    export(run / "best.safetensors", settings, folder, json.loads(facts.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
