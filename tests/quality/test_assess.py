"""The quality of a mask of lungs follows from what the model leaves."""

from __future__ import annotations

import numpy as np
import pytest

from pleura.geometry import affine_from_spacing
from pleura.inference.anatomy_rules import RuleVolumes
from pleura.inference.evidence import Evidence
from pleura.labels import LUNGS, structures
from pleura.quality import assess_quality
from pleura.volume import Kind, Note, Volume

VOLUME = Volume(np.zeros((1, 8, 8), np.uint8), affine_from_spacing((1, 1, 1)), kind=Kind.RADIOGRAPH)


def evidence(sure: int = 255) -> Evidence:
    labels = np.zeros((1, 8, 8), np.uint8)
    labels[0, 2:6, 1:3], labels[0, 2:6, 5:7] = 1, 2
    probability = np.stack([np.where(labels == side, sure, 0) for side in (1, 2)]).astype(np.uint8)
    return Evidence(labels, probability, labels * 40, None, None, RuleVolumes())


def test_each_lung_and_both_are_judged() -> None:
    assert list(assess_quality(evidence(), VOLUME, LUNGS, ()).dice) == ["right lung", "left lung", "both lungs"]


def test_lungs_without_sides_are_one_structure() -> None:
    both = evidence()
    one = Evidence((both.labels > 0).astype(np.uint8), both.probability[:1], both.planes, None, None, RuleVolumes())
    assert list(assess_quality(one, VOLUME, structures(["lung"]), ()).dice) == ["lung"]


def test_doubtful_mask_is_expected_to_reach_less_than_a_sure_one() -> None:
    sure, doubtful = (assess_quality(evidence(level), VOLUME, LUNGS, ()).both for level in (255, 150))
    assert sure is not None
    assert doubtful is not None
    assert doubtful.expected < sure.expected
    assert doubtful.low <= doubtful.expected <= doubtful.high


def test_empty_mask_has_no_dice() -> None:
    nothing = np.zeros((2, 1, 8, 8), np.uint8)
    empty = Evidence(nothing[0], nothing, nothing[0], None, None, RuleVolumes())
    assert assess_quality(empty, VOLUME, LUNGS, (Note("no-lung", "..."),)).dice == {}


@pytest.mark.parametrize(("code", "verdict"), [("not-a-chest", "reject"), ("one-lung", "check")])
def test_what_stands_out_already_is_flagged(code: str, verdict: str) -> None:
    found = assess_quality(evidence(), VOLUME, LUNGS, (Note(code, "..."),))
    assert [flag.code for flag in found.flags] == [code]
    assert found.verdict == verdict
