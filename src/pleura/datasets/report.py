"""What came of a source: the cases, what could not be used and why, and the files that say so.

No file names a file of the source or a patient: refused files are known by the hash of their content. The names are
kept in memory only, for the person who ran it.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pleura
from pleura.datasets.finding import DESCRIPTION, MANIFEST
from pleura.datasets.record import Record, Refusal
from pleura.datasets.settings import SPLITS, Settings
from pleura.volume import Note
from pleura.writing.place import replacing

REPORT = "report.json"
_OF_MASKS = ("mask-cut", "mask-beyond-body", "empty-mask", "sides-reversed", "sides-swapped")
DOUBTS = {*_OF_MASKS, "modality-unsure", "not-a-chest"}
"""Notes on cases that are kept, but may be wrong."""


@dataclass(frozen=True)
class Report:
    """The result of preparing a dataset.

    Attributes
    ----------
    cases : the manifest, in the order of the ids
    refused : what of the source could not be used
    labels : value -> name in the masks
    notes : what concerns the dataset as a whole
    settings : what was asked for
    reused : how many cases were finished by an earlier run
    """

    cases: tuple[Record, ...]
    refused: tuple[Refusal, ...]
    labels: Mapping[int, str]
    notes: tuple[Note, ...]
    settings: Settings
    reused: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """Number of images by split, of patients, and of refusals."""
        parts = {split: sum(case.split == split for case in self.cases) for split in SPLITS}
        patients = len({case.patient for case in self.cases})
        return {"images": len(self.cases), **parts, "patients": patients, "refused": len(self.refused)}

    @property
    def doubts(self) -> dict[str, int]:
        """Number of cases by the code of what has to be looked at."""
        return dict(sorted(Counter(code for case in self.cases for code in case.notes if code in DOUBTS).items()))

    def write(self, folder: Path) -> None:
        """Write manifest, description and report into the dataset's folder.

        Raises
        ------
        UnwritableOutput : the system refuses (`not-written`)
        """
        settings = dataclasses.asdict(self.settings)
        settings["patients"] = bool(self.settings.patients)  # a rule or a path may tell names
        convention = settings.pop("convention")
        program = {"name": "pleura", "version": pleura.__version__}
        labels = {str(value): name for value, name in sorted(self.labels.items())}
        description = {
            "program": program,
            "labels": labels,
            **({"convention": convention} if convention else {}),
            "seed": self.settings.seed,
            "settings": settings,
            "counts": self.counts,
        }
        _write(folder / MANIFEST, "".join(case.line() + "\n" for case in self.cases))
        _write(folder / DESCRIPTION, _pretty(description))
        _write(folder / REPORT, _pretty({"program": program, "counts": self.counts, **self._findings()}))

    def _findings(self) -> dict[str, Any]:
        refused = [
            {"code": one.code, "message": one.message, "source_sha256": one.sha256 or None}
            for one in sorted(self.refused, key=lambda one: (one.code, one.sha256, one.message))
        ]
        return {
            "reasons": dict(sorted(Counter(one.code for one in self.refused).items())),
            "notes": [dataclasses.asdict(note) for note in self.notes],
            "case_notes": dict(sorted(Counter(code for case in self.cases for code in case.notes).items())),
            "refused": refused,
        }


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"


def _write(path: Path, text: str) -> None:
    with replacing(path) as file:
        file.write(text.encode())
