"""The words in which figures are shown to people, the same in a terminal, on a page, and of two scans side by side."""

from __future__ import annotations

from typing import NamedTuple

from pleura.measurement.clusters import SIZES_MM2


class Figure(NamedTuple):
    """One figure.

    Attributes
    ----------
    words, unit : as it is shown
    key : under which a region, a structure's size, a scan or its asymmetry holds it
    decimals : that are shown
    factor : from the number that is held to the one that is shown
    """

    words: str
    unit: str
    key: str
    decimals: int = 0
    factor: float = 1.0


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
OF_CLUSTERS = (
    Figure("pieces at or below -950 HU in slices", "", "clusters_count"),
    Figure("exponent of their sizes, {:g} to {:g} mm²".format(*SIZES_MM2), "", "clusters_exponent", 2),
)
OF_PARTS = (
    *OF_REGION,
    Figure("mean", "HU", "mean_hu"),
    Figure("Perc15", "HU", "perc15_hu"),
    Figure("LAA -950", "%", "laa_le_950_percent", 1),
)
OF_SIZE = (
    Figure("area", "cm²", "area_cm2", 1),
    Figure("height", "cm", "height_cm", 1),
    Figure("share of the picture", "%", "share_of_scan", 1, 100.0),
)
AT_6_L = Figure("15th percentile at 6 L", "g/L", "perc15_at_6_l_g_per_l", 1)
OF_SCAN = (
    AT_6_L,
    Figure("volume, right minus left, of their sum", "%", "volume_asymmetry_percent", 1),
    Figure("mean, right minus left", "HU", "mean_difference_hu"),
    Figure("at or below -950 HU, right minus left", "% points", "laa_950_difference_points", 1),
    Figure("area, left to right", "", "left_to_right", 2),
    Figure("widest across both lungs", "cm", "thoracic_width_cm", 1),
)


def signed(value: float, decimals: int = 0) -> str:
    """Return a difference as text, with its sign; without one where it is shown as zero."""
    rounded = round(value, decimals) + 0.0
    return f"{rounded:+.{decimals}f}" if rounded else f"{rounded:.{decimals}f}"


def decimal(value: float | None, decimals: int = 0) -> str:
    """Return a figure as text; "-" where it is not known."""
    return "-" if value is None else f"{round(value, decimals) + 0.0:.{decimals}f}"
