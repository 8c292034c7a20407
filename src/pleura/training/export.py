"""From a checkpoint to a bundle: three graphs and a recipe, compared with the PyTorch network before they are kept."""

from __future__ import annotations

import hashlib
import logging
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import nn

from pleura.datasets.manifest import read_manifest
from pleura.errors import InvalidBundle, UnwritableOutput
from pleura.inference.backends import onnx_session
from pleura.inference.recipe import GRAPHS, LUNGS, PROBABILITIES, Recipe, write_recipe
from pleura.labels import RIGHT_AND_LEFT
from pleura.networks import encoding
from pleura.networks.build import build
from pleura.networks.caches import TORCH, temporary_cache
from pleura.networks.deploy import deploy
from pleura.training.checkpoint import BEST
from pleura.training.config import config_of
from pleura.training.data import CONTEXT_MM, SIDE
from pleura.training.initial import network_settings
from pleura.training.load import kind_of
from pleura.training.seen import read_cases
from pleura.volume import Kind

OPSET = 18
FORMS = ("network.xml", "network.bin", "network.pt2")
"""Files of a bundle that may be missing."""


def export(checkpoint: Path, folder: Path, recipe: Recipe) -> Recipe:
    """Write the bundle of a network and return its recipe, which then names the graphs.

    Parameters
    ----------
    checkpoint : safetensors file of the network
    folder : where the bundle goes
    recipe : what the bundle is to say, without its graphs

    Raises `PleuraError` (``export-mismatch``) where onnxruntime and PyTorch disagree by more than one step of a byte.
    """
    network = build(recipe.network)
    network.load_state_dict(load_file(checkpoint))
    deployed = deploy(network, recipe.output)
    folder.mkdir(parents=True, exist_ok=True)
    planes = _test_planes(recipe.network.in_channels, recipe.side)
    write_graph(deployed, folder / "network.onnx", planes, recipe.output)
    (folder / "prepare.onnx").write_bytes(prepare_graph(recipe.side))
    restore = restore_graph() if recipe.output == LUNGS else restore_probabilities_graph()
    (folder / "restore.onnx").write_bytes(restore)
    _compare(deployed, folder / "network.onnx", planes)
    hashes = {name: hashlib.sha256((folder / f"{name}.onnx").read_bytes()).hexdigest() for name in GRAPHS}
    recipe = replace(recipe, graphs=hashes)
    write_recipe(folder, recipe)
    return recipe


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
            output_names=["lung", "side_score"] if output == LUNGS else ["probabilities"],
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


def _test_planes(channels: int, side: int) -> NDArray[np.uint8]:
    """Return planes of smooth blobs over noise, (4, channels, side, side) uint8, the same each time."""
    rng = np.random.default_rng(0)
    waves = np.sin(np.linspace(0, 9, side))[:, None] * np.sin(np.linspace(0, 7, side))[None, :]
    return np.clip(120 + 100 * waves + rng.normal(0, 30, (4, channels, side, side)), 0, 255).astype(np.uint8)


def _compare(deployed: nn.Module, graph: Path, planes: NDArray[np.uint8]) -> None:
    """Check that onnxruntime gives what PyTorch gives; a value on the edge between two steps may fall either way."""
    found = onnx_session(graph, 1).run(None, {"planes": planes})
    with torch.inference_mode():
        wanted = deployed(torch.from_numpy(planes))
    wanted = wanted if isinstance(wanted, tuple) else (wanted,)
    for ours, theirs in zip(wanted, found, strict=True):
        difference = np.abs(ours.numpy().astype(int) - theirs.astype(int))
        if difference.max() > 1 or (difference > 0).mean() > 0.01:
            message = f"the exported network disagrees with its source by up to {difference.max()} steps of a byte"
            raise InvalidBundle(message, code="export-mismatch")


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


def _serialised(graph: Any) -> bytes:
    from onnx import checker, helper

    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


@contextmanager
def building(bundle: Path) -> Iterator[Path]:
    """Give a folder to build a bundle in; it takes the place of the old one when the block ends without an error.

    Files of other making in the bundle's folder are left alone. Raises `UnwritableOutput` (``not-written``).
    """
    try:
        bundle.parent.mkdir(parents=True, exist_ok=True)
        new_folder = tempfile.TemporaryDirectory(dir=bundle.parent, prefix=f".{bundle.name}.")
        with temporary_cache(TORCH), new_folder as new:
            yield Path(new)
            bundle.mkdir(exist_ok=True)
            for name in FORMS:
                (bundle / name).unlink(missing_ok=True)
            for file in sorted(Path(new).iterdir(), key=lambda file: file.name == "recipe.json"):  # the recipe last
                file.replace(bundle / file.name)
    except OSError as problem:
        raise UnwritableOutput(f"{bundle} cannot be written: {problem.strerror}", code="not-written") from problem


def export_run(run: Path, folder: Path, name: str, version: str, facts: Mapping[str, object]) -> Recipe:
    """Write the bundle of a training run, from its best checkpoint, and return its recipe.

    Parameters
    ----------
    run : folder of the run
    folder : where the bundle goes
    name, version : of the model
    facts : what else the recipe says: licence, training data, figures
    """
    config = config_of(run)
    kinds = {kind_of(record) for part in config.weights for record in read_manifest(Path(config.data) / part)}
    recipe = Recipe(
        name=name,
        version=version,
        labels=tuple(config.labels),
        output=LUNGS if tuple(config.labels) == RIGHT_AND_LEFT and config.slices == 3 else PROBABILITIES,
        kinds=frozenset(Kind(kind) for kind in kinds),
        conventions=config.conventions,
        side=SIDE,
        planes=config.slices,
        context_mm=CONTEXT_MM,
        view=config.view,
        hu_window=(config.window[0], config.window[1]),
        network=network_settings(config),
        cases=read_cases(run),
        facts=facts,
    )
    return export(run / BEST, folder, recipe)
