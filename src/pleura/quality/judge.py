"""The judge that a model calls with what it leaves: it keeps the quality alone, and nothing that it was judged by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pleura.conventions import QualityMode
from pleura.inference.evidence import Evidence
from pleura.labels import Label
from pleura.quality.assess import assess_quality
from pleura.quality.record import Quality
from pleura.volume import Note, Volume


@dataclass
class QualityJudge:
    """What judges the mask of one scan; a `pleura.inference.model.Judge`.

    Attributes
    ----------
    mode : how thoroughly
    volume : the scan
    warnings : what stands out in it before it is segmented
    network : sha256 of the network that makes the mask
    quality : what was found, None before
    """

    mode: QualityMode
    volume: Volume
    warnings: Sequence[Note]
    network: str
    quality: Quality | None = None

    def __call__(self, evidence: Evidence, structures: Sequence[Label], warnings: Sequence[Note]) -> None:
        """Judge a mask."""
        known = (*self.warnings, *warnings)
        self.quality = assess_quality(evidence, self.volume, structures, known, network=self.network)
