"""What the values of a mask that `pleura` wrote stand for: the JSON beside it says so, where a file of voxels cannot.

Without it a mask of one lung, whose values are all 1, would be one of both lungs as one.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

from pleura.labels import Label, structures


def stated_structures(mask: Path, values: Collection[int]) -> tuple[Label, ...] | None:
    """Return the structures that the sidecar of a mask states; None where it states none that hold these values."""
    try:
        found = json.loads(mask.with_name(f"{mask.name}.json").read_text(encoding="utf-8"))
        names = {one["value"]: one["name"] for one in found["labels"] if one["value"]}
        is_pleura_output = found["program"]["name"] == "pleura"
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return None
    if not is_pleura_output or list(names) != list(range(1, len(names) + 1)) or not set(values) <= set(names):
        return None
    return structures(list(names.values())) if all(isinstance(name, str) for name in names.values()) else None
