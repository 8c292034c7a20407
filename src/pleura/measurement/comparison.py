"""What changed between two scans of one patient, or two masks of one scan, beside what scanning again changes.

Sources of the limits, all of both lungs together:
Chong et al., Proc SPIE 2011;7963:796339: 22 pairs of scans of patients with emphysema, in full inspiration, a week
apart, on the same scanner: the mean absolute difference.
Diciotti et al., Acad Radiol 2011;18:1403: 131 smokers scanned twice within three months: the wider 95 % limits of
agreement, of Perc15 corrected for volume by a regression, where ours follows the sponge model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Literal

from pleura.errors import InvalidOption
from pleura.labels import BOTH_LUNGS
from pleura.measurement.figures import AT_6_L, OF_DENSITY, OF_REGION, OF_SIZE, Figure
from pleura.measurement.limitations import LOWEST, MeasurementWarning, slice_thickness_mm
from pleura.measurement.measurements import Measurements
from pleura.volume import Acquisition, Kind, Volume

Scan = Literal["first", "second", "both"]
"""Which of two scans something is said of."""

WEEK_APART: Mapping[str, float] = {
    "volume_ml": 169.0,
    "mass_g": 14.5,
    "mean_hu": 5.0,
    "perc15_hu": 2.4,
    "laa_le_950_percent": 0.66,
}
"""Figure -> how far two scans of one patient a week apart differ on average (Chong 2011)."""
MONTHS_APART_PERCENT: Mapping[str, tuple[float, float]] = {"perc15_at_6_l_g_per_l": (-14.7, 17.3)}
"""Figure -> 95 % limits of agreement, in percent, of two scans within three months (Diciotti 2011)."""

_COMPARED = tuple(
    one._replace(decimals=1) if one.unit == "HU" else one
    for one in (*OF_REGION, *OF_DENSITY)
    if one.key not in {"skewness", "fwhm_hu"}
)
"""Tenths of HU count where scans a week apart differ by some HU."""
_OF_SIZE = OF_SIZE[:2]
"""Without shares, which follow from how the picture was cut."""
_MOST_THICKER = 1.5
"""Ratio of slice thicknesses from which on figures of the lowest values are another measurement: 1.0 against 1.25 mm
is one protocol of two makers, 1.25 against 2.5 mm are two."""
_SAID_BY = {"kernel-unknown": "kernels-differ", "contrast-unknown": "contrast-differs"}
"""Limitation of one scan -> the difference of both that says it, too."""
_AGENT = {True: "given", False: "none", None: "not stated"}
_DENSITIES = ("mass_g", *(one.key for one in OF_DENSITY), AT_6_L.key)


@dataclass(frozen=True)
class Change:
    """One figure of one structure in both scans.

    Attributes
    ----------
    structure : "right lung", "left lung", "both lungs" or what else both masks hold
    figure : what is compared: its words, unit and name
    first, second : the figure
    rescanned : whether both are of scans made one after the other, not of one scan
    """

    structure: str
    figure: Figure
    first: float
    second: float
    rescanned: bool = True

    @property
    def difference(self) -> float:
        """The second less the first, in the unit of the figure; percentages differ by percentage points."""
        return self.second - self.first

    @property
    def percent(self) -> float | None:
        """The difference in percent of the first; None of HU and of shares, which have no zero or are percent."""
        if self.figure.unit in {"HU", "%"} or not self.first:
            return None
        return 100.0 * self.difference / self.first

    @property
    def week_apart(self) -> float | None:
        """How far two scans a week apart differ on average; None where that is not known."""
        return WEEK_APART.get(self.figure.key) if self._has_limits else None

    @property
    def months_apart_percent(self) -> tuple[float, float] | None:
        """The 95 % limits, in percent, of two scans within three months; None where they are not known."""
        return MONTHS_APART_PERCENT.get(self.figure.key) if self._has_limits else None

    @property
    def _has_limits(self) -> bool:
        """Whether the studies of scans made again say something of it: of both lungs together, and of two scans."""
        return self.rescanned and self.structure == BOTH_LUNGS

    def data(self) -> dict[str, object]:
        """Return it as plain data, ready for JSON."""
        return {
            "structure": self.structure,
            "figure": self.figure.key,
            "first": self.first,
            "second": self.second,
            "difference": self.difference,
            "difference_percent": self.percent,
            "week_apart": self.week_apart,
            "months_apart_percent": self.months_apart_percent,
        }


@dataclass(frozen=True)
class ComparisonWarning(MeasurementWarning):
    """Why some figures of two scans cannot be compared.

    Attributes
    ----------
    scan : which of them it is about
    """

    scan: Scan = "both"


@dataclass(frozen=True)
class Comparison:
    """All that changed, and why figures cannot be compared.

    Attributes
    ----------
    changes : of each structure that both masks hold
    warnings : what makes figures of either scan meaningless, and what differs in the making of both
    rescanned : whether it is of two scans, not of two masks of one
    """

    changes: tuple[Change, ...]
    warnings: tuple[ComparisonWarning, ...] = ()
    rescanned: bool = True

    def limits_of(self, key: str) -> tuple[int, ...]:
        """Return the numbers, from 1, of the warnings that concern the figure of this name."""
        return tuple(number for number, one in enumerate(self.warnings, start=1) if key in one.keys)

    def data(self) -> dict[str, object]:
        """Return it as plain data, ready for JSON."""
        return {
            "changes": [one.data() for one in self.changes],
            "warnings": [asdict(one) for one in self.warnings],
        }


def compare(first: Measurements, second: Measurements, volume: Volume, other: Volume) -> Comparison:
    """Return what changed from the first to the second.

    Parameters
    ----------
    first, second : what the two masks measure
    volume, other : the scans that they are of, which may be one

    Raises
    ------
    InvalidOption
        Nothing that both masks mark has a size or a density in both (`nothing-to-compare`).
    """
    found = tuple(_of_regions(first, second) if first.regions and second.regions else _of_sizes(first, second))
    if not found:
        raise InvalidOption(_nothing(volume, other), code="nothing-to-compare")
    differences = [*_differences(first, second, volume, other)]
    warnings = (*_of_either(first, second, {one.code for one in differences}), *differences)
    rescanned = volume is not other
    return Comparison(tuple(replace(one, rescanned=rescanned) for one in found), warnings, rescanned)


def _nothing(volume: Volume, other: Volume) -> str:
    """Return why two scans have no figure in common."""
    if (volume.kind is Kind.RADIOGRAPH) != (other.kind is Kind.RADIOGRAPH):
        one, another = ("a radiograph" if each.kind is Kind.RADIOGRAPH else "a CT" for each in (volume, other))
        return f"the first is {one}, the second {another}: they have no figure in common; give two scans of one kind"
    return (
        "no structure has a volume, a density or an area in both: give scans that state their spacing, and masks of "
        "the same structures"
    )


def _of_regions(first: Measurements, second: Measurements) -> Iterator[Change]:
    whole, others = first.whole, second.whole
    shared = [name for name in whole if name in others]
    for name in sorted(shared, key=lambda one: one != BOTH_LUNGS):  # both together first
        yield from _changes(name, _COMPARED, whole[name].figures, others[name].figures)
        if name == BOTH_LUNGS:
            yield from _changes(name, (AT_6_L,), first.of_scan, second.of_scan)


def _of_sizes(first: Measurements, second: Measurements) -> Iterator[Change]:
    others = {size.label.name: size for size in second.sizes}
    for size in first.sizes:
        if size.label.name in others:
            yield from _changes(size.label.name, _OF_SIZE, size.figures, others[size.label.name].figures)


def _changes(
    structure: str, figures: tuple[Figure, ...], first: Mapping[str, float | None], second: Mapping[str, float | None]
) -> Iterator[Change]:
    """Yield the figures that both have."""
    for figure in figures:
        one, other = first.get(figure.key), second.get(figure.key)
        if one is not None and other is not None:
            yield Change(structure, figure, one, other)


def _of_either(first: Measurements, second: Measurements, differences: set[str]) -> Iterator[ComparisonWarning]:
    """Yield what makes figures of either scan meaningless, once where it is the same of both."""
    of_first, of_second = (dict.fromkeys(one.warnings) for one in (first, second))
    for one in {**of_first, **of_second}:
        if _SAID_BY.get(one.code) in differences:
            continue
        scan: Scan = "second" if one not in of_first else "both" if one in of_second else "first"
        yield ComparisonWarning(one.code, f"{scan}: {one.message}", one.keys, scan)


def _differences(
    first: Measurements, second: Measurements, volume: Volume, other: Volume
) -> Iterator[ComparisonWarning]:
    """Yield what differs in the making of two scans, and the figures that cannot be compared for it."""
    if volume.kind is not other.kind:
        text = "the scans are of different kinds, or one has no HU: nothing but volumes can be compared"
        yield ComparisonWarning("kinds-differ", text, _DENSITIES)
        return
    if volume.kind is not Kind.HU:
        return
    made, made_other = volume.acquisition or Acquisition(), other.acquisition or Acquisition()
    if made.kernel.lower() != made_other.kernel.lower():
        text = f"the kernels differ, {made.kernel or 'not stated'} and {made_other.kernel or 'not stated'}"
        yield ComparisonWarning("kernels-differ", f"{text}: so do figures of the lowest values", LOWEST)
    if made.contrast != made_other.contrast:
        text = f"contrast agent, {_AGENT[made.contrast]} and {_AGENT[made_other.contrast]}: densities differ for it"
        yield ComparisonWarning("contrast-differs", text, _DENSITIES)
    thin, thick = sorted(slice_thickness_mm(one) or 0.0 for one in (volume, other))
    if thin and thick >= _MOST_THICKER * thin:
        text = f"the slices are {thin:.4g} and {thick:.4g} mm thick: figures of the lowest values differ for it"
        yield ComparisonWarning("thickness-differs", text, LOWEST)
    breaths = [{one.code for one in measured.warnings} & {"expiration-suspected"} for measured in (first, second)]
    if breaths[0] != breaths[1]:
        text = "one of the scans is suspected to be in expiration: volumes and densities differ by breath alone"
        yield ComparisonWarning("breath-differs", text, ("volume_ml", *_DENSITIES))
