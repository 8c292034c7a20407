"""Whether soft tissue lies where Hounsfield units have it: a wrong slope or intercept moves it, and air often not."""

from __future__ import annotations

import numpy as np

from pleura.arrays import Array
from pleura.volume import Note

_DENSER_THAN_LUNG = -500
"""HU; walls, muscle, fat, bone and a table are above it."""
_LEAST_DENSE = 0.05
"""Share of the values that are denser than lung, from which on their middle says something."""
_TISSUE = (-140, 120)
"""HU between which the middle of what is denser than lung lies: of 433 scans and slices of chests -107 to 73 (1 and
99 of 100: -85 and 61), of 43 odd files up to 99. So values that are off by 200 are found in nearly all."""


def tissue_notes(values: Array) -> tuple[Note, ...]:
    """Return a note where the middle of what is denser than lung lies elsewhere than the soft tissue of any patient."""
    dense = values[values > _DENSER_THAN_LUNG]
    if dense.size < _LEAST_DENSE * values.size:
        return ()
    middle = float(np.median(dense))
    if _TISSUE[0] <= middle <= _TISSUE[1]:
        return ()
    text = f"the middle of what is denser than lung lies at {middle:.0f} HU, where no soft tissue does"
    return (Note("hu-doubtful", f"{text}: the rescale to Hounsfield units may be wrong"),)
