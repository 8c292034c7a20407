"""From a checkpoint to a bundle: three graphs and a recipe, compared with the PyTorch network before they are kept."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import nn

from pleura.datasets.manifest import read_manifest
from pleura.errors import InvalidBundle, UnwritableOutput
from pleura.inference.backends import onnx_session
from pleura.inference.recipe import GRAPHS, PROBABILITIES, SIDED_LUNGS, Recipe, write_recipe
from pleura.labels import RIGHT_AND_LEFT
from pleura.networks.build import build
from pleura.networks.caches import TORCH, temporary_cache
from pleura.networks.deploy import deploy
from pleura.training.checkpoint import BEST
from pleura.training.config import config_of
from pleura.training.data import CONTEXT_MM, SIDE
from pleura.training.graphs import prepare_graph, restore_graph, restore_probabilities_graph, write_graph
from pleura.training.initial import network_settings
from pleura.training.load import kind_of
from pleura.training.seen import read_cases
from pleura.volume import Kind

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
    restore = restore_graph() if recipe.output == SIDED_LUNGS else restore_probabilities_graph()
    (folder / "restore.onnx").write_bytes(restore)
    _compare(deployed, folder / "network.onnx", planes)
    hashes = {name: hashlib.sha256((folder / f"{name}.onnx").read_bytes()).hexdigest() for name in GRAPHS}
    recipe = replace(recipe, graphs=hashes)
    write_recipe(folder, recipe)
    return recipe


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
        output=SIDED_LUNGS if tuple(config.labels) == RIGHT_AND_LEFT and config.slices == 3 else PROBABILITIES,
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
