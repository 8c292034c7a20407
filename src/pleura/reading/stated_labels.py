"""What the values of a mask that `pleura` wrote stand for: the JSON beside it says so, where a file of voxels cannot.

Without it a mask of one lung, whose values are all 1, would be one of both lungs as one. A mask that someone corrected
keeps its sidecar; `of_this_file` says whether the mask is still the file that the sidecar was written with.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from pleura.files import file_hash
from pleura.labels import Label, structures


@dataclass(frozen=True)
class StatedStructures:
    """What a sidecar states.

    Attributes
    ----------
    structures : what the values stand for
    of_this_file : whether the mask is the file that the sidecar was written with, by its hash
    """

    structures: tuple[Label, ...]
    of_this_file: bool


def stated_structures(mask: Path, values: Collection[int]) -> StatedStructures | None:
    """Return the structures that the sidecar of a mask states; None where it states none that hold these values."""
    try:
        found = json.loads(mask.with_name(f"{mask.name}.json").read_text(encoding="utf-8"))
        names = {one["value"]: one["name"] for one in found["labels"] if one["value"]}
        is_pleura_output = found["program"]["name"] == "pleura"
        of_this_file = found["mask"]["sha256"] == file_hash(mask)
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return None
    if not is_pleura_output or list(names) != list(range(1, len(names) + 1)) or not set(values) <= set(names):
        return None
    if not all(isinstance(name, str) for name in names.values()):
        return None
    return StatedStructures(structures(list(names.values())), of_this_file)
