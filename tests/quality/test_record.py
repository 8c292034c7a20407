"""The quality of a mask is data that goes into a sidecar and comes back."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from pleura.quality import ExpectedDice, Flag, Quality, read_quality

DICE = {"right lung": ExpectedDice(0.98, 0.96, 0.99), "both lungs": ExpectedDice(0.97, 0.95, 0.98)}
QUALITY = Quality("check", DICE, (Flag("solid-tissue", "look", (3, 4)),))
GEOMETRY = {"shape": [5, 32, 64], "affine_lps": [[0, 0, 1, 0], [0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]]}


def sidecar(quality: object) -> dict[str, object]:
    """Return what is read of a sidecar of five slices."""
    return {"quality": quality, "geometry": GEOMETRY}


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
    assert read_quality(sidecar(json.loads(json.dumps(QUALITY.data())))) == QUALITY


def test_sidecar_without_a_quality_or_with_a_broken_one_has_none() -> None:
    broken = [3, {**QUALITY.data(), "verdict": "fine"}, {"dice": []}]
    assert [read_quality(one) for one in ({}, *map(sidecar, broken))] == [None] * 4


def test_quality_that_was_edited_to_what_is_no_number_or_no_text_is_none() -> None:
    edited = []
    for value in ("high", None, 1.7, float("nan"), [0.9]):
        edited.append(json.loads(json.dumps(QUALITY.data())))
        edited[-1]["dice"]["both lungs"]["expected"] = value
    for key, value in (("code", 3), ("message", None), ("slices", ["first"])):
        edited.append(json.loads(json.dumps(QUALITY.data())))
        edited[-1]["flags"][0][key] = value
    assert [read_quality(sidecar(one)) for one in edited] == [None] * len(edited)


@pytest.mark.parametrize("slices", [[-1], [5], [3, 1 << 40]])
def test_quality_of_slices_that_the_mask_has_not_is_none(slices: list[int]) -> None:
    edited = replace(QUALITY, flags=(Flag("solid-tissue", "look", tuple(slices)),))
    assert read_quality(sidecar(edited.data())) is None


def test_slices_are_counted_between_head_and_feet() -> None:
    coronal = {"shape": [32, 5, 64], "affine_lps": [[0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]]}
    for index, expected in ((4, True), (5, False)):
        stated = replace(QUALITY, flags=(Flag("solid-tissue", "look", (index,)),))
        assert (read_quality({"quality": stated.data(), "geometry": coronal}) == stated) is expected


def test_a_picture_is_one_slice() -> None:
    for index, expected in ((0, True), (1, False)):
        stated = replace(QUALITY, flags=(Flag("solid-tissue", "look", (index,)),))
        picture = {"shape": [32, 64], "affine_lps": np.eye(4).tolist()}
        assert (read_quality({"quality": stated.data(), "geometry": picture}) == stated) is expected


@pytest.mark.parametrize(
    "edited",
    [
        {},
        {"shape": None},
        {"shape": [5, "rows", 64]},
        {"affine_lps": [["x"]]},
        {"affine_lps": 3},
        {"shape": []},
        {"shape": [math.inf, 32, 64]},
    ],
)
def test_quality_beside_a_geometry_that_is_none_is_none(edited: dict[str, object]) -> None:
    geometry = {**GEOMETRY, **edited} if edited else {}
    assert read_quality({"quality": QUALITY.data(), "geometry": geometry}) is None


def test_a_matrix_of_zeros_is_no_error() -> None:
    geometry = {**GEOMETRY, "affine_lps": np.zeros((4, 4)).tolist()}
    assert read_quality({"quality": QUALITY.data(), "geometry": geometry}) in (None, QUALITY)


def test_all_that_was_marked_is_both_lungs_or_the_one_structure_there_is() -> None:
    assert QUALITY.both == DICE["both lungs"]
    alone = Quality("good", {"lung": ExpectedDice(0.9, 0.8, 0.95)})
    assert alone.both == ExpectedDice(0.9, 0.8, 0.95)
    assert Quality("check").both is None
