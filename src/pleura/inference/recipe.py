"""What ``recipe.json`` of a bundle has to say, checked before anything of it is believed.

A bundle may come from anyone. Whatever its record holds, the answer is a bundle or an `InvalidBundle` that names the
field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pleura.errors import InvalidBundle
from pleura.volume import Kind

VERSION = 1
"""Version of the bundle's form."""
GRAPHS = ("network", "prepare", "restore")
LUNGS, PROBABILITIES = "lungs", "probabilities"
"""What a network gives: `lung` and `side_score`, see `pleura.inference.backends`; or the probability of each class."""

_LARGEST = 1 << 24
"""Bytes of a record; those of the shipped bundles have a few thousand, and each image trained on adds 27."""
_SIDES = range(32, 2049, 2)
_MOST_CLASSES = 256
_MOST_GREY = 1e6
_MOST_MM = 1000.0


def read_recipe(folder: Path) -> dict[str, Any]:
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
        recipe = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(recipe, dict):
            raise ValueError
    except (OSError, ValueError, RecursionError) as problem:
        message = f"{folder}: not a model bundle (no readable recipe.json); name the folder that holds it"
        raise InvalidBundle(message, code="bundle-missing") from problem
    version = recipe.get("bundle")
    if isinstance(version, bool) or version != VERSION:
        message = f"{folder}: bundle version {str(version)[:20]}, this program reads {VERSION}; export it again"
        raise InvalidBundle(message, code="bundle-version")
    for name, (is_sound, meaning) in _FIELDS.items():
        if not is_sound(_field(recipe, name)):
            message = f"{folder}: {name} in recipe.json is not {meaning}; export the bundle again"
            raise InvalidBundle(message, code="bundle-damaged")
    if recipe.get("output", LUNGS) == LUNGS and (len(recipe["classes"]), recipe["grid"].get("planes", 3)) != (3, 3):
        message = f"{folder}: output in recipe.json does not fit its classes and planes; export the bundle again"
        raise InvalidBundle(message, code="bundle-damaged")
    return recipe


def hash_in_short(sha256: str) -> str:
    """Return what a recipe keeps of the hash of an image: 64 bits, by which a billion images are still told apart."""
    return sha256[:16]


def _cases(value: Any) -> bool:
    """Say whether a value is lists of such hashes by part, "train" or "val"."""
    return value is _MISSING or (
        isinstance(value, dict)
        and {"train", "val"}.issuperset(value)
        and all(isinstance(hashes, list) and all(map(_text, hashes)) for hashes in value.values())
    )


class _Missing:
    """Stands for a field that is not there."""


_MISSING = _Missing()


def _field(recipe: dict[str, Any], name: str) -> Any:
    """Return a field by its name, the parts of which are parted by dots."""
    found: Any = recipe
    for part in name.split("."):
        found = found.get(part, _MISSING) if isinstance(found, dict) else _MISSING
    return found


def _text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable()


def _texts(value: Any, fewest: int, most: int) -> bool:
    return (
        isinstance(value, list)
        and fewest <= len(value) <= most
        and all(map(_text, value))
        and len(set(value)) == len(value)
    )


def _number(value: Any, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -most <= value <= most


def _window(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(_number(v, _MOST_GREY) for v in value)
        and value[0] < value[1]
    )


def _one_of(value: Any, choices: tuple[Any, ...]) -> bool:
    return value is _MISSING or any(type(value) is type(choice) and value == choice for choice in choices)


_KINDS = frozenset(kind.value for kind in Kind)
_FIELDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "name": (_text, "a name"),
    "version": (_text, "a version"),
    "classes": (lambda value: _texts(value, 2, _MOST_CLASSES), "a list of the background and other names"),
    "grid.side": (lambda value: type(value) is int and value in _SIDES, "an even number from 32 to 2048"),
    "grid.planes": (lambda value: _one_of(value, (1, 3)), "1 or 3"),
    "grid.context_mm": (lambda value: _number(value, _MOST_MM) and value > 0, "a length in millimetres"),
    "grid.view": (lambda value: _one_of(value, ("lungs", "body", "whole")), "lungs, body or whole"),
    "output": (lambda value: _one_of(value, (LUNGS, PROBABILITIES)), f"{LUNGS} or {PROBABILITIES}"),
    "kinds": (
        lambda value: value is _MISSING or (_texts(value, 1, len(_KINDS)) and _KINDS.issuperset(value)),
        "a list of kinds of values",
    ),
    "conventions": (lambda value: value is _MISSING or _texts(value, 0, _MOST_CLASSES), "a list of conventions"),
    "cases": (_cases, "hashes of the images of train and val"),
    "intensity.hu_window": (_window, "two numbers that grow"),
    "intensity.windowed": (_window, "two numbers that grow"),
} | {
    f"graphs.{name}": (
        lambda value: isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None,
        "a sha256",
    )
    for name in GRAPHS
}
"""Field -> what says if it is sound, and what it has to be."""
