"""Charts are SVG whose points lie where their values are."""

from __future__ import annotations

import math
from xml.etree import ElementTree

from pleura.reporting.charts import BOTTOM, HEIGHT, LEFT, TOP, lines, strip


def test_curve_runs_through_the_corners_of_the_unit_square() -> None:
    chart = lines([("Dice", [0.0, 1.0], [0.0, 1.0])], across="threshold")
    paths = [path.get("d") for path in ElementTree.fromstring(chart).iter("path") if path.get("fill") == "none"]
    assert paths == [f"M{LEFT:.1f} {HEIGHT - BOTTOM:.1f}L352.0 {TOP:.1f}"]


def test_value_that_is_no_number_leaves_a_gap() -> None:
    chart = lines([("Dice", [0.0, 0.5, 1.0], [0.2, math.nan, 0.4])], across="threshold")
    assert "nan" not in chart
    assert lines([("Dice", [0.0], [math.nan])], across="x").count('fill="none"') == 0


def test_curves_are_named_and_have_colours_of_their_own() -> None:
    chart = lines([("Dice", [0, 1], [0, 1]), ("IoU", [0, 1], [0, 1])], across="x", diagonal=True)
    root = ElementTree.fromstring(chart)
    assert [text.text for text in root.iter("text")][-2:] == ["Dice", "IoU"]
    assert len({path.get("stroke") for path in root.iter("path") if path.get("stroke")}) == 2


def test_strip_shows_the_worst_at_the_left_and_cuts_what_is_below_its_lower_end() -> None:
    circles = list(ElementTree.fromstring(strip([1.0, 0.2, 0.9], low=0.8, across="cases")).iter("circle"))
    xs, ys = ([float(circle.get(axis) or 0) for circle in circles] for axis in ("cx", "cy"))
    assert xs == sorted(xs)
    assert ys == [HEIGHT - BOTTOM, (HEIGHT - BOTTOM + TOP) / 2, TOP]
