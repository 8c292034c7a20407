"""What ``recipe.json`` of a bundle says, as a value: checked before anything of it is believed.

A bundle may come from anyone. Whatever its record holds, the answer is a `Recipe` or an `InvalidBundle` that names the
field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from pleura.errors import InvalidBundle
from pleura.files import atomic_write
from pleura.inference.recipe_fields import Fields
from pleura.labels import RIGHT_AND_LEFT
from pleura.networks.settings import NETWORKS, NetworkSettings
from pleura.volume import Kind

VERSION = 1
"""Version of the bundle's form."""

Graph = Literal["network", "network-int8", "prepare", "restore"]
GRAPHS: tuple[Graph, ...] = ("network", "prepare", "restore")
"""The graphs that every bundle holds."""
INT8: Graph = "network-int8"
"""The network in 8-bit integers; a bundle may do without."""

Output = Literal["lungs", "probabilities"]
SIDED_LUNGS: Output = "lungs"
"""The network gives `lung` and `side_score`, see `pleura.inference.backends`."""
PROBABILITIES: Output = "probabilities"
"""The network gives the probability of each class."""

View = Literal["lungs", "body", "whole"]
"""What the grid is laid over: the lungs, the body, or the whole picture."""

_LARGEST = 1 << 24
"""Bytes of a record; those of the shipped bundles have a few thousand, and each image trained on adds 27."""
_SIDES = range(32, 2049, 2)
"""Pixels of the grid. The networks halve it up to five times; 2048 is the side of a detector's pixels."""
_MOST_CLASSES = 256
"""Labels are bytes."""
_HU = (-32768, 32767)
"""Voxels in HU are kept in 16 bits."""
_GREY = (0, 255)
"""Pictures without HU are kept in bytes."""
_MOST_MM = 1000.0
"""A neighbour farther away than a metre is no neighbour."""
_LEVELS, _WIDTHS, _DEPTHS, _SHUFFLES = 8, range(1, 1025), range(1, 9), (1, 2, 4, 8)
"""Sizes of a U-Net: the largest ever trained here has 5 levels, a width of 192, a depth of 2; these keep the weights of
a network that someone made up below 10 GB."""
_KINDS = tuple(kind.value for kind in Kind)
_KNOWN = {"bundle", "name", "version", "classes", "output", "kinds", "conventions", "cases"}
_KNOWN |= {"grid", "intensity", "network", "graphs"}


@dataclass(frozen=True, kw_only=True, repr=False)
class Recipe:
    """What belongs to a network besides its weights.

    Attributes
    ----------
    name, version : of the model
    labels : names of the labels 1, 2, ...
    output : `SIDED_LUNGS` or `PROBABILITIES`
    kinds : kinds of values it was trained on
    conventions : those of the masks, among which the network's last channel chooses; empty where there is but one
    side : of the grid, in pixels
    planes : 3 where the network sees the neighbouring planes too, else 1
    context_mm : distance of the neighbouring planes
    view : what the grid is laid over
    hu_window, windowed : values that become the bytes 0 and 255, of HU and of greys
    network : what PyTorch builds the network from
    graphs : graph -> SHA-256 of its file
    cases : part, "train" or "val" -> hashes of the images it learned from and was chosen by; empty where not known
    facts : what else the record says, for people: task, licence, training data, figures
    """

    name: str
    version: str
    labels: tuple[str, ...]
    output: Output
    kinds: frozenset[Kind]
    conventions: tuple[str, ...] = ()
    side: int
    planes: int
    context_mm: float
    view: View
    hu_window: tuple[float, float]
    windowed: tuple[float, float] = _GREY
    network: NetworkSettings
    graphs: Mapping[Graph, str] = field(default_factory=dict)
    cases: dict[str, list[str]] = field(default_factory=dict)
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """Return the hash of the network, which tells models apart."""
        return self.graphs["network"]

    def window(self, kind: Kind) -> tuple[float, float]:
        """Return the values that become the bytes 0 and 255."""
        return self.hu_window if kind is Kind.HU else self.windowed

    def as_json(self) -> dict[str, object]:
        """Return the record."""
        return {
            "bundle": VERSION,
            "name": self.name,
            "version": self.version,
            **self.facts,
            **({"cases": self.cases} if self.cases else {}),
            "network": self.network.as_json(),
            "output": self.output,
            "kinds": sorted(self.kinds),
            "conventions": list(self.conventions),
            "grid": {"side": self.side, "planes": self.planes, "context_mm": self.context_mm, "view": self.view},
            "intensity": {"hu_window": list(self.hu_window), "windowed": list(self.windowed)},
            "classes": ["background", *self.labels],
            "graphs": dict(self.graphs),
        }


def write_recipe(folder: Path, recipe: Recipe) -> None:
    """Write the record of a bundle."""
    with atomic_write(folder / "recipe.json") as file:
        file.write(json.dumps(recipe.as_json(), indent=2).encode() + b"\n")


def read_recipe(folder: Path) -> Recipe:
    """Return the record of the bundle in `folder`.

    Raises
    ------
    InvalidBundle : there is none (`bundle-missing`), of another version (`bundle-version`), or a field is missing or
        wrong (`bundle-damaged`)
    """
    path = folder / "recipe.json"
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            raise ValueError
        record = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(record, dict):
            raise ValueError
    except (OSError, ValueError, RecursionError) as problem:
        message = f"{folder}: not a model bundle (no readable recipe.json); name the folder that holds it"
        raise InvalidBundle(message, code="bundle-missing") from problem
    version = record.get("bundle")
    if isinstance(version, bool) or version != VERSION:
        message = f"{folder}: bundle version {str(version)[:20]}, this program reads {VERSION}; export it again"
        raise InvalidBundle(message, code="bundle-version")
    return _recipe(Fields(record, str(folder)))


def _recipe(fields: Fields) -> Recipe:
    """Return the recipe that the fields of a record state."""
    grid, intensity = fields.section("grid"), fields.section("intensity")
    recipe = Recipe(
        name=fields.text("name", "a name"),
        version=fields.text("version", "a version"),
        labels=fields.texts("classes", 2, _MOST_CLASSES, "a list of the background and other names")[1:],
        side=grid.integer("side", _SIDES, "an even number from 32 to 2048"),
        planes=grid.choice("planes", (1, 3), 3),
        context_mm=grid.number("context_mm", 0.0, _MOST_MM, "a length in millimetres"),
        view=grid.choice("view", get_args(View), "lungs"),
        output=fields.choice("output", get_args(Output), SIDED_LUNGS),
        kinds=_kinds(fields),
        conventions=_conventions(fields),
        cases=_cases(fields),
        hu_window=intensity.window("hu_window", *_HU),
        windowed=intensity.window("windowed", *_GREY),
        graphs=_graphs(fields.section("graphs")),
        network=_network(fields.section("network")),
        facts=fields.others(_KNOWN),
    )
    if recipe.output == SIDED_LUNGS and (recipe.labels, recipe.planes) != (RIGHT_AND_LEFT, 3):
        raise fields.wrong(
            "output", f"one of its classes and planes: {SIDED_LUNGS} are {' and '.join(RIGHT_AND_LEFT)} of 3"
        )
    if recipe.network.in_channels != recipe.planes + bool(recipe.conventions):
        raise fields.wrong("network.in_channels", "the number of its planes, one more where it has conventions")
    if recipe.network.classes not in {len(recipe.labels) + 1, 1 if len(recipe.labels) == 1 else 0}:
        raise fields.wrong("network.classes", "the number of its classes")
    return recipe


def _kinds(fields: Fields) -> frozenset[Kind]:
    if not fields.has("kinds"):
        return frozenset({Kind.HU, Kind.WINDOWED})
    meaning = f"a list of kinds of values: {', '.join(_KINDS)}"
    kinds = fields.texts("kinds", 1, len(_KINDS), meaning)
    if not set(_KINDS).issuperset(kinds):
        raise fields.wrong("kinds", meaning)
    return frozenset(Kind(kind) for kind in kinds)


def _conventions(fields: Fields) -> tuple[str, ...]:
    return fields.texts("conventions", 0, _MOST_CLASSES, "a list of conventions") if fields.has("conventions") else ()


def _network(fields: Fields) -> NetworkSettings:
    sizes = f"from {_WIDTHS[0]} to {_WIDTHS[-1]}"
    name = fields.choice("name", NETWORKS, "unet")
    in_channels = fields.integer("in_channels", range(1, 7), "a number of channels")
    classes = fields.integer("classes", range(1, _MOST_CLASSES + 1), "a number of classes")
    if name != "unet":
        return NetworkSettings(in_channels, classes, name)
    widths = fields.integers("widths", _LEVELS, _WIDTHS, f"a list of numbers {sizes}")
    depths = fields.integers("depths", _LEVELS, _DEPTHS, f"a list of numbers from {_DEPTHS[0]} to {_DEPTHS[-1]}")
    if len(depths) != len(widths):
        raise fields.wrong("depths", "as long as widths")
    shuffle = fields.integer("shuffle", _SHUFFLES, "1, 2, 4 or 8")
    return NetworkSettings(in_channels, classes, name, widths, depths, shuffle)


def _graphs(fields: Fields) -> dict[Graph, str]:
    found: dict[Graph, str] = {}
    for name in (*GRAPHS, *([INT8] if fields.has(INT8) else [])):
        found[name] = fields.text(name, "a sha256")
        if not re.fullmatch("[0-9a-f]{64}", found[name]):
            raise fields.wrong(name, "a sha256")
    return found


def _cases(fields: Fields) -> dict[str, list[str]]:
    if not fields.has("cases"):
        return {}
    parts, names = fields.section("cases"), ("train", "val")
    if not parts.is_object or parts.others(names):
        raise fields.wrong("cases", "hashes of the images of train and val")
    return {part: list(parts.texts(part, 0, _LARGEST, "a list of hashes")) for part in names if parts.has(part)}


def hash_in_short(sha256: str) -> str:
    """Return what a recipe keeps of the hash of an image: 64 bits, by which a billion images still differ."""
    return sha256[:16]
