"""Air without vessels in the mask: free air beside a collapsed lung is no lung; a bulla is.

Both are as dark. Beside free air the lung is collapsed, and denser than it ever is when it is filled; beside a bulla
it mostly is not, and emphysema is nowhere dense. What makes both lungs as dark, as the offset of a scanner does, is
no free air: so the other lung has to be there, and filled.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.inference.grid_scan import GridScan
from pleura.inference.morphology import dilate, open_mask
from pleura.networks import encoding

Mask = NDArray[np.bool_]

EMPTY_HU = -980.0
"""Air alone lies below, lung with its smallest vessels above, where noise is averaged."""

EMPTY_BLOCK = 6
"""Pixels along rows and columns, some 8 mm, over which noise is averaged, and the vessels that emphysema leaves."""

COARSE_BLOCK = EMPTY_BLOCK // 2
"""The same pixels on the coarse grid."""

LEAST_FREE_ML = 200.0
"""A smaller piece stays, and is warned of: it may be a bulla as well, and the pieces found here lack their border."""

COLLAPSED_HU, DENSER_PERCENT = -780.0, 75.0
"""The rest of a lung is collapsed where so much of it is denser: of 8 painted pneumothoraces a quarter lies below -728
to -443 HU, of emphysema with a bulla below -901 to -834. A mean would not do: a tumour lifts it."""

LEAST_REST = 0.03
"""Share of the free air that the rest of the lung comes to at least: a lung that is wholly collapsed, of which the mask
holds a part, had 0.04, and walls and vessels between bullae are too thin to count."""

OTHER_SHARE = 0.1
"""Share of the air without vessels of a lung that the other one holds at most: of 7 scans made 60 to 145 HU darker it
holds 0.21 to 0.82, and less than this of 13 with a pneumothorax painted into them."""

JOINED_HU = -950.0
"""What lies below in the mean of 3 x 3 pixels of the coarse grid, 8 mm, and is joined to free air belongs to it."""

BORDER_HU, BORDER = -900.0, 2
"""What lies below within as many pixels of the coarse grid, some 5 mm, is its border, blurred and with noise."""


def free_air(mask: Mask, side_score: NDArray[np.uint8], scan: GridScan) -> Mask:
    """Return the parts of a mask that are free air beside a collapsed lung.

    Parameters
    ----------
    mask : what is marked on the coarse grid, (z, side / 2, side / 2)
    side_score : on the same grid, above `encoding.ZERO` where left is likelier than right
    scan : what the network saw
    """
    found = np.zeros_like(mask)
    dark = mask & (scan.coarse < scan.byte(BORDER_HU))
    if np.count_nonzero(dark) * scan.coarse_voxel_ml < LEAST_FREE_ML:
        return found
    marked = blocks(mask.view(np.uint8), COARSE_BLOCK) == COARSE_BLOCK**2
    parts, sizes = empty_parts(scan.planes, marked, scan)
    large = np.flatnonzero(sizes * scan.voxel_ml * EMPTY_BLOCK**2 >= LEAST_FREE_ML)
    if not len(large):
        return found
    import cc3d
    from scipy import ndimage

    air = cc3d.connected_components(
        mask & (ndimage.uniform_filter(scan.coarse, (1, 3, 3)) < scan.byte(JOINED_HU)), connectivity=6
    )
    joined = np.unique(air[_enlarged(np.isin(parts, large), air.shape)])
    is_left, empty = side_score > encoding.ZERO, _enlarged(parts > 0, mask.shape)
    for part in joined[joined > 0]:
        piece = air == part
        for _ in range(BORDER):
            piece = dilate(piece, (1, 2)) & (dark | piece)
        of_left = np.count_nonzero(piece & is_left) > np.count_nonzero(piece) / 2
        lung, other = mask & (is_left == of_left), mask & (is_left != of_left)
        if _is_filled(other, empty, scan) and _is_collapsed(lung & ~piece, piece, scan):
            found |= piece
    return found


def _is_filled(other: Mask, empty: Mask, scan: GridScan) -> bool:
    """Say whether the other lung is in the scan, and holds next to none of the air without vessels."""
    if np.count_nonzero(other) * scan.coarse_voxel_ml < LEAST_FREE_ML:
        return False
    return bool(np.count_nonzero(other & empty) <= OTHER_SHARE * np.count_nonzero(empty & ~other))


def _is_collapsed(rest: Mask, piece: Mask, scan: GridScan) -> bool:
    """Say whether the rest of a lung beside a piece of air is denser than a filled one."""
    rest = open_mask(rest, (1, 2))
    size = int(np.count_nonzero(rest))
    if not size or size < LEAST_REST * int(np.count_nonzero(piece)):
        return False
    return float(np.percentile(scan.coarse[rest], 100.0 - DENSER_PERCENT)) >= scan.byte(COLLAPSED_HU)


def empty_parts(
    planes: NDArray[np.uint8], marked: Mask, scan: GridScan
) -> tuple[NDArray[np.integer], NDArray[np.int64]]:
    """Return numbered parts of blocks of a mask that hold air alone, joined by faces, and how many blocks each has.

    `planes` are those of the scan, or a part of them, and `marked` the blocks of it that lie wholly in the mask. Number
    0 is everything else, and has no size.
    """
    import cc3d

    empty = marked & (blocks(planes, EMPTY_BLOCK) <= scan.byte(EMPTY_HU) * EMPTY_BLOCK**2)
    parts = cc3d.connected_components(empty, connectivity=6)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return parts, sizes


def blocks(array: NDArray[np.uint8], size: int) -> NDArray[np.uint16]:
    """Return the sums of (z, y, x) over blocks of `size` squared pixels within the slice."""
    rows, columns = (length // size * size for length in array.shape[1:])
    bands = np.zeros((len(array), rows // size, array.shape[2]), np.uint16)
    for row in range(size):  # rows first: they lie together
        bands += array[:, row:rows:size]
    summed = np.zeros((*bands.shape[:2], columns // size), np.uint16)
    for column in range(size):
        summed += bands[:, :, column:columns:size]
    return summed


def _enlarged(parts: Mask, shape: tuple[int, ...]) -> Mask:
    """Return a mask of blocks on the coarse grid."""
    enlarged = np.zeros(shape, np.bool_)
    rows, columns = (count * COARSE_BLOCK for count in parts.shape[1:])
    enlarged[:, :rows, :columns] = parts.repeat(COARSE_BLOCK, axis=1).repeat(COARSE_BLOCK, axis=2)
    return enlarged
