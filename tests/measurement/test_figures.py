"""Figures are named once, after fields that there are."""

from __future__ import annotations

from dataclasses import fields

from pleura.measurement import Density, measure
from pleura.measurement.figures import OF_CLUSTERS, OF_DENSITY, OF_PARTS, OF_REGION, OF_SCAN, OF_SIZE, decimal, signed
from pleura.phantom import chest


def test_every_figure_is_a_field_and_every_field_of_density_has_words() -> None:
    phantom = chest((24, 64, 64), (13.0, 6.0, 6.0))
    found = measure(phantom.labels, phantom.volume)
    for figures, held in (
        ((*OF_REGION, *OF_DENSITY, *OF_CLUSTERS, *OF_PARTS), found.region("right lung").figures),
        (OF_SIZE, found.sizes[0].data()),
        (OF_SCAN, found.of_scan),
    ):
        assert {one.key for one in figures} <= held.keys()
    assert {one.key for one in OF_DENSITY} == {one.name for one in fields(Density)}


def test_decimals_are_rounded_and_no_zero_is_negative() -> None:
    assert [decimal(value, 1) for value in (None, 1.25, -0.04, 12.0)] == ["-", "1.2", "0.0", "12.0"]


def test_differences_have_a_sign_unless_they_are_shown_as_zero() -> None:
    assert [signed(value, 1) for value in (1.25, -3.0, -0.04, 0.0)] == ["+1.2", "-3.0", "0.0", "0.0"]
