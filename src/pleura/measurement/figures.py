"""The words in which figures are shown to people, the same in a terminal and on a page."""

from __future__ import annotations

from typing import NamedTuple


class Figure(NamedTuple):
    """One figure: its words, its unit, the field that holds it, and how many decimals are shown."""

    words: str
    unit: str
    key: str
    decimals: int = 0


OF_REGION = (Figure("volume", "mL", "volume_ml"), Figure("mass", "g", "mass_g"))
OF_DENSITY = (
    Figure("mean", "HU", "mean_hu"),
    Figure("median", "HU", "median_hu"),
    Figure("standard deviation", "HU", "sd_hu"),
    Figure("skewness", "", "skewness", 2),
    Figure("5th percentile", "HU", "perc5_hu"),
    Figure("10th percentile", "HU", "perc10_hu"),
    Figure("15th percentile", "HU", "perc15_hu"),
    Figure("85th percentile", "HU", "perc85_hu"),
    Figure("95th percentile", "HU", "perc95_hu"),
    Figure("at or below -950 HU", "%", "laa_le_950_percent", 1),
    Figure("at or below -910 HU", "%", "laa_le_910_percent", 1),
    Figure("at or below -856 HU", "%", "laa_le_856_percent", 1),
    Figure("from -600 to -250 HU", "%", "haa_600_to_250_percent", 1),
    Figure("width of the histogram at half its height", "HU", "fwhm_hu"),
)
OF_PARTS = (
    *OF_REGION,
    Figure("mean", "HU", "mean_hu"),
    Figure("Perc15", "HU", "perc15_hu"),
    Figure("LAA -950", "%", "laa_le_950_percent", 1),
)
OF_PICTURE = (
    Figure("area", "cm²", "area_cm2", 1),
    Figure("height", "cm", "height_cm", 1),
    Figure("share of the picture", "%", "share_of_scan", 1),
)


def decimal(value: float | None, decimals: int = 0) -> str:
    """Return a figure as text; "-" where it is not known."""
    return "-" if value is None else f"{round(value, decimals) + 0.0:.{decimals}f}"
