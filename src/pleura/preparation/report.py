"""What came of a source: the cases, what could not be used and why, and the files that say so.

`report.json` alone names files of the source, so that what is wrong can be found and mended. Manifest and description
name none, because the name of a file may be that of a patient.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pleura
from pleura.files import atomic_write
from pleura.preparation.case_warnings import DOUBTS
from pleura.preparation.find import DESCRIPTION, MANIFEST
from pleura.preparation.record import Record, Refusal
from pleura.preparation.settings import SPLITS, Settings
from pleura.volume import Note

REPORT = "report.json"


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
    sources : id of a case -> path of its image below the source, without suffix
    """

    cases: tuple[Record, ...]
    refused: tuple[Refusal, ...]
    labels: Mapping[int, str]
    notes: tuple[Note, ...]
    settings: Settings
    reused: int = 0
    sources: Mapping[str, str] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """Number of images by split, of patients, and of refusals."""
        parts = {split: sum(case.split == split for case in self.cases) for split in SPLITS}
        patients = len({case.patient for case in self.cases})
        return {"images": len(self.cases), **parts, "patients": patients, "refused": len(self.refused)}

    @property
    def doubts(self) -> tuple[tuple[str, str], ...]:
        """Source and code of each thing to look at; of a scan that was cut into slices, once."""
        found = sorted((self.sources[one.id], code) for one in self.cases for code in one.notes if code in DOUBTS)
        return tuple(dict.fromkeys(found))

    def write(self, folder: Path) -> None:
        """Write manifest, description and report into the dataset's folder; without a case, the report alone.

        Raises
        ------
        UnwritableOutput : the system refuses (`not-written`)
        """
        program = {"name": "pleura", "version": pleura.__version__}
        if self.cases:
            _write(folder / MANIFEST, "".join(case.line() + "\n" for case in self.cases))
            _write(folder / DESCRIPTION, _pretty({"program": program, **self._description()}))
        _write(folder / REPORT, _pretty({"program": program, "counts": self.counts, **self._findings()}))

    def _description(self) -> dict[str, Any]:
        settings = dataclasses.asdict(self.settings)
        settings["patients"] = bool(self.settings.patients)  # a rule or a path may tell names
        convention = settings.pop("convention")
        labels = {str(value): name for value, name in sorted(self.labels.items())}
        return {
            "labels": labels,
            **({"convention": convention} if convention else {}),
            "seed": self.settings.seed,
            "settings": settings,
            "counts": self.counts,
        }

    def _findings(self) -> dict[str, Any]:
        refused = [
            {"source": one.name, "code": one.code, "message": one.message, "source_sha256": one.sha256 or None}
            for one in sorted(self.refused, key=lambda one: (one.code, one.name))
        ]
        return {
            "reasons": dict(sorted(Counter(one.code for one in self.refused).items())),
            "notes": [dataclasses.asdict(note) for note in self.notes],
            "case_notes": dict(sorted(Counter(code for case in self.cases for code in case.notes).items())),
            "doubts": [{"source": name, "code": code, "message": DOUBTS[code]} for name, code in self.doubts],
            "refused": refused,
            "sources": dict(sorted(self.sources.items())),
        }


def earlier_cases(folder: Path) -> dict[str, str]:
    """Return hash of the source's voxels -> part of the data set that lies in a folder; nothing where there is none."""
    try:
        lines = (folder / MANIFEST).read_text(encoding="utf-8").splitlines()
        return {entry["pixels"]: entry["split"] for entry in map(json.loads, lines)}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"


def _write(path: Path, text: str) -> None:
    with atomic_write(path) as file:
        file.write(text.encode())
