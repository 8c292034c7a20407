"""What was measured of one scan as tables for people, each number with the warnings that limit it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pleura.measurement.figures import (
    OF_CLUSTERS,
    OF_DENSITY,
    OF_PARTS,
    OF_REGION,
    OF_SCAN,
    OF_SIZE,
    Figure,
    decimal,
)
from pleura.measurement.measurements import Measurements, Region


@dataclass(frozen=True)
class Line:
    """A line of a table.

    Attributes
    ----------
    words, unit : what stands before its cells
    cells : figures as text, one of each column
    limits : numbers, from 1, of the warnings among those of the measurements that concern it
    """

    words: str
    unit: str
    cells: tuple[str, ...]
    limits: tuple[int, ...]


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes
    ----------
    of : whole structures, both lungs and one against the other, or the parts of one structure
    name : of that structure; else what the table holds
    columns : their heads; none where there is one column whose lines speak for themselves
    lines : from the top
    limits : of each column, as those of a line
    """

    of: Literal["structures", "scan", "parts"]
    name: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    limits: tuple[tuple[int, ...], ...] = ()


def tables(measured: Measurements) -> Iterator[Table]:
    """Yield all tables of one scan: whole structures, what is known of the scan, then the parts of each lung.

    A figure that is known of no structure, as an area without millimetres, has no line.
    """
    regions = {name: region.figures for name, region in measured.whole.items()}
    sizes = {size.label.name: size.figures for size in measured.sizes}
    of_regions = _known(regions, (*OF_REGION, *OF_DENSITY, *OF_CLUSTERS))
    if of_regions:
        yield _of_structures(measured, regions, of_regions)
    else:
        yield _of_structures(measured, sizes, _known(sizes, OF_SIZE))
    known = [figure for figure in OF_SCAN if measured.of_scan[figure.key] is not None]
    if known:
        lines = tuple(_line(measured, figure, [measured.of_scan]) for figure in known)
        yield Table("scan", "both lungs, and right against left", (), lines)
    for name in measured.whole:
        if parts := measured.parts_of(name):
            yield _of_parts(measured, name, parts)


def _known(held: Mapping[str, Mapping[str, float | None]], figures: Sequence[Figure]) -> tuple[Figure, ...]:
    """Return the figures that are known of some structure."""
    return tuple(one for one in figures if any(each[one.key] is not None for each in held.values()))


def _of_structures(
    measured: Measurements, held: Mapping[str, Mapping[str, float | None]], figures: Sequence[Figure]
) -> Table:
    lines = tuple(_line(measured, figure, list(held.values())) for figure in figures)
    return Table("structures", "whole", tuple(held), lines)


def _of_parts(measured: Measurements, name: str, parts: Sequence[Region]) -> Table:
    lines = [
        Line(part.part.replace("_", " "), "", _cells(part, OF_PARTS), measured.limits_of(part.part)) for part in parts
    ]
    columns = tuple(f"{figure.words}, {figure.unit}" for figure in OF_PARTS)
    return Table("parts", name, columns, tuple(lines), tuple(measured.limits_of(figure.key) for figure in OF_PARTS))


def _cells(region: Region, figures: Sequence[Figure]) -> tuple[str, ...]:
    held = region.figures
    return tuple(_text(figure, held) for figure in figures)


def _line(measured: Measurements, figure: Figure, held: Sequence[Mapping[str, float | None]]) -> Line:
    cells = tuple(_text(figure, one) for one in held)
    return Line(figure.words, figure.unit, cells, measured.limits_of(figure.key))


def _text(figure: Figure, held: Mapping[str, float | None]) -> str:
    value = held[figure.key]
    return decimal(None if value is None else figure.factor * value, figure.decimals)
