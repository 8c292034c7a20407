"""Chances of right and left lung on one plane, tidied: each lung in one part and without holes.

For models whose output is chances; what has bytes for lung and side goes through `pleura.inference.cleanup`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.inference.chances import likeliest

LEAST_SHARE = 0.003
"""Share of the picture below which a part is no lung."""

LOOSE = 0.4
"""A loose part at least this large, in parts of its lung's largest, belongs to it: tubes and the heart cut lungs."""


def tidy(chances: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return chances (classes, s, s) uint8 with what is no lung given to the background, and holes to their lung."""
    import cc3d
    import fill_voids

    tidied = chances.copy()
    classes = likeliest(chances)
    for label in range(1, len(chances)):
        lung = classes == label
        parts = cc3d.connected_components(lung.view(np.uint8), connectivity=8)
        sizes = np.bincount(parts.ravel())
        sizes[0] = 0
        keep = (sizes >= LOOSE * sizes.max()) & (sizes >= LEAST_SHARE * classes.size)
        kept = keep[parts]
        dropped = lung & ~kept
        holes = np.asarray(fill_voids.fill(kept)) & ~kept & (classes == 0)
        for places, given in ((dropped, 0), (holes, label)):
            if places.any():
                tidied[:, places] = 0
                tidied[given, places] = 255
    return tidied
