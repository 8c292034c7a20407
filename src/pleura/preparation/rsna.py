"""The RSNA Pneumonia Detection Challenge as it is downloaded: radiographs in folders of its own, tables beside them.

The stem of a file is its patient, and the tables say what was found: one row a patient, or one a box; boxes are not
kept. The challenge has no masks. Those that others drew for a part of it lie in a folder of masks under the same stems.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from pleura.preparation.pair import Pair, Refusal

_FOLDER = re.compile(r"^stage_\d_(train|test)_images$")
_TABLE = re.compile(r"^stage_\d_(train_labels|detailed_class_info)\.csv$")
_TARGETS = {"1": "Lung Opacity", "0": "No Lung Opacity"}
"""The column Target, in the words of the column class."""


def is_rsna(image: Path) -> bool:
    """Say whether an image lies in a folder of the challenge."""
    return any(_FOLDER.match(folder.name) for folder in image.parents)


def read_findings(files: Iterable[Path], root: Path) -> tuple[dict[str, str], list[Refusal]]:
    """Return patient -> what was found, from the tables of the challenge among `files`, and the tables of other form.

    Classes go before targets, which tell opacity from none alone.
    """
    found: dict[str, str] = {}
    refused = []
    for path in sorted(path for path in files if _TABLE.match(path.name)):  # detailed_class_info comes first
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                rows = {row["patientId"]: row.get("class") or _TARGETS[row["Target"]] for row in csv.DictReader(file)}
            found = rows | found
        except (OSError, UnicodeDecodeError, csv.Error, KeyError):
            text = "this table lacks patientId, or a class or Target that is 0 or 1; no finding was taken from it"
            refused.append(Refusal(str(path.relative_to(root)), "damaged", text))
    return found, refused


def with_finding(pair: Pair, found: Mapping[str, str]) -> Pair:
    """Return a pair with what the challenge says of it, where its image is one of the challenge."""
    if not is_rsna(pair.image):
        return pair
    is_test = any(folder.name.endswith("_test_images") for folder in pair.image.parents)
    stem = pair.image.stem
    return replace(pair, patient=stem, finding=found.get(stem, ""), split="test" if is_test else pair.split)
