"""What can be measured of a result: the size of each structure, and the density of each part of the lungs."""

from __future__ import annotations

from pleura.measurement.density import Density, Histogram
from pleura.measurement.limitations import MeasurementWarning
from pleura.measurement.measurements import Asymmetry, Measurements, Region, measure
from pleura.measurement.size import Size, Sizes, measure_sizes, voxel_ml

__all__ = [
    "Asymmetry",
    "Density",
    "Histogram",
    "MeasurementWarning",
    "Measurements",
    "Region",
    "Size",
    "Sizes",
    "measure",
    "measure_sizes",
    "voxel_ml",
]
