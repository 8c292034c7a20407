"""Grey that was saved as colour: films with a tint, screens with an arrow, radiographs from a viewer."""

from __future__ import annotations

import numpy as np

from pleura.arrays import Array
from pleura.errors import UnsuitableInput
from pleura.volume import Note

_MOST_TINT = 24
"""Greys, of 255, by which the channels of a pixel may differ that still counts as grey: tinted films, JPEG."""
_MOST_COLOURED = 0.02
"""Share of the pixels that may be coloured: arrows and letters."""
_LUMA = np.array([0.299, 0.587, 0.114])
"""Weights of red, green and blue (ITU-R BT.601)."""


def without_colour(colours: Array, full: int = 255) -> tuple[Array, tuple[Note, ...]]:
    """Return the grey values of a picture in colour, and a note where a little colour was left out.

    Parameters
    ----------
    colours : (y, x, 3) red, green, blue, any unsigned type
    full : the value of full brightness

    Raises
    ------
    UnsuitableInput : more than a little colour (`colour`)
    """
    tint = colours.max(axis=-1) - colours.min(axis=-1)
    if not tint.any():
        return np.ascontiguousarray(colours[..., 0]), ()
    if float((tint > _MOST_TINT * full / 255).mean()) > _MOST_COLOURED:
        raise UnsuitableInput("a colour picture; save it as grey", code="colour")
    grey = np.rint(colours @ _LUMA).astype(colours.dtype)
    return grey, (Note("colour-dropped", "the picture is grey but for a little colour"),)
