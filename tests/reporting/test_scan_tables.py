"""The numbers on the page are those that are measured, each with the sentences that limit it."""

from __future__ import annotations

from pleura.measurement import Measurements, MeasurementWarning
from pleura.phantom import chest
from pleura.reporting.scan_tables import tables
from pleura.segmentation import Segmentation


def measured() -> Measurements:
    phantom = chest((24, 64, 64), (13.0, 6.0, 6.0))
    return Segmentation(phantom.labels, phantom.volume).measurements


def test_whole_lungs_come_first_then_the_parts_of_each() -> None:
    found = list(tables(measured()))
    assert [one["words"] for one in found] == [
        "whole",
        "parts of right lung",
        "parts of left lung",
        "parts of both lungs",
    ]
    assert found[0]["head"] == ["right lung", "left lung", "both lungs"]


def test_cells_are_the_figures_with_their_decimals() -> None:
    numbers = measured()
    rows = {row["words"]: row for row in next(tables(numbers))["rows"]}
    volumes = [numbers.region(name).volume_ml for name in ("right lung", "left lung", "both lungs")]
    assert rows["volume"]["cells"] == [f"{value:.0f}" for value in volumes]


def test_a_number_is_marked_with_each_sentence_that_limits_it() -> None:
    numbers = measured()
    marks = [k for k, one in enumerate(numbers.warnings, start=1) if "laa_le_950_percent" in one.keys]
    rows = {row["words"]: row for row in next(tables(numbers))["rows"]}
    assert marks
    assert rows["at or below -950 HU"]["limits"] == marks
    assert all(isinstance(one, MeasurementWarning) for one in numbers.warnings)
