"""What is measured of lungs, as codes: those of the standard where it has them, else our own, under 99PLEURA.

A density of the standard is the attenuation coefficient by a derivation: mean, median, standard deviation, skewness.
Percentiles, shares of voxels, pieces and parts of lungs have no code there.

References: DICOM PS3.16 TID 1419 (measurement), contexts 7464 (derivations) and 7469 (measurements); UCUM.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pleura.measurement import Asymmetry, Region
from pleura.measurement.figures import OF_PARTS
from pleura.measurement.regions import Part

Code = tuple[str, str, str]
"""Value, scheme, meaning."""

OWN_SCHEME = "99PLEURA"
"""Of what has no code of a registry; schemes of none begin with 99 (PS3.16 section 8.2)."""


def _own(value: str, meaning: str) -> Code:
    return value, OWN_SCHEME, meaning


HU: Code = ("[hnsf'U]", "UCUM", "Hounsfield unit")
PERCENT: Code = ("%", "UCUM", "Percent")
NO_UNITS: Code = ("1", "UCUM", "no units")
_ATTENUATION: Code = ("112031", "DCM", "Attenuation Coefficient")
LIMITATION = _own("LIMITATION", "What limits the measurements")


@dataclass(frozen=True)
class Concept:
    """What a number is: its name, how it was derived, its unit."""

    name: Code
    unit: Code
    derivation: Code | None = None


def _density(derivation: Code, unit: Code = HU) -> Concept:
    return Concept(_ATTENUATION, unit, derivation)


def _percentile(percent: int) -> Concept:
    return _density(_own(f"PERC{percent}", f"{percent}th percentile"))


CONCEPTS = {
    "volume_ml": Concept(("118565006", "SCT", "Volume"), ("ml", "UCUM", "ml")),
    "mass_g": Concept(("118538004", "SCT", "Mass"), ("g", "UCUM", "g")),
    "mean_hu": _density(("373098007", "SCT", "Mean")),
    "median_hu": _density(("373099004", "SCT", "Median")),
    "sd_hu": _density(("386136009", "SCT", "Standard Deviation")),
    "skewness": _density(("126051", "DCM", "Skewness"), NO_UNITS),
    **{f"perc{percent}_hu": _percentile(percent) for percent in (5, 10, 15, 85, 95)},
    "laa_le_950_percent": Concept(_own("LAA950", "Voxels at or below -950 HU"), PERCENT),
    "laa_le_910_percent": Concept(_own("LAA910", "Voxels at or below -910 HU"), PERCENT),
    "laa_le_856_percent": Concept(_own("LAA856", "Voxels at or below -856 HU"), PERCENT),
    "haa_600_to_250_percent": Concept(_own("HAA600250", "Voxels from -600 to -250 HU"), PERCENT),
    "fwhm_hu": Concept(_own("FWHM", "Full width at half maximum of the histogram"), HU),
    "clusters_count": Concept(_own("LAA950COUNT", "Pieces in slices at or below -950 HU"), NO_UNITS),
    "clusters_largest_mm2": Concept(
        _own("LAA950LARGEST", "Largest piece in slices at or below -950 HU"), ("mm2", "UCUM", "mm2")
    ),
    "clusters_exponent": Concept(_own("LAA950EXPONENT", "Exponent of the sizes of these pieces"), NO_UNITS),
    "perc15_at_6_l_g_per_l": Concept(_own("PERC15AT6L", "15th percentile, brought to 6 L"), ("g/l", "UCUM", "g/l")),
    "volume_asymmetry_percent": Concept(_own("VOLASYM", "Volume, right less left, of the sum"), PERCENT),
    "mean_difference_hu": Concept(_own("MEANDIFF", "Mean, right less left"), HU),
    "laa_950_difference_points": Concept(_own("LAA950DIFF", "At or below -950 HU, right less left"), PERCENT),
}
"""By the key of a measurement, as `pleura measure --json` has it."""

PARTS: dict[Part, Code] = {
    "upper_third_by_height": _own("UPPERHEIGHT", "Upper third by height"),
    "middle_third_by_height": _own("MIDDLEHEIGHT", "Middle third by height"),
    "lower_third_by_height": _own("LOWERHEIGHT", "Lower third by height"),
    "upper_third_by_volume": _own("UPPERVOLUME", "Upper third by volume"),
    "middle_third_by_volume": _own("MIDDLEVOLUME", "Middle third by volume"),
    "lower_third_by_volume": _own("LOWERVOLUME", "Lower third by volume"),
    "ventral_half_by_depth": _own("VENTRALHALF", "Ventral half by depth"),
    "dorsal_half_by_depth": _own("DORSALHALF", "Dorsal half by depth"),
}


def limitation(code: str) -> Code:
    """Return the code of a warning on numbers."""
    return _own(code, code.replace("-", " "))


def values_of(region: Region) -> Iterator[tuple[str, float]]:
    """Yield key and number of what is known of a region."""
    of_parts = {figure.key for figure in OF_PARTS}
    for key, value in region.figures.items():
        if key in CONCEPTS and value is not None and (region.part == "whole" or key in of_parts):
            yield key, float(value)


def values_of_both(perc15: float | None, asymmetry: Asymmetry | None) -> Iterator[tuple[str, float]]:
    """Yield key and number of what is measured of both lungs together only."""
    found = {"perc15_at_6_l_g_per_l": perc15}
    found |= {key: getattr(asymmetry, key) for key in vars(asymmetry)} if asymmetry else {}
    yield from ((key, float(value)) for key, value in found.items() if value is not None)
