"""What anatomy says of a CT and the network does not know: rules that change its scores before they become lungs.

Nothing outside the skin is lung; a part without air is none, nor is free air beside a collapsed lung, nor a dome of
the diaphragm; masses with lung around them are, and the lowest recesses. Each rule looks at the scan's CT numbers, so
that none applies where values are not HU.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pleura.inference.body import OPEN_AIR_HU, SOLID_HU, open_air, outside_skin
from pleura.inference.free_air import free_air
from pleura.inference.grid_scan import GridScan
from pleura.inference.morphology import areas, dilate
from pleura.inference.recesses import around, missed_recesses, recess_zone
from pleura.inference.solid_parts import airless_parts, resting_pieces
from pleura.inference.surrounded import surrounded_pieces
from pleura.networks import encoding
from pleura.segmentation import Provenance

Scores = NDArray[np.uint8]
Mask = NDArray[np.bool_]

GAP_MM = 20.0
"""The lungs lie in one run of slices: what is separated from them by as much without any mask is gas of the bowel, or
air in neck and head."""

LEFT_OVER = 0.02
"""Share of what was taken out for holding no air that has to be left for a lung: a head keeps none of its specks."""

DENSEST_AIR_HU = -970.0
"""Mean of a piece above which it is no open air: that has -1000 to -985, also with a noise of 60 HU. Of emphysema with
-940 in the mean the field of view may cut so much that nothing tells it from air around a body but this."""

MOSTLY = 0.5
"""A part of the mask of which more than this share lies outside the skin is none of the lung."""

LARGE = 0.2
"""A part, or a run of slices, of this share of the largest one is left to the eye."""


@dataclass(frozen=True)
class RuleVolumes:
    """What each rule took out of the mask or added to it, in millilitres; 0 for a slice of unknown thickness too.

    Attributes
    ----------
    outside_skin : air, foam and table around the body
    airless : parts that hold no air
    surrounded : added, being solid with lung around it and below
    domes : liver, spleen and stomach with lung around them
    detached : parts in slices apart from those of the lungs
    free_air : air without vessels beside a collapsed lung
    enclosed : fluid within soft tissue
    recesses : added at the lowest recesses
    standing : left in the mask, though it stands in the lung as a dome does: a mass of that size is likelier
    """

    outside_skin: float = 0.0
    airless: float = 0.0
    detached: float = 0.0
    free_air: float = 0.0
    surrounded: float = 0.0
    domes: float = 0.0
    enclosed: float = 0.0
    recesses: float = 0.0
    standing: float = 0.0

    @property
    def provenance(self) -> Provenance:
        """Return what is not 0, to a tenth of a millilitre, as ``{"rules_ml": {rule: ...}}``; nothing where all is."""
        volumes = asdict(replace(self, standing=0.0))  # that changed nothing
        changed = {rule: round(volume, 1) for rule, volume in volumes.items() if volume >= 0.05}
        return {"rules_ml": changed} if changed else {}


def apply_anatomy_rules(lung: Scores, side_score: Scores, scan: GridScan) -> RuleVolumes:
    """Change the scores of a CT where anatomy contradicts them, in place, and say how much.

    Parameters
    ----------
    lung : (z, side, side), above `encoding.ZERO` where lung is likelier than background
    side_score : (z, side / 2, side / 2), above `encoding.ZERO` where left is likelier than right
    scan : what the network saw
    """
    mask = lung[:, ::2, ::2] > encoding.ZERO
    if not mask.any():
        return RuleVolumes()
    outside = outside_skin(scan)
    outer = _marked_outside(mask, outside, scan)
    _drop(lung, mask, outer)
    beyond = int(np.count_nonzero(outer & ~scan.unseen[1:-1, 1:-1]))  # beyond the slices there is no mask
    airless = _drop(lung, mask, airless_parts(mask, scan))
    if np.count_nonzero(mask) <= LEFT_OVER * airless:
        _clear(lung)
    if len(lung) == 1 or not scan.plausible or not mask.any():
        return RuleVolumes(outside_skin=beyond * scan.coarse_voxel_ml, airless=airless * scan.coarse_voxel_ml)
    detached = _drop(lung, mask, _detached(mask, scan.spacing[0]))
    free = _drop(lung, mask, free_air(mask, side_score, scan))
    surrounded = _add(lung, mask, surrounded_pieces(mask, scan))
    domes, enclosed, standing = resting_pieces(mask, scan)
    return RuleVolumes(
        outside_skin=beyond * scan.coarse_voxel_ml,
        airless=airless * scan.coarse_voxel_ml,
        detached=detached * scan.coarse_voxel_ml,
        free_air=free * scan.coarse_voxel_ml,
        surrounded=surrounded * scan.coarse_voxel_ml,
        domes=_drop(lung, mask, domes) * scan.coarse_voxel_ml,
        enclosed=_drop(lung, mask, enclosed) * scan.coarse_voxel_ml,
        recesses=_add_recesses(lung, mask, side_score, outside, scan) * scan.voxel_ml,
        standing=standing,
    )


def _clear(lung: Scores) -> None:
    """Take all that is left out of the scores, in place."""
    left = lung > encoding.ZERO
    lung[left] = 255 - lung[left]


def _marked_outside(mask: Mask, outside: Mask, scan: GridScan) -> Mask:
    """Return what of the coarse mask is open air outside the skin, and parts that lie mostly outside."""
    import cc3d

    beyond = mask & outside
    if not beyond.any():
        return beyond
    parts, count = cc3d.connected_components(mask, connectivity=6, return_N=True)
    sizes, far = (np.bincount(parts[where], minlength=count + 1) for where in (mask, beyond))
    found = beyond & (scan.coarse < scan.byte(OPEN_AIR_HU))
    for z in np.flatnonzero(found.any(axis=(1, 2))):
        found[z] &= open_air(scan.coarse[z], scan.byte(SOLID_HU))
    found &= scan.unseen[1:-1, 1:-1] | _as_thin_as_air(found & ~scan.unseen[1:-1, 1:-1], scan)
    apart = (far > MOSTLY * sizes) & (sizes < LARGE * sizes.max())
    return np.asarray(found | (mask & apart[parts]))


def _as_thin_as_air(found: Mask, scan: GridScan) -> Mask:
    """Return the pieces of a coarse mask, joined by faces, whose mean is that of air without lung in it."""
    import cc3d

    pieces, count = cc3d.connected_components(found, connectivity=6, return_N=True)
    here = pieces[found]
    sums = np.bincount(here, weights=scan.coarse[found], minlength=count + 1)
    thin = sums <= scan.byte(DENSEST_AIR_HU) * np.bincount(here, minlength=count + 1)
    thin[0] = False
    return np.asarray(thin[pieces])


def _detached(mask: Mask, spacing: float) -> Mask:
    """Return what of the mask lies in slices apart from the run of slices that holds most of it."""
    sizes = areas(mask)
    occupied = np.flatnonzero(sizes)
    breaks = np.flatnonzero((np.diff(occupied) - 1) * spacing >= GAP_MM) + 1
    runs = np.split(occupied, breaks)
    volumes = [int(sizes[run].sum()) for run in runs]
    detached = np.zeros_like(mask)
    for run, volume in zip(runs, volumes, strict=True):
        if volume < LARGE * max(volumes):
            detached[run] = mask[run]
    return detached


def _drop(lung: Scores, mask: Mask, dropped: Mask) -> int:
    """Take voxels of the coarse grid out of the scores and out of the coarse mask, in place; return their number.

    Pixels up to two coarse ones away go with them, but for those that the coarse mask keeps.
    """
    if not dropped.any():
        return 0
    mask &= ~dropped
    for z in np.flatnonzero(dropped.any(axis=(1, 2))):
        gone = dilate(dropped[z], (0, 1, 0, 1)) & ~mask[z]
        scores, where = lung[z], gone.repeat(2, axis=0).repeat(2, axis=1)
        where &= scores > encoding.ZERO
        scores[where] = 255 - scores[where]
    return int(np.count_nonzero(dropped))


def _add(lung: Scores, mask: Mask, added: Mask) -> int:
    """Take voxels of the coarse grid into the scores and into the coarse mask, in place; return their number."""
    mask |= added
    for z in np.flatnonzero(added.any(axis=(1, 2))):
        lung[z][_enlarged(added[z : z + 1])[0] & (lung[z] <= encoding.ZERO)] = encoding.ADDED
    return int(np.count_nonzero(added))


def _add_recesses(lung: Scores, mask: Mask, side_score: Scores, outside: Mask, scan: GridScan) -> int:
    """Add the recesses of both lungs to the scores, in place; return how many voxels they are."""
    count = 0
    is_left = side_score > encoding.ZERO
    for is_side in (is_left, ~is_left):
        one_lung = mask & is_side
        zone = recess_zone(one_lung, scan.spacing[0])
        if not one_lung[zone].any():
            continue
        box = zone, *around(one_lung[zone], scan.spacing)
        fine = zone, *(slice(2 * span.start, 2 * span.stop) for span in box[1:])
        marked = lung[fine] > encoding.ZERO
        allowed = ~(marked | _enlarged(outside[box]))
        added = missed_recesses(marked & _enlarged(is_side[box]), allowed, scan.planes[fine], scan)
        lung[fine][added] = encoding.ADDED
        count += int(np.count_nonzero(added))
    return count


def _enlarged(coarse: Mask) -> Mask:
    """Return a mask of the coarse grid (z, side / 2, side / 2) on the model's."""
    return coarse.repeat(2, axis=2).repeat(2, axis=1)
