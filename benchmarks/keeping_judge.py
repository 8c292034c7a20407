"""A judge that keeps what a model leaves to judge its mask by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pleura.conventions import QualityMode
from pleura.inference.evidence import Evidence
from pleura.labels import Label
from pleura.volume import Note


@dataclass
class KeepingJudge:
    """A `pleura.inference.model.Judge` without an opinion."""

    mode: QualityMode
    evidence: Evidence | None = None

    def __call__(self, evidence: Evidence, structures: Sequence[Label], warnings: Sequence[Note]) -> None:
        """Keep it."""
        del structures, warnings
        self.evidence = evidence
