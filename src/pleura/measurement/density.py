"""How dense a region is, from its histogram: bins of 1 HU lose nothing of whole numbers, so that every figure is exact.

References: the percentage of low attenuation goes back to Müller et al., Chest 1988;94:782, the cut at -950 HU to
Gevenois et al., Am J Respir Crit Care Med 1995;152:653; the range of high attenuation is that of Podolanczuk et al.,
Eur Respir J 2016;48:1442.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
"""Voxels in each bin of 1 HU, from a first value on."""

LOW_ATTENUATION = (-950, -910, -856)
"""HU; the first is that of emphysema in inspiration, the last that of trapped air in expiration."""
HIGH_ATTENUATION = (-600, -250)
"""HU, both included: ground glass and early fibrosis."""
_SMOOTHING = 11
"""Bins over which the histogram is averaged before its peak is looked for: a bin of 1 HU alone is mostly noise."""


@dataclass(frozen=True)
class Histogram:
    """How many voxels have each value.

    Attributes
    ----------
    first_hu : the value of the first bin; each bin is 1 HU wide
    counts : voxels in each bin, from the lowest to the highest value that occurs
    """

    first_hu: int
    counts: tuple[int, ...] = field(repr=False)


@dataclass(frozen=True)
class Density:
    """Figures of the voxels of a region; percentages are of its voxels.

    Attributes
    ----------
    mean_hu, median_hu, sd_hu : of the values; the standard deviation is that of all voxels, divided by their number
    skewness : third moment over the cube of the standard deviation; 0 where all values are one
    perc5_hu ... perc95_hu : percentiles, interpolated as NumPy does by default
    laa_le_950_percent ... : low attenuation area, the voxels at or below -950, -910 and -856 HU
    haa_600_to_250_percent : high attenuation area, the voxels from -600 to -250 HU, both included
    fwhm_hu : full width at half maximum of the histogram, averaged over 11 bins
    """

    mean_hu: float
    median_hu: float
    sd_hu: float
    skewness: float
    perc5_hu: float
    perc10_hu: float
    perc15_hu: float
    perc85_hu: float
    perc95_hu: float
    laa_le_950_percent: float
    laa_le_910_percent: float
    laa_le_856_percent: float
    haa_600_to_250_percent: float
    fwhm_hu: float


def histogram(counts: Counts, first: int) -> Histogram:
    """Return counts from `first` HU on as a histogram without its empty ends; of nothing, one without bins."""
    filled = np.flatnonzero(counts)
    if not filled.size:
        return Histogram(first, ())
    return Histogram(first + int(filled[0]), tuple(counts[filled[0] : filled[-1] + 1].tolist()))


def density(counts: Counts, first: int) -> Density | None:
    """Return the figures of a region.

    Parameters
    ----------
    counts : voxels in bins of 1 HU
    first : HU of the first bin

    Returns
    -------
    None where there is no voxel
    """
    total = int(counts.sum())
    if not total:
        return None
    values = first + np.arange(len(counts), dtype=np.int64)
    mean = int(counts @ values) / total  # whole numbers: rounded once
    aside = values - mean
    variance = float(counts @ aside**2) / total
    skewness = float(counts @ aside**3) / total / variance**1.5 if variance else 0.0
    p5, p10, p15, p50, p85, p95 = _percentiles(counts, first, (5, 10, 15, 50, 85, 95))
    low = [100.0 * int(counts[values <= limit].sum()) / total for limit in LOW_ATTENUATION]
    high = counts[(values >= HIGH_ATTENUATION[0]) & (values <= HIGH_ATTENUATION[1])]
    return Density(
        mean_hu=mean,
        median_hu=p50,
        sd_hu=variance**0.5,
        skewness=skewness,
        perc5_hu=p5,
        perc10_hu=p10,
        perc15_hu=p15,
        perc85_hu=p85,
        perc95_hu=p95,
        laa_le_950_percent=low[0],
        laa_le_910_percent=low[1],
        laa_le_856_percent=low[2],
        haa_600_to_250_percent=100.0 * int(high.sum()) / total,
        fwhm_hu=_full_width_at_half_maximum(counts),
    )


def _percentiles(counts: Counts, first: int, percents: tuple[int, ...]) -> list[float]:
    """Return percentiles as `numpy.percentile` does: between the two values next to each rank, in proportion."""
    up_to = np.cumsum(counts)
    found = []
    for percent in percents:
        rank = percent / 100 * (int(up_to[-1]) - 1)
        below = int(rank)
        low, high = (first + int(np.searchsorted(up_to, at, side="right")) for at in (below, np.ceil(rank)))
        share = rank - below
        found.append(low + (high - low) * share if share < 0.5 else high - (high - low) * (1 - share))
    return found


def _full_width_at_half_maximum(counts: Counts) -> float:
    """Return how far apart the flanks of the highest peak fall to half of it, between bins in proportion."""
    smooth = np.convolve(np.pad(counts, 1), np.ones(_SMOOTHING) / _SMOOTHING)
    peak = int(smooth.argmax())
    half = smooth[peak] / 2
    right = peak + int(np.argmax(smooth[peak:] < half))
    left = peak - int(np.argmax(smooth[peak::-1] < half))
    over = (half - smooth[right]) / (smooth[right - 1] - smooth[right])
    under = (half - smooth[left]) / (smooth[left + 1] - smooth[left])
    return float(right - over - (left + under))
