"""All that is measured of one scan and its mask, as one value: sizes, and of a CT the density of the lungs by parts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array
from pleura.geometry import axial_spacing, to_axial
from pleura.labels import BOTH_LUNGS, LUNGS, Label, have_sides, side_of
from pleura.measurement.clusters import LowAttenuationClusters, cluster_areas, clusters
from pleura.measurement.density import Counts, Density, Histogram, density, histogram
from pleura.measurement.limitations import MeasurementWarning, limitations
from pleura.measurement.radiograph import limitations_of_radiograph, thoracic_width_cm
from pleura.measurement.regions import Divided, Part, box_around, divided_counts, parts
from pleura.measurement.size import Sizes, measure_sizes, voxel_ml
from pleura.volume import Kind, Volume

REFERENCE_ML = 6000.0
"""The lung volume that Perc15 is brought to; that of a grown-up in deep inspiration, so that numbers look familiar."""
_FEWEST_SLICES = 3
"""With which a lung has an upper, a middle and a lower third."""


@dataclass(frozen=True)
class Region:
    """A structure, or a part of a lung.

    Attributes
    ----------
    structure : "right lung", "left lung", "both lungs", or what else the mask holds
    part : "whole", or a third or half of it
    voxels : how many it holds
    volume_ml : None of a picture, and where no spacing is known
    mass_g : of tissue and blood, by 0 g/mL at -1000 HU and 1 g/mL at 0 HU; None where volume or density is
    density : None where it is empty, and where values are not HU
    histogram : of whole structures in HU
    clusters : of whole lungs in HU
    """

    structure: str
    part: Part
    voxels: int
    volume_ml: float | None
    mass_g: float | None
    density: Density | None
    histogram: Histogram | None = field(default=None, repr=False)
    clusters: LowAttenuationClusters | None = None

    @property
    def figures(self) -> dict[str, float | None]:
        """Key -> what is known of it: its size, its density, and of a whole lung its clusters."""
        return {
            "voxels": self.voxels,
            "volume_ml": self.volume_ml,
            "mass_g": self.mass_g,
            **{one.name: getattr(self.density, one.name, None) for one in fields(Density)},
            **{f"clusters_{name}": getattr(self.clusters, name, None) for name in ("count", "largest_mm2", "exponent")},
        }

    def data(self) -> dict[str, object]:
        """Return it as plain data, the figures of density beside the others."""
        flat = asdict(self)
        figures = flat.pop("density") or dict.fromkeys(one.name for one in fields(Density))
        last = {name: flat.pop(name) for name in ("clusters", "histogram")}
        return {**flat, **figures, **{name: value for name, value in last.items() if value is not None}}


@dataclass(frozen=True)
class Asymmetry:
    """How the lungs differ, right minus left.

    Attributes
    ----------
    volume_asymmetry_percent : difference of their voxels over their sum
    mean_difference_hu, laa_950_difference_points : differences of mean, and of the share at or below -950 HU in
        percentage points; None where values are not HU
    """

    volume_asymmetry_percent: float
    mean_difference_hu: float | None
    laa_950_difference_points: float | None


@dataclass(frozen=True)
class Measurements(Sizes):
    """All that was measured of one result; `sizes` and `left_to_right` are those of every scan.

    Attributes
    ----------
    regions : of a CT, each structure and the parts of each lung
    asymmetry : None where a lung is missing, and of radiographs
    perc15_at_6_l_g_per_l : 15th percentile of both lungs as a density, brought to a volume of 6 L by the sponge model;
        None where volume or density is not known
    thoracic_width_cm : of a radiograph, the largest distance across between the outer edges of both lungs; None where
        a lung is missing or no spacing is known
    warnings : what makes some of the numbers meaningless
    """

    regions: tuple[Region, ...] = ()
    asymmetry: Asymmetry | None = None
    perc15_at_6_l_g_per_l: float | None = None
    thoracic_width_cm: float | None = None
    warnings: tuple[MeasurementWarning, ...] = ()

    @property
    def whole(self) -> dict[str, Region]:
        """Structure -> the region of all of it."""
        return _whole(self.regions)

    def parts_of(self, structure: str) -> list[Region]:
        """Return the thirds and halves of a lung."""
        return [region for region in self.regions if region.structure == structure and region.part != "whole"]

    @property
    def of_scan(self) -> dict[str, float | None]:
        """Key -> what is known of both lungs as one, or of one against the other."""
        return {
            **{one.name: getattr(self.asymmetry, one.name, None) for one in fields(Asymmetry)},
            "perc15_at_6_l_g_per_l": self.perc15_at_6_l_g_per_l,
            "left_to_right": self.left_to_right,
            "thoracic_width_cm": self.thoracic_width_cm,
        }

    def region(self, structure: str, part: Part = "whole") -> Region:
        """Return one region; raises `KeyError` where there is none of that name."""
        for region in self.regions:
            if (region.structure, region.part) == (structure, part):
                return region
        raise KeyError(f"no {part} of {structure!r} was measured")

    def warnings_of(self, key: str) -> tuple[MeasurementWarning, ...]:
        """Return what makes the number of this name meaningless, as `laa_le_950_percent`."""
        return tuple(self.warnings[number - 1] for number in self.limits_of(key))

    def limits_of(self, key: str) -> tuple[int, ...]:
        """Return the numbers of these among the warnings, from 1."""
        named = "clusters" if key.startswith("clusters_") else key
        return tuple(number for number, warning in enumerate(self.warnings, start=1) if named in warning.keys)

    def data(self) -> dict[str, object]:
        """Return them as plain data, ready for JSON."""
        return {
            "sizes": [size.data() for size in self.sizes],
            "left_to_right": self.left_to_right,
            "thoracic_width_cm": self.thoracic_width_cm,
            "regions": [region.data() for region in self.regions],
            "asymmetry": asdict(self.asymmetry) if self.asymmetry else None,
            "perc15_at_6_l_g_per_l": self.perc15_at_6_l_g_per_l,
            "warnings": [asdict(warning) for warning in self.warnings],
        }


def measure(
    labels: NDArray[np.uint8], volume: Volume, structures: Sequence[Label] = LUNGS, *, stated: Collection[str] = ()
) -> Measurements:
    """Return all that can be measured of a scan and its mask.

    Parameters
    ----------
    labels : (z, y, x) on the volume's grid, or (y, x) of a picture
    volume : the scan
    structures : what the values in `labels` mean
    stated : codes of the warnings that a segmentation carries, and of its verdict, as `verdict-check`
    """
    sizes = measure_sizes(labels, volume, structures)
    if volume.kind is Kind.RADIOGRAPH:
        picture = labels.reshape(volume.shape)[0]
        return Measurements(
            sizes.sizes,
            sizes.left_to_right,
            thoracic_width_cm=thoracic_width_cm(picture, volume) if have_sides(structures) else None,
            warnings=tuple(limitations_of_radiograph(picture, volume, structures, stated)),
        )
    axial, hu = _axial(labels, volume)
    regions = tuple(_regions(axial, hu, volume, structures))
    whole = _whole(regions)
    together = whole.get(BOTH_LUNGS) or next((whole[one.name] for one in structures if side_of(one.name) == 0), None)
    median = together.density.median_hu if together and together.density else None
    return Measurements(
        sizes.sizes,
        sizes.left_to_right,
        regions=regions,
        asymmetry=_asymmetry(whole, structures),
        perc15_at_6_l_g_per_l=_perc15_at_reference(together),
        warnings=limitations(axial, volume, structures, median, stated),
    )


def _whole(regions: Sequence[Region]) -> dict[str, Region]:
    return {region.structure: region for region in regions if region.part == "whole"}


def _axial(labels: NDArray[np.uint8], volume: Volume) -> tuple[NDArray[np.uint8], Array | None]:
    """Return labels, and whole HU where values are HU, as (z, y, x) to the head, to the back, to the left."""
    hu = volume.voxels if volume.kind is Kind.HU else None
    if hu is not None and not np.issubdtype(hu.dtype, np.integer):
        hu = np.rint(hu).astype(np.int32)
    labels = labels.reshape(volume.shape)
    if volume.is_picture:
        return labels, hu
    return to_axial(labels, volume.affine), None if hu is None else to_axial(hu, volume.affine)


def _regions(
    axial: NDArray[np.uint8], hu: Array | None, volume: Volume, structures: Sequence[Label]
) -> Iterator[Region]:
    """Yield the regions of each structure, and of both lungs where sides are distinguished."""
    box = box_around(axial)  # nothing outside is looked at twice
    axial, hu = axial[box], None if hu is None else hu[box]
    divided, first = divided_counts(axial, hu, [one.value for one in structures])
    counts: dict[str, Divided] = {one.name: found for one, found in zip(structures, divided, strict=True)}
    areas = _cluster_areas(axial, hu, volume, structures)
    if have_sides(structures):
        sided = [one.name for one in structures if one.side]
        counts[BOTH_LUNGS] = np.sum([counts[name] for name in sided], axis=0)
        if areas:
            areas[BOTH_LUNGS] = np.concatenate([areas[name] for name in sided])
    millilitres = voxel_ml(volume.affine) if volume.spacing_known and not volume.is_picture else None
    for name, found in counts.items():
        is_divided = name == BOTH_LUNGS or side_of(name) is not None
        for part, bins in parts(found):
            if part == "whole":
                pieces = clusters(areas[name]) if name in areas else None
                yield _region(name, part, bins, first if hu is not None else None, millilitres, pieces)
            elif is_divided and len(axial) >= _FEWEST_SLICES:
                yield _region(name, part, bins, first if hu is not None else None, millilitres)


def _region(
    name: str,
    part: Part,
    counts: Counts,
    first: int | None,
    millilitres: float | None,
    pieces: LowAttenuationClusters | None = None,
) -> Region:
    """Return the figures of one region; `first` is the HU of the first bin, None where values are not HU."""
    voxels = int(counts.sum())
    volume_ml = None if millilitres is None else voxels * millilitres
    found = None if first is None else density(counts, first)
    mass_g = None if volume_ml is None or found is None else volume_ml * (1.0 + found.mean_hu / 1000.0)
    bins = histogram(counts, first) if first is not None and part == "whole" else None
    return Region(name, part, voxels, volume_ml, mass_g, found, bins, pieces)


def _cluster_areas(
    axial: NDArray[np.uint8], hu: Array | None, volume: Volume, structures: Sequence[Label]
) -> dict[str, NDArray[np.float64]]:
    """Return lung -> areas of its pieces of low attenuation; empty where values are not HU or no spacing is known."""
    lungs = [one for one in structures if side_of(one.name) is not None]
    if hu is None or not volume.spacing_known or not lungs:
        return {}
    _, y, x = volume.spacing if volume.is_picture else axial_spacing(volume.affine)
    found = cluster_areas(axial, hu, [one.value for one in lungs], y * x)
    return {one.name: found[one.value] for one in lungs}


def _asymmetry(whole: Mapping[str, Region], structures: Sequence[Label]) -> Asymmetry | None:
    sides = {one.side: whole[one.name] for one in structures if one.side}
    right, left = sides.get("right"), sides.get("left")
    if right is None or left is None or not (right.voxels and left.voxels):
        return None
    volume = 100.0 * (right.voxels - left.voxels) / (right.voxels + left.voxels)
    if right.density is None or left.density is None:
        return Asymmetry(volume, None, None)
    return Asymmetry(
        volume,
        right.density.mean_hu - left.density.mean_hu,
        right.density.laa_le_950_percent - left.density.laa_le_950_percent,
    )


def _perc15_at_reference(lungs: Region | None) -> float | None:
    """Return Perc15 in g/L as it would be at `REFERENCE_ML`: a lung that takes in air keeps its mass (sponge model)."""
    if lungs is None or lungs.density is None or lungs.volume_ml is None:
        return None
    return (lungs.density.perc15_hu + 1000.0) * lungs.volume_ml / REFERENCE_ML
