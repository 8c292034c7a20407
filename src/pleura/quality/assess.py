"""From what a model leaves to the quality of its mask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from pleura.inference.evidence import Evidence
from pleura.labels import Label, have_sides
from pleura.quality.flags import flags_of, verdict_of
from pleura.quality.overlap import expected_overlap
from pleura.quality.record import BOTH_LUNGS, ExpectedDice, Quality
from pleura.volume import Note, Volume


def assess_quality(
    evidence: Evidence, volume: Volume, structures: Sequence[Label], warnings: Sequence[Note]
) -> Quality:
    """Return the quality of a mask of lungs.

    Parameters
    ----------
    evidence : what the model left
    volume : the scan
    structures : what the values in the labels are
    warnings : what stands out in the scan and the mask already
    """
    dice = dict(_dice(evidence, structures))
    flags = flags_of((*warnings, *volume.notes))
    found = Quality("good", dice, tuple(flags))
    return replace(found, verdict=verdict_of(flags, found.both))


def _dice(evidence: Evidence, structures: Sequence[Label]) -> Iterator[tuple[str, ExpectedDice]]:
    marked = np.unique(evidence.labels)
    for one in structures:
        if one.value in marked:
            found = round(expected_overlap(evidence.labels == one.value, evidence.probability[one.value - 1]), 3)
            yield one.name, ExpectedDice(found, found, found)
    if have_sides(structures) and marked.any():
        found = round(expected_overlap(evidence.labels > 0, evidence.probability.max(axis=0)), 3)
        yield BOTH_LUNGS, ExpectedDice(found, found, found)
