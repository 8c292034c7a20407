"""Charts as SVG text, to stand in a page without any script: lines over 0..1, and values as a strip of dots."""

from __future__ import annotations

import math
from collections.abc import Sequence

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 360, 250, 44, 34, 12
"""Pixels of a chart and of its margins, which hold the figures of the axes; three stand side by side on a screen."""
COLOURS = ("#c8443a", "#3a78c8", "#3f8f5b", "#a06bc0")

Line = tuple[str, Sequence[float], Sequence[float]]
"""Name, x and y."""


def lines(series: Sequence[Line], *, across: str, diagonal: bool = False) -> str:
    """Return curves in the unit square, named in a legend; gaps where a value is not a number."""
    body = [_axes(across), f'<g transform="translate({LEFT + 10},{HEIGHT - BOTTOM - 14 * len(series)})">']
    for index, (name, _, _) in enumerate(series):
        body.append(f'<text x="16" y="{14 * index + 8}" class="small">{name}</text>')
        body.append(f'<rect x="0" y="{14 * index + 2}" width="11" height="4" fill="{COLOURS[index % 4]}"/>')
    body.append("</g>")
    if diagonal:
        body.append(f'<path d="M{_x(0):.1f} {_y(0):.1f}L{_x(1):.1f} {_y(1):.1f}" class="grid"/>')
    for index, (_, xs, ys) in enumerate(series):
        points = [(x, y) for x, y in zip(xs, ys, strict=True) if math.isfinite(x) and math.isfinite(y)]
        path = "L".join(f"{_x(x):.1f} {_y(y):.1f}" for x, y in points)
        body.append(f'<path d="M{path}" fill="none" stroke="{COLOURS[index % 4]}" stroke-width="2"/>' if path else "")
    return _svg(body, f"{', '.join(name for name, _, _ in series)} against {across}")


def strip(values: Sequence[float], *, low: float, across: str) -> str:
    """Return values between `low` and 1 as dots in their order, worst at the left."""
    body = [_axes(across, low=low)]
    ordered = sorted(values)
    for index, value in enumerate(ordered):
        x = _x((index + 0.5) / len(ordered))
        y = _y((max(value, low) - low) / (1.0 - low))
        body.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="{COLOURS[0]}" fill-opacity="0.7"/>')
    return _svg(body, across)


def _x(share: float) -> float:
    return LEFT + share * (WIDTH - LEFT - 8)


def _y(share: float) -> float:
    return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)


def _axes(across: str, low: float = 0.0) -> str:
    parts = []
    for tick in range(6):
        share = tick / 5
        parts.append(f'<path d="M{LEFT} {_y(share):.1f}H{WIDTH - 8}" class="grid"/>')
        parts.append(
            f'<text x="{LEFT - 6}" y="{_y(share) + 4:.1f}" text-anchor="end" class="small">'
            f"{low + share * (1 - low):.2f}</text>"
        )
    parts.append(f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 8}" text-anchor="middle" class="small">{across}</text>')
    return "".join(parts)


def _svg(body: Sequence[str], words: str) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{words}">{"".join(body)}</svg>'
