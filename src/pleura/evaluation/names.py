"""What the labels of masks are called where no `dataset.json` says so: what their values suggest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from pathlib import Path

import numpy as np

from pleura.errors import PleuraError
from pleura.evaluation.masks import read_mask
from pleura.labels import LUNGS, structures
from pleura.reading.dicom.lungs import lung_values, object_class, object_names

MOST_VALUES = 16
"""With more values than this, a mask has soft edges, not that many structures."""


def lungs() -> Mapping[int, str]:
    """Return the names of the lungs by value."""
    return {label.value: label.name for label in LUNGS}


def values_in(masks: Iterable[Path]) -> set[int]:
    """Return all values beside 0 that occur in masks; those that cannot be read hold none."""
    found: set[int] = set()
    for path in masks:
        try:
            found |= _values_of(path)
        except PleuraError:
            continue
    return found - {0}


def _values_of(path: Path) -> set[int]:
    if object_class(path):
        return set(lung_values(object_names(path)).values())
    return set(np.unique(read_mask(path).voxels).tolist())


def infer_names(values: Set[int]) -> Mapping[int, str]:
    """Return names for values that nothing names: 1 and 2 are the lungs, one alone is lung, others are numbered."""
    if values == lungs().keys():
        return lungs()
    if len(values) < 2 or len(values) > MOST_VALUES:
        return {label.value: label.name for label in structures(["lung"])}
    return {value: f"label {value}" for value in sorted(values)}
