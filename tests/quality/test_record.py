"""The quality of a mask is data that goes into a sidecar and comes back."""

from __future__ import annotations

import json

from pleura.quality import ExpectedDice, Flag, Quality, read_quality

DICE = {"right lung": ExpectedDice(0.98, 0.96, 0.99), "both lungs": ExpectedDice(0.97, 0.95, 0.98)}
QUALITY = Quality("check", DICE, (Flag("solid-tissue", "look", (3, 4)),))


def test_data_is_what_the_sidecar_holds() -> None:
    assert json.loads(json.dumps(QUALITY.data())) == {
        "verdict": "check",
        "dice": {
            "right lung": {"expected": 0.98, "low": 0.96, "high": 0.99},
            "both lungs": {"expected": 0.97, "low": 0.95, "high": 0.98},
        },
        "flags": [{"code": "solid-tissue", "message": "look", "slices": [3, 4]}],
    }


def test_what_a_sidecar_holds_is_read_back_the_same() -> None:
    assert read_quality({"quality": json.loads(json.dumps(QUALITY.data()))}) == QUALITY


def test_sidecar_without_a_quality_or_with_a_broken_one_has_none() -> None:
    broken = [{}, {"quality": 3}, {"quality": {**QUALITY.data(), "verdict": "fine"}}, {"quality": {"dice": []}}]
    assert [read_quality(one) for one in broken] == [None] * 4


def test_quality_that_was_edited_to_what_is_no_number_or_no_text_is_none() -> None:
    edited = []
    for value in ("high", None, 1.7, float("nan"), [0.9]):
        edited.append(json.loads(json.dumps(QUALITY.data())))
        edited[-1]["dice"]["both lungs"]["expected"] = value
    for key, value in (("code", 3), ("message", None), ("slices", ["first"])):
        edited.append(json.loads(json.dumps(QUALITY.data())))
        edited[-1]["flags"][0][key] = value
    assert [read_quality({"quality": one}) for one in edited] == [None] * len(edited)


def test_all_that_was_marked_is_both_lungs_or_the_one_structure_there_is() -> None:
    assert QUALITY.both == DICE["both lungs"]
    alone = Quality("good", {"lung": ExpectedDice(0.9, 0.8, 0.95)})
    assert alone.both == ExpectedDice(0.9, 0.8, 0.95)
    assert Quality("check").both is None
