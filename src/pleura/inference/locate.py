"""Where on the slices the grid is laid; over the lungs, a first look at a few slices tells where they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array
from pleura.inference.backends import Backend
from pleura.inference.bundle import Bundle
from pleura.inference.grid import FieldOfView, body_fov, lung_fov, whole_fov
from pleura.inference.predict import BATCH, with_convention_channel
from pleura.inference.probability import likeliest
from pleura.inference.recipe import SIDED_LUNGS
from pleura.inference.resample import resample_to_grid
from pleura.modality.borders import without_borders
from pleura.networks import encoding
from pleura.volume import Kind

LOCATE_SLICES = 24
"""About how many slices of a scan are looked at: one every 12 mm or so of a chest of 300 mm."""


def locate_lungs(
    slices: Array,
    spacing: tuple[float, float],
    kind: Kind,
    bundle: Bundle,
    backend: Backend,
    threads: int,
) -> FieldOfView:
    """Return the field of view the recipe asks for; over the lungs, that of the body where no lung is seen.

    Parameters
    ----------
    slices : (z, y, x), axial
    spacing : millimetres between rows and between columns; only their ratio counts
    kind : what the values mean
    """
    if bundle.view == "whole":
        return _filled_fov(slices[0], spacing) if kind is Kind.RADIOGRAPH else whole_fov(slices.shape[1:], spacing)
    body = body_fov(slices, spacing, kind)
    if bundle.view == "body":
        return body
    step = max(1, len(slices) // LOCATE_SLICES)
    some = slice(step // 2, None, step)  # a view: picked by their numbers, 24 slices are 12 MiB more
    planes = resample_to_grid(slices[some], body, kind, bundle, threads)
    alone = with_convention_channel(planes[:, None].repeat(bundle.planes, axis=1), bundle)
    found = [_found(backend(alone[start : start + BATCH]), bundle.output) for start in range(0, len(alone), BATCH)]
    return lung_fov(np.concatenate(found), body, spacing)


def _filled_fov(plane: Array, spacing: tuple[float, float]) -> FieldOfView:
    """Return the smallest square that holds a picture but for its plain borders."""
    rows, columns = without_borders(plane)
    fov = whole_fov((rows.stop - rows.start, columns.stop - columns.start), spacing)
    return replace(fov, top=fov.top + rows.start, left=fov.left + columns.start)


def _found(output: tuple[NDArray[np.uint8], ...], kind: str) -> NDArray[np.bool_]:
    """Return where something is, (n, s, s)."""
    if kind == SIDED_LUNGS:
        return np.asarray(output[0] > encoding.ZERO)
    return np.asarray(likeliest(output[0].swapaxes(0, 1)) > 0)
