"""The description of a data set, `dataset.json`: what its labels are called, and what its masks of radiographs hold.

The file of nnU-Net and of the Medical Segmentation Decathlon has the same name and the field `labels`, so theirs are
read as well: ``{"1": "right lung"}``, ``{"right lung": 1}``, and regions of several values, ``{"lung": [1, 2]}``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pleura.errors import UnreadableInput
from pleura.files import atomic_write

DESCRIPTION = "dataset.json"


@dataclass(frozen=True)
class Description:
    """What a `dataset.json` states; empty where it, or the file, says nothing.

    Attributes
    ----------
    labels : value -> name, background left out; values of one region have one name
    convention : "heart-included" or "heart-excluded", where masks are of radiographs
    settings : by which the data set was prepared
    """

    labels: Mapping[int, str] = field(default_factory=dict)
    convention: str = ""
    settings: Mapping[str, object] = field(default_factory=dict)


def read_description(folder: Path) -> Description:
    """Return what the `dataset.json` of a folder states.

    Raises
    ------
    UnreadableInput : it is no JSON object, or its labels are not of a form that is known (`bad-manifest`)
    """
    path = folder / DESCRIPTION
    if not path.is_file():
        return Description()
    try:
        fields = json.loads(path.read_text(encoding="utf-8-sig"))
        labels, settings = fields.get("labels") or {}, fields.get("settings") or {}
        convention = str(fields.get("convention") or "")
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise UnreadableInput(f"{path}: it is no JSON object", code="bad-manifest") from error
    try:
        return Description(names_by_value(labels), convention, dict(settings))
    except (ValueError, TypeError, AttributeError) as error:
        text = f'{path}: its labels are not of the form {{"1": "right lung"}}'
        raise UnreadableInput(text, code="bad-manifest") from error


def label_names_by_value(folder: Path) -> Mapping[int, str]:
    """Return value -> name of the masks of a data set that is to be trained or evaluated on; empty where none says it.

    Where one name is all there is, whatever is marked has it: ``{"lung": [1, 2]}`` is ``{1: "lung"}``.

    Raises
    ------
    UnreadableInput : as `read_description` does, or some of several structures have more than one value
    """
    labels = read_description(folder).labels
    lowest = {labels[value]: value for value in sorted(labels, reverse=True)}
    if 1 < len(lowest) < len(labels):
        text = f"{folder / DESCRIPTION}: some of its labels are regions of several values; make one value of each with"
        raise UnreadableInput(f"{text}: pleura prepare {folder} DATASET", code="bad-manifest")
    return {value: name for name, value in sorted(lowest.items(), key=lambda item: item[1])}


def write_description(folder: Path, fields: Mapping[str, object]) -> None:
    """Write the `dataset.json` of a data set.

    Raises
    ------
    UnwritableOutput : the system refuses (`not-written`)
    """
    with atomic_write(folder / DESCRIPTION) as file:
        file.write((json.dumps(fields, indent=2) + "\n").encode())


def names_by_value(labels: Mapping[str, str | int | list[int]]) -> dict[int, str]:
    """Return value -> name from the labels of a `dataset.json`, background left out.

    They are written as value and name, or, as nnU-Net does, as name and value, or name and the values of a region.
    Where regions lie in each other, a value has the name of the smallest.

    Raises
    ------
    ValueError, TypeError, AttributeError : they are none of these
    """
    regions = [
        ([int(key)], _name(name))
        if key.isdigit()
        else ([int(value) for value in name] if isinstance(name, list) else [int(name)], key)
        for key, name in labels.items()
    ]
    largest_first = sorted(regions, key=lambda region: -len(region[0]))
    return {value: name for values, name in largest_first for value in values if value}


def _name(value: object) -> str:
    if not isinstance(value, str):  # null would become "None"
        raise TypeError
    return value
