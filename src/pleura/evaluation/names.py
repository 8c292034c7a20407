"""What the labels of masks are called: as a `dataset.json` says, else by what their values suggest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Set
from pathlib import Path
from typing import Any

import numpy as np

from pleura.errors import PleuraError, UnreadableInput
from pleura.evaluation.masks import read_mask
from pleura.labels import LUNGS, names_by_value, structures

MOST_VALUES = 16
"""With more values than this, a mask has soft edges, not that many structures."""


def lungs() -> Mapping[int, str]:
    """Return the names of the lungs by value."""
    return {label.value: label.name for label in LUNGS}


def read_names(folder: Path) -> Mapping[int, str]:
    """Return the names that the `dataset.json` of a folder gives; empty where there is none.

    Raises `UnreadableInput` (`bad-manifest`).
    """
    labels = _described(folder, "labels") or {}
    try:
        return names_by_value(labels)
    except (ValueError, TypeError, AttributeError) as error:
        text = f'{folder / "dataset.json"}: its labels are not of the form {{"1": "right lung"}}'
        raise UnreadableInput(text, code="bad-manifest") from error


def read_convention(folder: Path) -> str:
    """Return what the `dataset.json` of a folder says of its masks of radiographs, "" where it says nothing."""
    return str(_described(folder, "convention") or "")


def _described(folder: Path, field: str) -> Any:
    """Return a field of the `dataset.json` of a folder, None where either is missing."""
    description = folder / "dataset.json"
    if not description.is_file():
        return None
    try:
        return json.loads(description.read_text(encoding="utf-8")).get(field)
    except (ValueError, AttributeError) as error:
        raise UnreadableInput(f"{description}: not a JSON object", code="bad-manifest") from error


def values_in(masks: Iterable[Path]) -> set[int]:
    """Return all values beside 0 that occur in masks; those that cannot be read hold none."""
    found: set[int] = set()
    for path in masks:
        try:
            found |= set(np.unique(read_mask(path).voxels).tolist())
        except PleuraError:
            continue
    return found - {0}


def infer_names(values: Set[int]) -> Mapping[int, str]:
    """Return names for values that nothing names: 1 and 2 are the lungs, one alone is lung, others are numbered."""
    if values == lungs().keys():
        return lungs()
    if len(values) < 2 or len(values) > MOST_VALUES:
        return {label.value: label.name for label in structures(["lung"])}
    return {value: f"label {value}" for value in sorted(values)}
