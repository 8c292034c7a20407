"""Figures are named once, after fields that there are."""

from __future__ import annotations

from dataclasses import fields

from pleura.measurement import Density, Region
from pleura.measurement.figures import OF_DENSITY, OF_PARTS, OF_REGION, decimal


def test_every_figure_is_a_field_and_every_field_of_density_has_words() -> None:
    known = {one.name for one in (*fields(Region), *fields(Density))}
    assert {one.key for one in (*OF_REGION, *OF_DENSITY, *OF_PARTS)} <= known
    assert {one.key for one in OF_DENSITY} == {one.name for one in fields(Density)}


def test_decimals_are_rounded_and_no_zero_is_negative() -> None:
    assert [decimal(value, 1) for value in (None, 1.25, -0.04, 12.0)] == ["-", "1.2", "0.0", "12.0"]
