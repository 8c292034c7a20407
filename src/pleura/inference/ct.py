"""The lungs of a CT, from what the network says of its planes: cleaned, corrected by anatomy, with warnings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.inference.anatomy_rules import RuleVolumes, apply_anatomy_rules
from pleura.inference.bundle import Bundle
from pleura.inference.ct_warnings import ct_warnings, cut_sides, size_warning
from pleura.inference.freed_memory import return_freed_memory
from pleura.inference.grid_scan import grid_scan
from pleura.inference.mask_warnings import lung_warnings
from pleura.inference.model import Planes
from pleura.inference.one_lung import join_one_lung
from pleura.inference.orientation import orientation_warnings, sideways_warnings
from pleura.inference.postprocess import Cleaned, clean_volume
from pleura.volume import Kind, Note, Volume


def find_ct_lungs(
    lung: NDArray[np.uint8],
    side_score: NDArray[np.uint8],
    volume: Volume,
    planes: Planes,
    bundle: Bundle,
) -> tuple[Cleaned, tuple[Note, ...], RuleVolumes]:
    """Return the lungs on the model's grid, warnings, and what anatomy changed; that needs values in HU.

    Parameters
    ----------
    lung : (z, side, side), as `pleura.inference.backends` defines it; the rules of anatomy change it in place
    side_score : (z, side / 2, side / 2), likewise
    volume : the scan
    planes : what the network saw of it
    """
    scan = grid_scan(volume, planes.values, planes.fov, bundle)
    if volume.kind is not Kind.HU:
        cleaned = clean_volume(lung, side_score)
        size = size_warning(cleaned, scan)
        warnings = (*([size] if size else []), *sideways_warnings(cleaned, scan))
        return cleaned, (*warnings, *lung_warnings(cleaned.labels, is_picture=volume.is_picture)), RuleVolumes()
    rules = apply_anatomy_rules(lung, side_score, scan)
    return_freed_memory()
    cleaned = clean_volume(lung, side_score)
    join_one_lung(cleaned.labels, planes.values[cleaned.box], scan)
    warnings = lung_warnings(cleaned.labels, is_picture=volume.is_picture, cut_sides=cut_sides(cleaned, scan))
    return cleaned, (*ct_warnings(cleaned, scan, rules), *orientation_warnings(cleaned, scan), *warnings), rules
