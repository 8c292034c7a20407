"""What makes a number meaningless, found in the scan and its mask and attached to the numbers that it concerns."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from pleura.geometry import axial_spacing
from pleura.labels import Label, have_sides
from pleura.measurement.density import Density
from pleura.measurement.kernels import sharpness
from pleura.volume import Acquisition, Kind, Note, Volume

THICK_MM = 1.25
"""Slices above it average over the holes of emphysema; quantitative protocols ask for about 1 mm."""
EXPIRATION_HU = -750.0
"""Median of both lungs above which they are suspected to be breathed out: of five whole scans with reference masks four
have -890 to -846, and one of a diseased chest -707."""
EDGE_CM2 = 2.0
"""Lung at one side of the field of view from which on it is cut there; less is a voxel's width of a mask's border."""

_DENSITIES = (*(field.name for field in fields(Density)), "mass_g")
LOWEST = ("perc5_hu", "perc10_hu", "perc15_hu", "laa_le_950_percent", "laa_le_910_percent", "laa_le_856_percent")
"""Figures of the lowest values, which noise and averaging shift most."""
_LOW = (*LOWEST, "clusters", "perc15_at_6_l_g_per_l", "laa_950_difference_points")
"""With those that are made of them."""
_SPREAD = ("sd_hu", "skewness", "perc85_hu", "perc95_hu", "haa_600_to_250_percent", "fwhm_hu")
_COMPARED = ("mean_difference_hu", "laa_950_difference_points")
_VOLUMES = ("volume_ml", "mass_g", "perc15_at_6_l_g_per_l", "volume_asymmetry_percent")
_THIRDS = tuple(f"{third}_third_by_{by}" for by in ("height", "volume") for third in ("upper", "middle", "lower"))
_HALVES = ("ventral_half_by_depth", "dorsal_half_by_depth")
_ALL_DENSITIES = (*_DENSITIES, "clusters", "perc15_at_6_l_g_per_l", *_COMPARED)
_ALL = (*_VOLUMES, *_ALL_DENSITIES, *_THIRDS, *_HALVES)


@dataclass(frozen=True)
class MeasurementWarning(Note):
    """Why some numbers of a scan mean little.

    Attributes
    ----------
    keys : the numbers concerned, by the names of their fields, and parts of lungs by theirs
    """

    keys: tuple[str, ...] = ()


def limitations(
    axial: NDArray[np.uint8],
    volume: Volume,
    structures: Sequence[Label],
    median_hu: float | None,
    stated: Collection[str] = (),
) -> tuple[MeasurementWarning, ...]:
    """Return what makes numbers of a CT meaningless.

    Parameters
    ----------
    axial : (z, y, x) labels, axes to the head, to the back, to the left
    volume : the scan
    structures : what the labels mean
    median_hu : of the lungs together; None where it is not known
    stated : codes of warnings that a segmentation carries, and of a verdict other than good
    """
    codes = {*stated, *(note.code for note in volume.notes)}
    found = [*of_quality(codes, _ALL), *_geometry(axial, volume, structures, codes)]
    if volume.kind is not Kind.HU:
        text = "the values are grey values, not HU: densities are not known"
        return (*found, MeasurementWarning(code="density-unknown", message=text, keys=_ALL_DENSITIES))
    return (*found, *_values(codes), *_making(volume, median_hu))


def slice_thickness_mm(volume: Volume) -> float | None:
    """Return the thickness of slices that the header states, or else their distance; None where neither is known."""
    stated = volume.acquisition.slice_thickness_mm if volume.acquisition else None
    return stated or (axial_spacing(volume.affine)[0] if volume.spacing_known else None)


def of_quality(codes: Collection[str], keys: tuple[str, ...]) -> Iterator[MeasurementWarning]:
    """Yield what a verdict other than good, stated as `verdict-check` or `verdict-reject`, means for all numbers."""
    for verdict, text in (
        ("reject", "the mask is not to be used, by its quality: numbers of it mean nothing"),
        ("check", "the mask is to be looked at before it is used, by its quality: no number is better than the mask"),
    ):
        if f"verdict-{verdict}" in codes:
            yield MeasurementWarning(code="low-quality", message=text, keys=keys)


def _geometry(
    axial: NDArray[np.uint8], volume: Volume, structures: Sequence[Label], codes: Collection[str]
) -> Iterator[MeasurementWarning]:
    if "orientation-unknown" in codes or "axes-doubtful" in codes:
        text = "the orientation is not known: parts of the lungs, and sides, may be exchanged"
        yield MeasurementWarning("orientation-unknown", text, (*_THIRDS, *_HALVES, *_COMPARED))
    if volume.is_picture:
        text = "one slice: the figures are those of the slice, not of the lungs"
        yield MeasurementWarning(code="lungs-incomplete", message=text, keys=(*_VOLUMES, *_ALL_DENSITIES))
        return
    reasons = [*_cut(axial, volume, codes)]
    if have_sides(structures):
        absent = [one.name for one in structures if one.side and not any((plane == one.value).any() for plane in axial)]
        reasons += [f"no {name} is marked" for name in absent]
    if reasons:
        keys = (*_VOLUMES, *_THIRDS, *_COMPARED)
        text = f"the lungs are not whole ({', '.join(reasons)}): volumes are too small, what follows from them is off"
        yield MeasurementWarning(code="lungs-incomplete", message=text, keys=keys)
    if "sparse-slices" in codes:
        text = "between slices that lie far apart nothing was seen: volumes are estimates, and pieces are not whole"
        yield MeasurementWarning(code="slices-sparse", message=text, keys=_VOLUMES)


def _cut(axial: NDArray[np.uint8], volume: Volume, codes: Collection[str]) -> Iterator[str]:
    """Yield how the lungs are cut: at the ends of the scan, at its sides, or by its length."""
    if "short-coverage" in codes:
        yield "the scan is short"
    ends = [name for name, plane in (("lowest", axial[0]), ("highest", axial[-1])) if plane.any()]
    if ends:
        yield f"they reach the {' and the '.join(ends)} slice"
    z, y, x = axial_spacing(volume.affine) if volume.spacing_known else (0.0, 0.0, 0.0)
    faces = ((axial[:, 0], z * x), (axial[:, -1], z * x), (axial[:, :, 0], z * y), (axial[:, :, -1], z * y))
    if any(np.count_nonzero(face) * area / 100.0 >= EDGE_CM2 for face, area in faces):
        yield "they reach an edge of the field of view"
    elif "cut-off" in codes and not ends:
        yield "they are cut off"


def _values(codes: Collection[str]) -> Iterator[MeasurementWarning]:
    if "hu-doubtful" in codes:
        text = "the values may not be HU: densities are uncertain"
        yield MeasurementWarning(code="density-uncertain", message=text, keys=_ALL_DENSITIES)
    if "lossy-compression" in codes:
        text = "the pixels were compressed with loss, which smooths noise: figures of the lowest values are off"
        yield MeasurementWarning(code="density-compressed", message=text, keys=(*_LOW, *_SPREAD))


def _making(volume: Volume, median_hu: float | None) -> Iterator[MeasurementWarning]:
    """Yield what the making of the scan says: agent, kernel, thickness, breath."""
    made = volume.acquisition or Acquisition()
    if made.contrast:
        text = "a contrast agent was given: blood is brighter, and the lungs seem denser than they are"
        yield MeasurementWarning(code="contrast-agent", message=text, keys=_ALL_DENSITIES)
    if sharpness(made.kernel) == "sharp":
        text = f"the kernel {made.kernel} is sharp: its noise widens the histogram and carries voxels below -950 HU"
        yield MeasurementWarning(code="sharp-kernel", message=text, keys=(*_LOW, *_SPREAD))
    elif sharpness(made.kernel) == "unknown":
        unknown = f"the kernel {made.kernel} is not known here" if made.kernel else "the file does not state the kernel"
        text = f"{unknown}: a sharp one would move the figures of the lowest values"
        yield MeasurementWarning(code="kernel-unknown", message=text, keys=(*_LOW, *_SPREAD))
    if made.contrast is None and not made.kernel:
        text = "the file does not state whether a contrast agent was given"
        yield MeasurementWarning(code="contrast-unknown", message=text, keys=_ALL_DENSITIES)
    thickness = slice_thickness_mm(volume)
    if thickness is not None and thickness > THICK_MM + 0.005:
        text = f"the slices are {thickness:.4g} mm thick, above {THICK_MM} mm: small holes are averaged out"
        yield MeasurementWarning(code="thick-slices", message=text, keys=_LOW)
    if made.expiration or (median_hu is not None and median_hu > EXPIRATION_HU):
        stated = "the series is described as one in expiration"
        text = stated if made.expiration else f"the median of the lungs, {median_hu:.0f} HU, is that of expiration"
        text = f"{text}, or of disease that fills the lungs: compare with scans in the same breath alone"
        yield MeasurementWarning(code="expiration-suspected", message=text, keys=("volume_ml", *_ALL_DENSITIES))
