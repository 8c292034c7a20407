"""The histogram of the lungs as SVG, with the thresholds whose shares are measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from pleura.labels import Label
from pleura.measurement import Histogram, Region
from pleura.measurement.density import HIGH_ATTENUATION, LOW_ATTENUATION

_WIDTH, _HEIGHT, _BOTTOM, _TOP, _SIDE = 640, 240, 40, 34, 12
"""Pixels of the chart, and of its margins."""
_LOW, _HIGH, _BIN = -1050, 150, 5
"""HU at its left and right end, and in each of its bins: below lies nothing, above little; a bin of 1 HU is noise."""


def draw_histogram(regions: Sequence[Region], structures: Sequence[Label]) -> str | None:
    """Return the chart of each whole structure that has a histogram; None where none has."""
    colours = {label.name: "#{:02x}{:02x}{:02x}".format(*label.colour) for label in structures}
    found = {
        one.structure: _shares(one.histogram)
        for one in regions
        if one.histogram and one.histogram.counts and one.structure in colours
    }
    if not found:
        return None
    highest = max(float(shares.max()) for shares in found.values()) or 1.0
    body = [_thresholds(), _axis()]
    for name, shares in found.items():
        points = (
            f"{_x(_LOW + (k + 0.5) * _BIN):.1f} {_HEIGHT - _BOTTOM - share / highest * (_HEIGHT - _BOTTOM - _TOP):.1f}"
            for k, share in enumerate(shares)
        )
        body.append(f'<path d="M{"L".join(points)}" fill="none" stroke="{colours[name]}" stroke-width="2"/>')
    body.append(_legend({name: colours[name] for name in found}))
    words = escape(f"Histogram of {' and '.join(found)} from {_LOW} to {_HIGH} HU, with thresholds")
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{words}">{"".join(body)}</svg>'


def _shares(histogram: Histogram) -> np.ndarray:
    """Return the percentage of voxels in each bin of the chart; what lies beyond its ends is not shown."""
    values = histogram.first_hu + np.arange(len(histogram.counts))
    counts, _ = np.histogram(values, np.arange(_LOW, _HIGH + _BIN, _BIN), weights=np.array(histogram.counts, float))
    return 100.0 * counts / sum(histogram.counts)


def _thresholds() -> str:
    """Return the range of high attenuation as a band, and the limits of low attenuation as lines."""
    low, high = (_x(hu) for hu in HIGH_ATTENUATION)
    bottom = _HEIGHT - _BOTTOM
    parts = [
        f'<rect x="{low:.1f}" y="{_TOP}" width="{high - low:.1f}" height="{bottom - _TOP}" class="band"/>',
        f'<text x="{(low + high) / 2:.1f}" y="{_TOP - 6}" text-anchor="middle" class="small">'
        f"{HIGH_ATTENUATION[0]} to {HIGH_ATTENUATION[1]}</text>",
    ]
    for number, hu in enumerate(LOW_ATTENUATION):
        x, y = _x(hu), _TOP - 6 - 14 * (number % 2)
        parts.append(f'<path d="M{x:.1f} {y + 3}V{bottom}" class="threshold"/>')
        parts.append(f'<text x="{x:.1f}" y="{y}" text-anchor="middle" class="small">{hu}</text>')
    return "".join(parts)


def _legend(colours: Mapping[str, str]) -> str:
    """Return the names of the lines at the right, each with its colour; colour alone is lost in print."""
    parts = []
    for number, (name, colour) in enumerate(colours.items()):
        y = _TOP + 14 + 18 * number
        parts.append(f'<rect x="{_WIDTH - 138}" y="{y - 6}" width="16" height="4" fill="{colour}"/>')
        parts.append(f'<text x="{_WIDTH - 116}" y="{y}" class="small">{escape(name)}</text>')
    return "".join(parts)


def _axis() -> str:
    bottom = _HEIGHT - _BOTTOM
    parts = [f'<path d="M{_SIDE} {bottom}H{_WIDTH - _SIDE}" class="axis"/>']
    ticks = range(-1000, _HIGH, 200)
    parts += [
        f'<text x="{_x(hu):.1f}" y="{bottom + 16}" text-anchor="middle" class="small">{hu}</text>' for hu in ticks
    ]
    parts.append(f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 6}" text-anchor="middle" class="small">HU</text>')
    return "".join(parts)


def _x(hu: float) -> float:
    return _SIDE + (hu - _LOW) / (_HIGH - _LOW) * (_WIDTH - 2 * _SIDE)
