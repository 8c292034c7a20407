"""The histogram has a line for each lung, a line for each limit, and a peak where the values are."""

from __future__ import annotations

import re

from pleura.labels import LUNGS
from pleura.measurement import Histogram, Region
from pleura.reporting.histogram import draw_histogram


def region(structure: str, first: int, counts: tuple[int, ...]) -> Region:
    return Region(structure, "whole", sum(counts), None, None, None, Histogram(first, counts))


def test_each_lung_has_a_line_in_its_colour_that_peaks_at_its_values() -> None:
    found = draw_histogram([region("right lung", -852, (1, 2, 1)), region("left lung", -602, (5,))], LUNGS)
    assert found is not None
    paths = dict(re.findall(r'<path d="M([^"]*)" fill="none" stroke="(#\w+)"', found))
    peaks = {}
    for path, colour in paths.items():
        points = [tuple(map(float, point.split())) for point in path.split("L")]
        peaks[colour] = min(points, key=lambda point: point[1])[0]
    # 616 pixels from -1050 to 150 HU, from 12 on: the bin from -855 lies at 113, that from -605 at 241
    assert 110 < peaks["#e65046"] < 116
    assert 238 < peaks["#468ce6"] < 244


def test_limits_of_the_shares_are_drawn() -> None:
    found = draw_histogram([region("right lung", -900, (1,))], LUNGS) or ""
    assert all(f">{limit}<" in found for limit in ("-950", "-910", "-856", "-600 to -250"))


def test_lines_are_named() -> None:
    found = draw_histogram([region("right lung", -852, (1,)), region("left lung", -602, (5,))], LUNGS) or ""
    assert all(f">{name}</text>" in found for name in ("right lung", "left lung"))


def test_nothing_is_drawn_where_values_are_not_hu() -> None:
    assert draw_histogram([Region("right lung", "whole", 9, None, None, None)], LUNGS) is None
    assert draw_histogram([region("right lung", 0, ())], LUNGS) is None
