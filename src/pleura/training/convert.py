"""Other forms of an exported network: fewer bits, OpenVINO's own files, PyTorch's; each held against the first.

A bundle always has its network.onnx; what is written beside it holds the same network for another backend. On
slices of a data set, masks have to agree with those of the network as it was trained.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from pleura.errors import InvalidBundle, UnsuitableInput
from pleura.inference.backends import import_openvino, make_backend
from pleura.inference.bundle import load_bundle
from pleura.inference.recipe import SIDED_LUNGS, Graph, read_recipe, write_recipe
from pleura.networks.build import build
from pleura.networks.deploy import deploy
from pleura.temporary import temporary_folder
from pleura.training.checkpoint import BEST
from pleura.training.config import TrainingConfig
from pleura.training.load import load
from pleura.training.validation import prepare

ALIKE = 0.99
"""Dice below which masks of two forms of one network differ too much."""

SLICES = 32
"""Slices on which networks are calibrated and compared."""

INTEGER_OPERATIONS = ["Conv", "Relu", "MaxPool", "Resize", "Concat"]
"""What is computed with integers. With convolutions alone, features go to floats and back between them: that took 0.86
of the time of floats, this two thirds."""

Planes = NDArray[np.uint8]


def real_planes(config: TrainingConfig, dataset: Path | None = None) -> Planes:
    """Return slices as a network so configured sees them, (n, c, side, side) uint8, of its own data set or another."""
    root, names = (dataset, [""]) if dataset else (Path(config.data), list(config.weights))
    if dataset and config.conventions:
        names, root = [dataset.name], dataset.parent
    cases = [case for name in names for case in load(root, name, "train", config.view)]
    if not cases:
        raise UnsuitableInput(f"{root}: no case in the split train to compare on", code="empty-dataset")
    chosen = [cases[index] for index in np.linspace(0, len(cases) - 1, min(SLICES, len(cases))).astype(int)]
    images = (case.images[case.fullest].numpy() for case in prepare(chosen, config))
    return np.stack([(image * 255).round().astype(np.uint8) for image in images])


@dataclass(frozen=True)
class ReferenceMasks:
    """Masks of a bundle as it was exported first, to hold other forms against."""

    planes: Planes
    masks: NDArray[np.uint8]

    def compare(self, folder: Path) -> dict[str, float]:
        """Return the Dice of each form in the bundle against the first, and put it into the recipe.

        Raises `InvalidBundle` (``export-mismatch``) where one is below `ALIKE`.
        """
        forms = {"onnxruntime": folder / "network.onnx", "openvino": folder / "network.xml"}
        forms["torch"] = folder / "network.pt2"
        found = {}
        for backend, file in forms.items():
            if file.is_file():
                found[backend] = _dice(self.masks, masks(folder, self.planes, backend))
        for backend, dice in found.items():
            if dice < ALIKE:
                message = f"masks by {backend} agree with those of the trained network by a Dice of {dice:.3f} only"
                raise InvalidBundle(f"{message}; keep fp32, or train longer", code="export-mismatch")
        recipe = read_recipe(folder)
        figures = {"slices": len(self.planes), **{name: round(dice, 5) for name, dice in found.items()}}
        write_recipe(folder, replace(recipe, facts={**recipe.facts, "agreement": figures}))
        return found


def reference_masks(folder: Path, planes: Planes) -> ReferenceMasks:
    """Return the masks of a bundle, to compare with what becomes of it."""
    return ReferenceMasks(planes, masks(folder, planes, "onnxruntime"))


def masks(folder: Path, planes: Planes, backend: str) -> NDArray[np.uint8]:
    """Return labels (n, s, s) uint8 that the network of a bundle gives for planes, before any cleaning."""
    bundle = load_bundle(folder)
    network = make_backend(bundle, backend=backend)[1]
    found = []
    for start in range(0, len(planes), 4):
        output = network(planes[start : start + 4])
        found.append((output[0] > 128).astype(np.uint8) if bundle.output == SIDED_LUNGS else output[0].argmax(axis=1))
    return np.concatenate(found).astype(np.uint8)


def lower_precision(folder: Path, precision: str, planes: Planes) -> None:
    """Replace the network of a bundle by one of fewer bits, in place.

    "fp16" keeps its weights as 16-bit floats, in half the space, and computes as before. "int8" computes with 8-bit
    integers; see `write_int8_graph`.
    """
    graph = folder / "network.onnx"
    new = folder / "network.onnx.part"
    if precision == "fp16":
        _to_halves(graph, new)
    else:
        write_int8_graph(graph, new, planes)
    new.replace(graph)
    recipe = read_recipe(folder)
    graphs: dict[Graph, str] = {**recipe.graphs, "network": hashlib.sha256(graph.read_bytes()).hexdigest()}
    write_recipe(folder, replace(recipe, graphs=graphs, facts={**recipe.facts, "precision": precision}))


def _to_halves(graph: Path, new: Path) -> None:
    """Keep the weights of a graph as 16-bit floats, which are widened when it is loaded; biases stay as they are."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(graph)
    large = [item for item in model.graph.initializer if item.data_type == TensorProto.FLOAT and len(item.dims) > 1]
    for item in large:
        wide = f"{item.name}.wide"
        for node in model.graph.node:
            node.input[:] = [wide if name == item.name else name for name in node.input]
        item.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(item).astype(np.float16), item.name))
        model.graph.node.insert(0, helper.make_node("Cast", [item.name], [wide], to=TensorProto.FLOAT))
    onnx.checker.check_model(model)
    onnx.save(model, new)


def write_int8_graph(graph: Path, new: Path, planes: Planes) -> None:
    """Write a graph that computes with 8-bit integers, calibrated on `planes`, (n, c, side, side).

    Weights are quantised by channel, activations by the range that they have of the planes, in onnxruntime's QDQ form.
    """
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.rest = [{"planes": planes[index : index + 1]} for index in range(len(planes))]

        def get_next(self) -> dict[str, Planes] | None:
            return self.rest.pop() if self.rest else None

    with temporary_folder() as folder:
        ready = folder / "ready.onnx"
        quant_pre_process(str(graph), str(ready), skip_symbolic_shape=True)
        quantize_static(
            str(ready),
            str(new),
            Reader(),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=INTEGER_OPERATIONS,
        )


def add_openvino(folder: Path) -> None:
    """Write network.xml and network.bin, OpenVINO's form of network.onnx, into a bundle."""
    openvino = import_openvino()
    model = openvino.convert_model(str(folder / "network.onnx"))
    openvino.save_model(model, str(folder / "network.xml"), compress_to_fp16=True)


def add_torch(run: Path, folder: Path) -> None:
    """Write network.pt2, the network as `torch.export` keeps it, into a bundle."""
    bundle = load_bundle(folder)
    network = build(bundle.network)
    network.load_state_dict(load_file(run / BEST))
    planes = torch.zeros((2, bundle.network.in_channels, bundle.side, bundle.side), dtype=torch.uint8)
    count = torch.export.Dim("n", min=1, max=4096)
    program = torch.export.export(deploy(network, bundle.output), (planes,), dynamic_shapes={"planes": {0: count}})
    torch.export.save(program, folder / "network.pt2")


def _dice(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    total = np.count_nonzero(a) + np.count_nonzero(b)
    return 2.0 * np.count_nonzero((a == b) & (a > 0)) / total if total else 1.0
