"""What can be measured of a result: the size of each structure, and how the two sides compare."""

from __future__ import annotations

from pleura.measurement.size import Measurements, Size, measure, voxel_ml

__all__ = ["Measurements", "Size", "measure", "voxel_ml"]
