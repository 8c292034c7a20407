"""From the averaged weights of the network of slices to a bundle.

    python -m recipes.ct.bundle DATA RUN FOLDER --version 0.3.0

DATA holds the sets of slices, on whose `train` parts the network in 8-bit integers is calibrated. Everything else is
taken over from the shipped bundle: grid, window, classes, and what it says of itself.
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
from pleura.inference.recipe import GRAPHS, INT8, Graph, Recipe, write_recipe
from pleura.networks.deploy import deploy
from pleura.networks.settings import NetworkSettings
from pleura.networks.unet import UNet
from pleura.training.config import preset
from pleura.training.convert import real_planes, write_int8_graph
from pleura.training.graphs import write_graph
from recipes.ct.slice_train import DEPTHS, SHUFFLE, WIDTHS

CALIBRATED_ON = {"slices": 1.0, "covid": 1.0, "nolung": 1.0}
"""Sets whose `train` parts the ranges of activations are found on: HU, greys, and bodies without lungs."""


def write_bundle(data: Path, run: Path, folder: Path, version: str) -> None:
    """Write the bundle of a run of `recipes.ct.slice_train`."""
    shipped = load_bundle()
    network = UNet(3, 3, WIDTHS, DEPTHS, SHUFFLE)
    network.load_state_dict(torch.load(run / "last.pt", map_location="cpu")["average"])
    folder.mkdir(parents=True, exist_ok=True)
    planes = np.random.default_rng(0).integers(0, 255, (4, 3, shipped.side, shipped.side), np.uint8)
    write_graph(deploy(network, shipped.output), folder / "network.onnx", planes, shipped.output)
    calibration = real_planes(preset("default", data=str(data), weights=CALIBRATED_ON))
    write_int8_graph(folder / "network.onnx", folder / f"{INT8}.onnx", calibration)
    for name in ("prepare", "restore"):
        shutil.copyfile(shipped.graph(name), folder / f"{name}.onnx")
    hashes: dict[Graph, str] = {
        name: hashlib.sha256((folder / f"{name}.onnx").read_bytes()).hexdigest() for name in (*GRAPHS, INT8)
    }
    recipe = Recipe(**{field.name: getattr(shipped, field.name) for field in fields(Recipe)})
    settings = NetworkSettings(3, 3, "unet", WIDTHS, DEPTHS, SHUFFLE)
    write_recipe(folder, replace(recipe, version=version, network=settings, graphs=hashes))


def main() -> None:
    """Read the options and write the bundle."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--version", required=True)
    options = parser.parse_args()
    write_bundle(options.data, options.run, options.folder, options.version)


if __name__ == "__main__":
    main()
