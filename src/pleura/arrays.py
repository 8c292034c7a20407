"""The type of an array whose values may be of any kind: voxels as files hold them."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]
"""Where the kind matters, it is named: `NDArray[np.uint8]`."""
