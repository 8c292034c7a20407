"""The tables for people hold what was measured, each number with the sentences that limit it."""

from __future__ import annotations

import numpy as np
import pytest

from pleura.geometry import affine_from_spacing
from pleura.measurement import Measurements, measure
from pleura.measurement.tables import tables
from pleura.phantom import chest
from pleura.volume import Kind, Volume


@pytest.fixture(scope="module")
def measured() -> Measurements:
    phantom = chest((24, 64, 64), (13.0, 6.0, 6.0))
    return measure(phantom.labels, phantom.volume)


def test_whole_lungs_come_first_then_both_then_the_parts_of_each(measured: Measurements) -> None:
    found = list(tables(measured))
    assert [(one.of, one.name) for one in found] == [
        ("structures", "whole"),
        ("scan", "both lungs, and right against left"),
        ("parts", "right lung"),
        ("parts", "left lung"),
        ("parts", "both lungs"),
    ]
    assert found[0].columns == ("right lung", "left lung", "both lungs")


def test_cells_are_the_figures_with_their_decimals(measured: Measurements) -> None:
    lines = {line.words: line for line in next(tables(measured)).lines}
    volumes = [measured.region(name).volume_ml for name in ("right lung", "left lung", "both lungs")]
    assert lines["volume"].cells == tuple(f"{value:.0f}" for value in volumes)
    counts = [region.clusters.count for region in measured.whole.values() if region.clusters]
    assert lines["pieces at or below -950 HU in slices"].cells == tuple(map(str, counts))


def test_every_number_is_marked_with_each_sentence_that_limits_it(measured: Measurements) -> None:
    first, of_scan, part, *_ = tables(measured)
    lines = {line.words: line for line in (*first.lines, *of_scan.lines)}
    for words, key in (
        ("at or below -950 HU", "laa_le_950_percent"),
        ("pieces at or below -950 HU in slices", "clusters"),
        ("15th percentile at 6 L", "perc15_at_6_l_g_per_l"),
    ):
        marks = [number for number, one in enumerate(measured.warnings, start=1) if key in one.keys]
        assert marks
        assert lines[words].limits == tuple(marks)
    assert part.limits[-1] == lines["at or below -950 HU"].limits


def test_radiograph_has_a_line_for_each_size_and_for_what_follows_from_both() -> None:
    labels = np.zeros((1, 40, 40), np.uint8)
    labels[0, 5:35, 5:15], labels[0, 10:30, 25:35] = 1, 2
    volume = Volume(np.zeros((1, 40, 40), np.uint8), affine_from_spacing((1.0, 10.0, 5.0)), kind=Kind.RADIOGRAPH)
    of_lungs, of_scan = tables(measure(labels, volume))
    # pixels of half a square centimetre: 300 and 200 of 1600; rows of 1 cm: 30 and 20
    assert [line.cells for line in of_lungs.lines] == [("150.0", "100.0"), ("30.0", "20.0"), ("18.8", "12.5")]
    assert [(line.words, line.cells) for line in of_scan.lines] == [
        ("area, left to right", ("0.67",)),
        ("widest across both lungs", ("15.0",)),  # columns 5 to 34 of half a centimetre
    ]


def test_figure_that_is_known_of_no_structure_has_no_line() -> None:
    labels = np.zeros((1, 40, 40), np.uint8)
    labels[0, 5:35, 5:15], labels[0, 10:30, 25:35] = 1, 2
    grid = affine_from_spacing((1.0, 1.0, 1.0))
    for kind in (Kind.RADIOGRAPH, Kind.WINDOWED):
        picture = Volume(np.zeros((1, 40, 40), np.uint8), grid, kind=kind, is_picture=True, spacing_known=False)
        of_lungs = next(tables(measure(labels, picture)))
        assert [(line.words, line.cells) for line in of_lungs.lines] == [("share of the picture", ("18.8", "12.5"))]
