"""What others measured, each with the people that it is of, to be read beside a number; no number is judged by it.

Populations, scanners and kernels differ, and so do their figures: two healthy populations have a tenfold share at or
below -950 HU. So there is no range here to lie in or out of.

References: Zach et al., Invest Radiol 2012;47:596, doi 10.1097/RLI.0b013e318262292e; Cheng et al., Int J Chron Obstruct
Pulmon Dis 2019;14:1657, doi 10.2147/COPD.S187596.
"""

from __future__ import annotations

from dataclasses import dataclass

from pleura.labels import BOTH_LUNGS
from pleura.measurement.measurements import Measurements

_ZACH = "Zach et al., Invest Radiol 2012;47:596, doi 10.1097/RLI.0b013e318262292e"
_CHENG = "Cheng et al., Int J Chron Obstruct Pulmon Dis 2019;14:1657, doi 10.2147/COPD.S187596"
_OF_SHANGHAI = "564 people of Shanghai without findings in CT and lung function"


@dataclass(frozen=True)
class Context:
    """One figure of both lungs, in full inspiration.

    Attributes
    ----------
    key : of the measurement beside which it stands
    words : what was measured
    found : the figure, with its unit
    population : whom it is of
    source : where it was published
    """

    key: str
    words: str
    found: str
    population: str
    source: str


_PUBLISHED = (
    Context("volume_ml", "volume", "mean 4468 mL, standard deviation 1271 mL", _OF_SHANGHAI, _CHENG),
    Context(
        "laa_le_950_percent",
        "at or below -950 HU",
        "mean 2.0 %, standard deviation 2.7 %",
        "92 healthy White non-smokers of COPDGene, 63 of them women, 63 years old on average",
        _ZACH,
    ),
    Context("laa_le_950_percent", "low attenuation area at -950 HU", "median 0.19 %", _OF_SHANGHAI, _CHENG),
)


_NOT_COMPARABLE = {"lungs-incomplete", "expiration-suspected", "low-quality"}
"""Warnings on numbers with which they are not those of whole lungs in full inspiration."""


def context_of(measured: Measurements) -> list[Context]:
    """Return what stands beside the numbers of whole lungs in full inspiration.

    Nothing of one slice, of values that are not HU, of lungs that are cut or alone, of breath let out, and where the
    mask is to be looked at first.
    """
    lungs = measured.whole.get(BOTH_LUNGS)
    if lungs is None or lungs.volume_ml is None or lungs.density is None:
        return []
    if any(one.code in _NOT_COMPARABLE for one in measured.warnings):
        return []
    return list(_PUBLISHED)
