"""A model as shipped: a folder that holds the ONNX graphs and, in one record, everything that belongs to them.

    recipe.json     grid, intensity, context, classes, training data, licence, figures, and the hash of each graph
    network.onnx    planes on the grid -> lung and side, or the probability of every class, as bytes
    prepare.onnx    slices inside the field of view -> planes on the grid
    restore.onnx    what is on the grid -> labels on the slices
    network.xml     the network for OpenVINO, with its network.bin; may be missing
    network.pt2     the network for PyTorch; may be missing

Nothing about a model lives in code that is not in its bundle.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from pleura.errors import InvalidBundle
from pleura.inference.recipe import GRAPHS, LUNGS, PROBABILITIES, VERSION, read_recipe
from pleura.volume import Kind

__all__ = ["DEFAULT", "GRAPHS", "LUNGS", "PROBABILITIES", "RADIOGRAPH", "SHIPPED", "VERSION", "Bundle", "load_bundle"]

DEFAULT = "chest-ct"
"""The bundle that is used when none is named."""

RADIOGRAPH = "chest-radiograph"
"""The shipped bundle for radiographs."""

SHIPPED = (DEFAULT, RADIOGRAPH)


@dataclass(frozen=True, repr=False)
class Bundle:
    """A model on disk, checked.

    Attributes
    ----------
    folder : where the graphs lie
    name, version : as the recipe states them
    side : of the grid, in pixels
    planes : 3 where the network sees the neighbouring planes too, else 1
    context_mm : distance of the neighbouring planes
    view : what the grid is laid over: the "lungs", the "body" or the "whole" picture
    output : `LUNGS` or `PROBABILITIES`
    labels : names of the labels 1, 2, ...
    kinds : kinds of values it was trained on
    conventions : conventions of the masks among which its network has to be told one, or none
    sha256 : hash of ``network.onnx``
    recipe : the whole record
    """

    folder: Path
    name: str
    version: str
    side: int
    planes: int
    context_mm: float
    view: str
    output: str
    labels: tuple[str, ...]
    kinds: frozenset[Kind]
    conventions: tuple[str, ...]
    sha256: str
    recipe: dict[str, Any]

    def __repr__(self) -> str:
        return f"Bundle({self.name} {self.version}: {', '.join(self.labels)})"

    @property
    def cases(self) -> dict[str, list[str]]:
        """Part, "train" or "val" -> hashes of the images it learned from and was chosen by; empty where not known."""
        found: dict[str, list[str]] = self.recipe.get("cases", {})
        return found

    def graph(self, name: str) -> Path:
        """Return the path of one of `GRAPHS`."""
        return self.folder / f"{name}.onnx"


def load_bundle(path: str | Path | None = None) -> Bundle:
    """Return the bundle in the folder `path`, or a shipped one by its name; `DEFAULT` where there is neither.

    Raises `InvalidBundle` where it is not whole.
    """
    shipped = Path(str(resources.files("pleura.inference") / "bundles"))
    name = str(path or DEFAULT)
    folder = shipped / name if name in SHIPPED else Path(name)
    if not folder.exists():
        known = f"name the folder of one, or one that comes with pleura: {', '.join(SHIPPED)}"
        raise InvalidBundle(f"there is no model {name}; {known}", code="bundle-missing")
    recipe = read_recipe(folder)
    for name in GRAPHS:
        file = folder / f"{name}.onnx"
        if not file.is_file():
            raise InvalidBundle(f"{folder}: {file.name} is missing; copy the whole folder", code="bundle-incomplete")
        with file.open("rb") as opened:
            found = hashlib.file_digest(opened, "sha256").hexdigest()
        if found != recipe["graphs"][name]:
            raise InvalidBundle(f"{folder}: {file.name} is not the file the recipe names", code="bundle-damaged")
    return Bundle(
        folder=folder,
        name=recipe["name"],
        version=recipe["version"],
        side=recipe["grid"]["side"],
        planes=recipe["grid"].get("planes", 3),
        context_mm=recipe["grid"]["context_mm"],
        view=recipe["grid"].get("view", "lungs"),
        output=recipe.get("output", LUNGS),
        labels=tuple(recipe["classes"][1:]),
        kinds=frozenset(Kind(kind) for kind in recipe.get("kinds", ("hu", "windowed"))),
        conventions=tuple(recipe.get("conventions", ())),
        sha256=recipe["graphs"]["network"],
        recipe=recipe,
    )
