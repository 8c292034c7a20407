"""When not to trust the mask of a CT: what its CT numbers, its size and the edge of the field of view say of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.inference.anatomy_rules import RuleVolumes
from pleura.inference.body import SOLID_HU
from pleura.inference.free_air import EMPTY_BLOCK, blocks, empty_parts
from pleura.inference.grid_scan import GridScan
from pleura.inference.morphology import areas, box_around
from pleura.inference.postprocess import Cleaned
from pleura.labels import LEFT, LUNGS, RIGHT
from pleura.text import quantity
from pleura.volume import Note

Labels = NDArray[np.uint8]
Mask = NDArray[np.bool_]

TISSUE_HU = -250.0
"""Solid tissue lies above, aerated lung and most ground glass below."""

SOLID_SHARE = 0.10
"""Share of a lung above it from which on the mask needs a look: whole lungs have 0.01 to 0.05, with a tumour 0.07."""

SOLID_SHARE_SLICE = 0.30
"""The same for one slice of a lung, of at least `SOLID_SLICE_CM2`, and for a slice that stands alone."""

SOLID_SLICE_CM2 = 8.0
"""Smaller cuts of a lung, at the apex and in the recesses, are mostly border."""

ENCLOSED_ML = 30.0
"""Soft tissue taken out of the mask as fluid, from which on there is a warning: it may be consolidation."""

CHEST_HU = -200.0
"""Mean of the mask above which it is no lung: whole lungs have -880 to -650, the whitest slice of lungs -234, tissue
that was marked 0 to 40."""

LUNG_WIDTH_MM = (50.0, 450.0)
"""Both lungs together are as wide in people, from the newborn, about 75 mm, to the largest adult, about 380 mm."""

LUNG_HEIGHT_MM = 450.0
"""No lung is as tall; the tallest adults come to about 350 mm."""

LUNGS_ML = 12000.0
"""No two lungs hold as much; the largest adults come to some 9 L."""

EMPTY_ML = 100.0
"""Air without vessels in one piece: a pneumothorax or a giant bulla."""

SMALL_PART = 0.2
"""A part of a slice's mask of this share of the largest is a lung of its own, or a large piece of one."""

MARKED_POCKET = 0.5
"""A pocket of air of which less is marked is not what the lung fills."""

CUT_MM2 = 200.0
"""Lung at the edge of the field of view, on one side, from which on it is called cut there."""


def ct_warnings(cleaned: Cleaned, scan: GridScan, volumes: RuleVolumes) -> tuple[Note, ...]:
    """Return what stands out in the lungs of a CT in HU, the gravest first; nothing where there is no lung.

    Parameters
    ----------
    cleaned : the lungs on the model's grid
    scan : the CT on the same grid
    volumes : what the rules of anatomy took out and added
    """
    if not cleaned.labels.any():
        return ()
    planes = scan.planes[cleaned.box]
    found = [_not_a_chest(cleaned, planes, scan, volumes), _solid_tissue(cleaned.labels, planes, scan, volumes)]
    if scan.plausible and len(scan.planes) > 1:
        found.append(_air_without_vessels(cleaned.labels, planes, scan, volumes))
    if len(scan.planes) == 1:
        found.append(_part_of_a_pocket(cleaned, scan))
    return tuple(note for note in found if note)


def _part_of_a_pocket(cleaned: Cleaned, scan: GridScan) -> Note | None:
    """Warn where a small part of a slice's mask lies in a pocket of air that is mostly not marked.

    Where an arm closes the ring around air, one slice does not say on which side of the skin that lies; a collapsed
    lung in a pneumothorax looks alike, so that the part is left.
    """
    import cc3d

    marked = np.zeros(scan.planes.shape[1:], np.bool_)
    marked[cleaned.box[1:]] = cleaned.labels[0] > 0
    parts = cc3d.connected_components(marked.view(np.uint8), connectivity=8)
    pockets = cc3d.connected_components(scan.planes[0] < scan.byte(SOLID_HU), connectivity=4)
    sizes, air = np.bincount(parts[marked]), np.bincount(pockets.ravel())
    filled = np.bincount(pockets[marked], minlength=len(air))
    for part in np.flatnonzero((sizes > 0) & (sizes < SMALL_PART * sizes.max())):
        here = pockets[(parts == part) & (pockets > 0)]
        if len(here) and filled[pocket := np.bincount(here).argmax()] < MARKED_POCKET * air[pocket]:
            text = "a small part lies in air that is mostly not marked: between arm and body, or bowel; look"
            return Note("part-in-air", text)
    return None


def cut_sides(cleaned: Cleaned, scan: GridScan) -> list[str]:
    """Return the sides on which lung reaches the edge of the field of view, be it the slices' or a circle's."""
    rows, columns = cleaned.box[1:]
    heights = np.zeros((scan.coarse.shape[1],) * 2, np.int64)
    heights[_halved(rows), _halved(columns)] = np.count_nonzero(
        cleaned.labels[:, rows.start % 2 :: 2, columns.start % 2 :: 2], axis=0
    )
    z, y, x = scan.spacing
    pad, seen = np.pad(scan.unseen, 1, mode="edge"), ~scan.unseen[1:-1, 1:-1]
    sides = []
    for name, axis, step, width in (("right", 1, -1, y), ("left", 1, 1, y), ("front", 0, -1, x), ("back", 0, 1, x)):
        near, next_to_it = (np.roll(pad, -step * count, axis)[2:-2, 2:-2] for count in (1, 2))
        area = heights[(near | next_to_it) & seen].sum() / 2 * z * 2 * width
        if area >= CUT_MM2:
            sides.append(name)
    return sides


def _halved(span: slice) -> slice:
    """Return the coarse pixels, which are those of even number, of a span of the grid's."""
    return slice((span.start + 1) // 2, (span.stop + 1) // 2)


def _not_a_chest(cleaned: Cleaned, planes: Labels, scan: GridScan, volumes: RuleVolumes) -> Note | None:
    """Warn where what was marked is too dense, too large or too small for the lungs of a person."""
    low, high = scan.window
    every_second = slice(None), slice(None, None, 2), slice(None, None, 2)
    some = planes[every_second][cleaned.labels[every_second] > 0]  # none of a mask that is smaller still
    mean = low + float(some.mean(dtype=np.float64)) * (high - low) / 255.0 if len(some) else low
    if mean > CHEST_HU:
        return Note(
            "not-a-chest", f"what was marked has {mean:.0f} HU in the mean, as soft tissue has: is this a chest?"
        )
    if not scan.spacing_known or len(scan.planes) == 1:
        return None
    litres = np.count_nonzero(cleaned.labels) * scan.voxel_ml / 1000.0
    taken = (volumes.airless + volumes.outside_skin) / 1000.0
    if taken > litres:
        what = f"{taken:.2g} L that were marked hold no air or lie outside the skin, more than the {litres:.2g} L left"
        return Note("not-a-chest", f"{what}; look")
    return size_warning(cleaned, scan)


def size_warning(cleaned: Cleaned, scan: GridScan) -> Note | None:
    """Warn where the lungs of a scan of known spacing are larger or smaller than those of a person."""
    marked = cleaned.labels > 0
    if not scan.spacing_known or len(scan.planes) == 1 or not marked.any():
        return None
    z, _, columns = box_around(marked)
    depth, width = (z.stop - z.start) * scan.spacing[0], (columns.stop - columns.start) * scan.spacing[2]
    litres = np.count_nonzero(marked) * scan.voxel_ml / 1000.0
    too_large = width > LUNG_WIDTH_MM[1] or depth > LUNG_HEIGHT_MM or litres > LUNGS_ML / 1000.0
    both = all(any(side in plane for plane in cleaned.labels) for side in (RIGHT, LEFT))
    if too_large or (both and width < LUNG_WIDTH_MM[0]):
        size = f"{width:.3g} mm wide, {depth:.3g} mm tall, {litres:.3g} L"
        return Note("not-a-chest", f"the lungs are {size}: no person's; check the spacing in the file")
    return None


def _solid_tissue(labels: Labels, planes: Labels, scan: GridScan, volumes: RuleVolumes) -> Note | None:
    """Warn where a lung, or a slice of one, holds much solid tissue, where some was taken out, or may be a dome."""
    labels, planes = labels[:, ::2, ::2], planes[:, ::2, ::2]
    solid = planes > scan.byte(TISSUE_HU)
    alone = len(scan.planes) == 1
    large = SOLID_SLICE_CM2 / (4 * scan.spacing[1] * scan.spacing[2] / 100.0) if scan.plausible else np.inf
    found = ""
    for label in reversed(LUNGS):
        lung = labels == label.value
        sizes, dense = areas(lung), areas(lung & solid)
        share = float(dense.sum()) / max(int(sizes.sum()), 1)
        slices = np.count_nonzero((sizes >= large) & (dense > SOLID_SHARE_SLICE * sizes))
        if share > (SOLID_SHARE_SLICE if alone else SOLID_SHARE):
            found = f"{share:.0%} of the {label.name}"
        elif slices and not alone:
            found = f"over {SOLID_SHARE_SLICE:.0%} of {quantity(int(slices), 'slice')} of the {label.name}"
    if found:
        return Note("solid-tissue", f"{found} is solid: disease, or fluid, liver or heart that was marked")
    if volumes.enclosed >= ENCLOSED_ML:
        taken = f"{volumes.enclosed:.0f} mL of solid tissue were taken out of the mask as fluid"
        return Note("solid-tissue", f"{taken}: consolidation looks alike")
    if volumes.standing:
        left = f"{volumes.standing:.0f} mL of solid tissue in the mask stand on the diaphragm with lung around"
        return Note("solid-tissue", f"{left}: a mass, consolidation, or a dome of the diaphragm")
    return None


def _air_without_vessels(labels: Labels, planes: Labels, scan: GridScan, volumes: RuleVolumes) -> Note | None:
    """Warn of a large piece of air alone, in the mask or taken out: a pneumothorax, or a bulla, which is lung."""
    if volumes.free_air:
        taken = f"{volumes.free_air:.0f} mL of air without vessels beside a collapsed lung were taken out of the mask"
        return Note("air-without-vessels", f"{taken}: a pneumothorax, or a giant bulla, which is lung; look")
    marked = blocks((labels > 0).view(np.uint8), EMPTY_BLOCK) == EMPTY_BLOCK**2
    _, sizes = empty_parts(planes, marked, scan)
    largest = float(sizes.max()) * scan.voxel_ml * EMPTY_BLOCK**2
    if largest < EMPTY_ML:
        return None
    message = (
        f"{largest:.0f} mL in one piece hold air without vessels: a pneumothorax, which is no lung, or a bulla; look"
    )
    return Note("air-without-vessels", message)
