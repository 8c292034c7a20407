"""From the averaged weights of the network of slices to a bundle.

    python -m recipes.ct.bundle RUN FOLDER --version 0.3.0

Everything else is taken over from the shipped bundle: grid, window, classes, and what it says of itself.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import torch

from pleura.inference.bundle import load_bundle
from pleura.inference.recipe import Graph, Recipe, write_recipe
from pleura.networks.deploy import deploy
from pleura.networks.settings import NetworkSettings
from pleura.networks.unet import UNet
from pleura.training.graphs import write_graph
from recipes.ct.slice_train import DEPTHS, SHUFFLE, WIDTHS


def write_bundle(run: Path, folder: Path, version: str) -> None:
    """Write the bundle of a run of `recipes.ct.slice_train`."""
    shipped = load_bundle()
    network = UNet(3, 3, WIDTHS, DEPTHS, SHUFFLE)
    network.load_state_dict(torch.load(run / "last.pt")["average"])
    folder.mkdir(parents=True, exist_ok=True)
    planes = np.random.default_rng(0).integers(0, 255, (4, 3, shipped.side, shipped.side), np.uint8)
    write_graph(deploy(network, shipped.output), folder / "network.onnx", planes, shipped.output)
    for name in ("prepare", "restore"):
        shutil.copyfile(shipped.graph(name), folder / f"{name}.onnx")
    hashes: dict[Graph, str] = {
        name: hashlib.sha256((folder / f"{name}.onnx").read_bytes()).hexdigest() for name in shipped.graphs
    }
    recipe = Recipe(**{field.name: getattr(shipped, field.name) for field in fields(Recipe)})
    settings = NetworkSettings(3, 3, "unet", WIDTHS, DEPTHS, SHUFFLE)
    write_recipe(folder, replace(recipe, version=version, network=settings, graphs=hashes))


def main() -> None:
    """Read the options and write the bundle."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--version", required=True)
    options = parser.parse_args()
    write_bundle(options.run, options.folder, options.version)


if __name__ == "__main__":
    main()
