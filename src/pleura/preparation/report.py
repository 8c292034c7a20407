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

import pleura
from pleura.datasets.description import write_description
from pleura.datasets.manifest import REPORT, SPLITS, Record, write_manifest
from pleura.files import atomic_write
from pleura.preparation.case_warnings import CASE_WARNINGS, explain
from pleura.preparation.pair import Refusal
from pleura.preparation.settings import Settings
from pleura.volume import Note


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
    def case_warnings(self) -> tuple[tuple[str, str], ...]:
        """Source and code of each thing to look at; of a scan that was cut into slices, once."""
        return tuple((source, code) for source, code, _ in self.explained_warnings)

    @property
    def explained_warnings(self) -> tuple[tuple[str, str, str], ...]:
        """The same, each with a sentence."""
        found = sorted(
            (self.sources[one.id], code, explain(code, one.kind))
            for one in self.cases
            for code in one.notes
            if code in CASE_WARNINGS
        )
        return tuple(dict.fromkeys(found))

    def write(self, folder: Path) -> None:
        """Write manifest, description and report into the dataset's folder; without a case, the report alone.

        Raises
        ------
        UnwritableOutput : the system refuses (`not-written`)
        """
        program = {"name": "pleura", "version": pleura.__version__}
        if self.cases:
            write_manifest(folder, self.cases)
            write_description(folder, {"program": program, **self._description()})
        report = {"program": program, "counts": self.counts, **self._findings()}
        with atomic_write(folder / REPORT) as file:
            file.write((json.dumps(report, indent=2) + "\n").encode())

    def _description(self) -> dict[str, object]:
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

    def _findings(self) -> dict[str, object]:
        refused = [
            {"source": one.name, "code": one.code, "message": one.message, "source_sha256": one.sha256 or None}
            for one in sorted(self.refused, key=lambda one: (one.code, one.name))
        ]
        return {
            "reasons": dict(sorted(Counter(one.code for one in self.refused).items())),
            "notes": [dataclasses.asdict(note) for note in self.notes],
            "case_notes": dict(sorted(Counter(code for case in self.cases for code in case.notes).items())),
            "case_warnings": [
                {"source": name, "code": code, "message": message} for name, code, message in self.explained_warnings
            ],
            "refused": refused,
            "sources": dict(sorted(self.sources.items())),
        }
