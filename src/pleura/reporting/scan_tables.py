"""The numbers of a scan as tables for a page: whole lungs, their parts, and which sentences limit which number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pleura.measurement import Measurements, Region
from pleura.measurement.figures import OF_DENSITY, OF_PARTS, OF_PICTURE, OF_REGION, Figure, decimal


def tables(measured: Measurements) -> Iterator[dict[str, Any]]:
    """Yield the tables of numbers: whole structures, then the parts of each lung."""
    if not measured.regions:
        yield _size_table(measured)
        return
    whole = [region for region in measured.regions if region.part == "whole"]
    rows = [_row(measured, whole, figure) for figure in (*OF_REGION, *OF_DENSITY)]
    yield {"words": "whole", "head": [region.structure for region in whole], "rows": rows, "parts": False}
    for region in whole:
        parts = [one for one in measured.regions if one.structure == region.structure and one.part != "whole"]
        if parts:
            yield _parts_table(measured, region.structure, parts)


def _row(measured: Measurements, regions: Sequence[Region], figure: Figure) -> dict[str, Any]:
    cells = [decimal(_value(region, figure), figure.decimals) for region in regions]
    return {"words": figure.words, "unit": figure.unit, "cells": cells, "limits": _limits(measured, figure.key)}


def _parts_table(measured: Measurements, structure: str, parts: Sequence[Region]) -> dict[str, Any]:
    rows = []
    for part in parts:
        cells = [decimal(_value(part, figure), figure.decimals) for figure in OF_PARTS]
        limits = _limits(measured, part.part)
        rows.append({"words": part.part.replace("_", " "), "unit": "", "cells": cells, "limits": limits})
    head = [f"{figure.words}, {figure.unit}" for figure in OF_PARTS]
    return {"words": f"parts of {structure}", "head": head, "rows": rows, "parts": True}


def _size_table(measured: Measurements) -> dict[str, Any]:
    """Return what is known of a radiograph."""
    values = [[size.cm2, size.height_cm, 100 * size.share] for size in measured.sizes]
    rows = []
    for number, figure in enumerate(OF_PICTURE):
        cells = [decimal(one[number], figure.decimals) for one in values]
        rows.append(
            {"words": figure.words, "unit": figure.unit, "cells": cells, "limits": _limits(measured, figure.key)}
        )
    for words, unit, key, value in (
        ("left to right", "", "left_to_right", measured.left_to_right),
        ("widest across both lungs", "cm", "thoracic_width_cm", measured.thoracic_width_cm),
    ):
        if value is not None:
            empty = [""] * (len(values) - 1)
            decimals = 2 if not unit else 1
            cells = [*empty, decimal(value, decimals)]
            rows.append({"words": words, "unit": unit, "cells": cells, "limits": _limits(measured, key)})
    return {"words": "whole", "head": [size.label.name for size in measured.sizes], "rows": rows, "parts": False}


def _value(region: Region, figure: Figure) -> float | None:
    found: float | None = getattr(region, figure.key, getattr(region.density, figure.key, None))
    return found


def _limits(measured: Measurements, key: str) -> list[int]:
    """Return the numbers, from 1, of the sentences that limit a figure."""
    return [number for number, one in enumerate(measured.warnings, start=1) if key in one.keys]
