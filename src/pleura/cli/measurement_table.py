"""What was measured of one scan, as a table for people: whole lungs, their parts, and below what limits the numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pleura.measurement import Density, Measurements, MeasurementWarning, Region
from pleura.measurement.figures import OF_DENSITY, OF_PARTS, OF_REGION, Figure, decimal
from pleura.segmentation import Segmentation
from pleura.volume import grid_text

_WORDS, _UNIT, _COLUMN = 42, 5, 13
"""Letters across."""
_MOST_COLUMNS = 6
"""Structures that still make a line that can be read."""


def lines(result: Segmentation) -> Iterator[str]:
    """Give the table of one scan, line by line."""
    measured = result.measurements
    yield f"{result.volume.identity.format}, {grid_text(result.volume)}"
    if not measured.regions:
        yield from _of_picture(measured)
        return
    whole = [region for region in measured.regions if region.part == "whole"]
    if len(whole) > _MOST_COLUMNS:
        yield f"{_MOST_COLUMNS} of {len(whole)} structures; --json gives all"
        whole = whole[:_MOST_COLUMNS]
    yield ""
    yield _line("", "", [region.structure for region in whole])
    for row in (*OF_REGION, *OF_DENSITY):
        yield _line(row.words, row.unit, [_text(region, row) for region in whole], _marks(measured, row.key))
    yield from _of_clusters(whole, measured)
    yield from _of_scan(measured)
    for region in whole:
        parts = [one for one in measured.regions if one.structure == region.structure and one.part != "whole"]
        if parts:
            yield from _of_parts(parts, measured)
    yield from _below(measured)


def _of_picture(measured: Measurements) -> Iterator[str]:
    """Give the sizes of a radiograph."""
    yield ""
    yield _line("", "", [size.label.name for size in measured.sizes])
    rows: tuple[tuple[str, str, list[float | None]], ...] = (
        ("area", "cm²", [size.cm2 for size in measured.sizes]),
        ("height", "cm", [size.height_cm for size in measured.sizes]),
        ("share of the picture", "%", [100 * size.share for size in measured.sizes]),
    )
    for (words, unit, values), key in zip(rows, ("area_cm2", "height_cm", "share_of_scan"), strict=True):
        yield _line(words, unit, [decimal(value, 1) for value in values], _marks(measured, key))
    if measured.left_to_right is not None:
        yield _line("left to right", "", [decimal(measured.left_to_right, 2)], _marks(measured, "left_to_right"))
    if measured.thoracic_width_cm is not None:
        marks = _marks(measured, "thoracic_width_cm")
        yield _line("widest across both lungs", "cm", [decimal(measured.thoracic_width_cm, 1)], marks)
    yield from _below(measured)


def _of_clusters(whole: Sequence[Region], measured: Measurements) -> Iterator[str]:
    """Give the pieces of low attenuation, where they were counted."""
    found = [region.clusters for region in whole]
    if not any(found):
        return
    marks = _marks(measured, "clusters")
    yield _line(
        "pieces at or below -950 HU in slices", "", [decimal(one.count if one else None) for one in found], marks
    )
    exponents = [decimal(one.exponent if one else None, 2) for one in found]
    smallest, largest = next(one.fitted_mm2 for one in found if one)
    yield _line(f"exponent of their sizes, {smallest:g} to {largest:g} mm²", "", exponents, marks)


def _of_scan(measured: Measurements) -> Iterator[str]:
    """Give what is known of both lungs, or of one against the other."""
    perc15, asymmetry = measured.perc15_at_6_l_g_per_l, measured.asymmetry
    if perc15 is not None:
        marks = _marks(measured, "perc15_at_6_l_g_per_l")
        yield _line("15th percentile of both, at 6 L", "g/L", [decimal(perc15, 1)], marks)
    if asymmetry is None:
        return
    for words, unit, key, decimals in (
        ("right less left, of their sum", "%", "volume_asymmetry_percent", 1),
        ("right less left, mean", "HU", "mean_difference_hu", 0),
        ("right less left, at or below -950 HU", "%", "laa_950_difference_points", 1),
    ):
        yield _line(words, unit, [decimal(getattr(asymmetry, key), decimals)], _marks(measured, key))


def _of_parts(parts: Sequence[Region], measured: Measurements) -> Iterator[str]:
    yield ""
    concerned = "".join(
        _mark(number) for number, one in _numbered(measured) if {row.key for row in OF_PARTS} & {*one.keys}
    )
    yield _line(parts[0].structure, "", [f"{row.words} {row.unit}" for row in OF_PARTS], concerned)
    for part in parts:
        words = part.part.replace("_", " ")
        yield _line(words, "", [_text(part, row) for row in OF_PARTS], _marks(measured, part.part))


def _below(measured: Measurements) -> Iterator[str]:
    """Give what limits the numbers, by the marks of their lines."""
    if measured.warnings:
        yield ""
    for number, warning in _numbered(measured):
        yield f"{_mark(number)} {warning.message}"


def _marks(measured: Measurements, key: str) -> str:
    """Return which of the warnings concern the number of this name."""
    return "".join(_mark(number) for number, one in _numbered(measured) if key in one.keys)


def _numbered(measured: Measurements) -> Iterator[tuple[int, MeasurementWarning]]:
    return enumerate(measured.warnings, start=1)


def _mark(number: int) -> str:
    return f"[{number}]"


def _text(region: Region, row: Figure) -> str:
    source: Region | Density | None = region if row in OF_REGION else region.density
    return decimal(getattr(source, row.key) if source else None, row.decimals)


def _line(words: str, unit: str, values: Sequence[str], marks: str = "") -> str:
    columns = "".join(f"{value[: _COLUMN - 1]:>{_COLUMN}}" for value in values)
    return f"{words:<{_WORDS}}{unit:>{_UNIT}}{columns}  {marks}".rstrip()
