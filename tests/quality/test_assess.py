"""The quality of a mask of lungs follows from what the model leaves."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_evidence import evidence, labels

from pleura.geometry import affine_from_spacing
from pleura.inference.bundle import load_bundle
from pleura.labels import LUNGS, structures
from pleura.quality import Quality, assess_quality
from pleura.quality.assess import family_of
from pleura.volume import Kind, Note, Volume

VOLUME = Volume(np.where(labels() > 0, -850, 40).astype(np.int16), affine_from_spacing((5, 3, 3)))


NETWORK = load_bundle().sha256


def of(mask: np.ndarray, lungs: np.ndarray | None = None, volume: Volume = VOLUME, **more: int) -> Quality:
    return assess_quality(evidence(mask, lungs, **more), volume, LUNGS, (), network=NETWORK)


def test_each_lung_and_both_are_judged() -> None:
    assert list(of(labels()).dice) == ["right lung", "left lung", "both lungs"]
    assert of(labels()).verdict == "good"


def test_lungs_without_sides_are_one_structure() -> None:
    both = evidence((labels() > 0).astype(np.uint8))
    one = type(both)(both.labels, both.probability[:1], both.planes, both.window)
    assert list(assess_quality(one, VOLUME, structures(["lung"]), (), network=NETWORK).dice) == ["lung"]


def test_uncertain_mask_is_expected_to_reach_less_than_a_sure_one() -> None:
    sure, unsure = (of(labels(), sure=level).both for level in (255, 150))
    assert sure is not None
    assert unsure is not None
    assert unsure.expected < sure.expected
    assert unsure.low <= unsure.expected <= unsure.high


def test_what_stands_out_is_said_with_its_slices_as_they_are_counted_in_the_array() -> None:
    lungs = labels(12)
    lungs[2:5, 8:16] = 0  # marked, and solid
    down = affine_from_spacing((5, 3, 3))
    down[:, 0] *= -1  # the first slice of the array is the highest one
    for affine, slices in ((VOLUME.affine, (2, 3)), (down, (9, 8))):
        volume = Volume(np.zeros((12, 32, 40), np.int16), affine)
        flags = {flag.code: flag for flag in of(labels(12), lungs, volume).flags}
        assert flags["border-in-tissue"].slices == slices


def test_mask_of_no_chest_has_no_dice_since_nothing_tells_what_would_be_right() -> None:
    found = assess_quality(evidence(labels()), VOLUME, LUNGS, (Note("not-a-chest", "..."),), network=NETWORK)
    assert (found.dice, found.verdict) == ({}, "reject")


def test_empty_mask_has_no_dice() -> None:
    found = assess_quality(evidence(labels() * 0), VOLUME, LUNGS, (Note("no-lung", "..."),), network=NETWORK)
    assert (found.dice, found.verdict) == ({}, "check")


@pytest.mark.parametrize(("code", "verdict"), [("not-a-chest", "reject"), ("one-lung", "check")])
def test_what_stands_out_already_is_flagged(code: str, verdict: str) -> None:
    found = assess_quality(evidence(labels()), VOLUME, LUNGS, (Note(code, "..."),), network=NETWORK)
    assert [flag.code for flag in found.flags] == [code]
    assert found.verdict == verdict


def test_a_few_slices_and_greys_and_radiographs_are_families_of_their_own() -> None:
    radiograph = Volume(np.zeros((1, 32, 40), np.uint8), VOLUME.affine, Kind.RADIOGRAPH)
    assert family_of(evidence(labels()), VOLUME) == "scan"
    assert family_of(evidence(labels(2)), VOLUME) == "slice"
    assert family_of(evidence(labels(), greys=True), VOLUME) == "grey"
    assert family_of(evidence(labels(1), greys=True), radiograph) == "radiograph"


def test_mask_of_a_network_without_a_calibration_has_flags_and_a_verdict_by_them_and_no_dice() -> None:
    def judged(lungs: np.ndarray) -> Quality:
        return assess_quality(evidence(labels(), lungs), VOLUME, LUNGS, (), network="0" * 64)

    hidden = labels()
    hidden[:, 8:16] = 0  # marked, and solid
    assert (judged(labels()).dice, judged(labels()).verdict) == ({}, "good")
    assert [flag.code for flag in judged(labels()).flags] == ["not-calibrated"]
    found = judged(hidden)
    assert (found.dice, found.verdict) == ({}, "check")
    assert found.flags[:-1] == of(labels(), hidden).flags
    assert found.flags[-1].code == "not-calibrated"
