"""A model as shipped: a folder that holds the ONNX graphs and, in one record, everything that belongs to them.

    recipe.json         grid, intensity, context, classes, training data, licence, figures, and the hash of each graph
    network.onnx        planes on the grid -> lung and side scores, or the probability of every class, as bytes
    prepare.onnx        slices inside the field of view -> planes on the grid
    restore.onnx        what is on the grid -> labels on the slices
    network-int8.onnx   the network in 8-bit integers; may be missing
    network.xml         the network for OpenVINO, with its network.bin; may be missing
    network.pt2         the network for PyTorch; may be missing

Nothing about a model lives in code that is not in its bundle.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from pleura.errors import InvalidBundle
from pleura.files import file_hash
from pleura.inference.recipe import Graph, Recipe, read_recipe
from pleura.text import printable
from pleura.volume import Kind

DEFAULT = "chest-ct"
"""The bundle that is used when none is named."""

RADIOGRAPH = "chest-radiograph"
"""The shipped bundle for radiographs."""

SHIPPED = (DEFAULT, RADIOGRAPH)

SHIPPED_FOR = {Kind.HU: DEFAULT, Kind.WINDOWED: DEFAULT, Kind.RADIOGRAPH: RADIOGRAPH}
"""Kind of a scan -> the shipped bundle for it."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Bundle(Recipe):
    """A model on disk, checked: its recipe, and the folder where the graphs lie."""

    folder: Path

    def __repr__(self) -> str:
        return f"Bundle({self.name} {self.version}: {', '.join(self.labels)})"

    def graph(self, name: Graph) -> Path:
        """Return the path of a graph."""
        return self.folder / f"{name}.onnx"


def load_bundle(path: str | Path | None = None) -> Bundle:
    """Return the bundle in the folder `path`, or a shipped one by its name; `DEFAULT` where there is neither.

    Raises `InvalidBundle` where it is not whole.
    """
    if path == "":
        text = "an empty name for a model; leave it out for the one that comes with pleura"
        raise InvalidBundle(text, code="bundle-missing")
    shipped = Path(str(resources.files("pleura.inference") / "bundles"))
    name = str(path or DEFAULT)
    folder = shipped / name if name in SHIPPED else Path(name)
    if not _exists(folder):
        known = f"name the folder of one, or one that comes with pleura: {', '.join(SHIPPED)}"
        raise InvalidBundle(f"there is no model {printable(name)}; {known}", code="bundle-missing")
    recipe = read_recipe(folder)
    for graph, sha256 in recipe.graphs.items():
        _check_hash(folder / f"{graph}.onnx", sha256)
    return Bundle(folder=folder, **vars(recipe))


def _exists(folder: Path) -> bool:
    try:
        return folder.exists()
    except OSError:  # a name that no file system knows, or a folder that may not be looked into
        return False


def _check_hash(file: Path, sha256: str) -> None:
    """Raise `InvalidBundle` where a graph is missing, cannot be read, or is not the one that the recipe names."""
    if not file.is_file():
        raise InvalidBundle(f"{file.parent}: {file.name} is missing; copy the whole folder", code="bundle-incomplete")
    try:
        found = file_hash(file)
    except OSError as problem:
        message = f"{file.parent}: {file.name} cannot be read ({problem.strerror}); copy the whole folder"
        raise InvalidBundle(message, code="bundle-incomplete") from problem
    if found != sha256:
        raise InvalidBundle(f"{file.parent}: {file.name} is not the file the recipe names", code="bundle-damaged")
