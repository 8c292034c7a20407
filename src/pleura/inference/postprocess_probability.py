"""Post-processing of probabilities: each lung in one part and without holes, and nothing outside the body.

For models whose output is probabilities; what has bytes for lung and side goes through `pleura.inference.postprocess`.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from pleura.inference.grid import body_threshold, largest_part
from pleura.inference.postprocess import MIN_COMPONENT_SHARE, small_holes
from pleura.inference.predict import BATCH
from pleura.inference.probability import likeliest
from pleura.labels import RIGHT_AND_LEFT, of_lungs
from pleura.volume import Kind

MIN_PICTURE_SHARE = 0.003
"""Share of the picture below which a part is no lung: the smallest of 1800 lungs in radiographs has 0.041."""

MIN_LUNG_PART_SHARE = 0.4
"""A loose part at least this large, in parts of its lung's largest, belongs to it: a tube that cuts a lung leaves two
large ones. Reference masks of 1800 lungs in radiographs are in one part each, but for specks of 0.0001 in two."""

MIN_LUNG_SHARE = 0.1
"""Area of a part, in parts of the largest, below which it is no lung of a picture, where right and left are one class.

The smaller lung has 0.26 of the larger one at least in 145 radiographs, 0.31 in 99 % of 178 CT slices with both.
"""

Batches = Iterable[tuple[slice, NDArray[np.uint8]]]
"""Which planes, and the probability of each class there: (n, classes, s, s), 255 for certain."""


def clean_probabilities(batches: Batches, planes: NDArray[np.uint8], kind: Kind, labels: tuple[str, ...]) -> Batches:
    """Return the probabilities of lungs post-processed, those of anything else as they are.

    Parameters
    ----------
    planes : (n, s, s), what the network saw of the whole scan
    kind : of the scan's values
    labels : names of the classes above 0
    """
    if labels == RIGHT_AND_LEFT:
        return ((here, np.stack([clean_picture(plane) for plane in probabilities])) for here, probabilities in batches)
    if not of_lungs(labels):
        return batches
    lung = np.concatenate([probabilities[:, 1] for _, probabilities in batches])
    lung = clean_lung(lung, planes, has_air_around=kind is not Kind.RADIOGRAPH)
    return [
        (slice(start, start + BATCH), np.stack([255 - part, part], axis=1))
        for start in range(0, len(lung), BATCH)
        for part in [lung[start : start + BATCH]]
    ]


def clean_lung(lung: NDArray[np.uint8], planes: NDArray[np.uint8], *, has_air_around: bool) -> NDArray[np.uint8]:
    """Return the probabilities of lung of a whole scan, its loose parts given to the background and small holes filled.

    Parameters
    ----------
    lung : (n, s, s), 255 for certain, where right and left are one class
    planes : (n, s, s), what the network saw, or (n, k s, k s) where its mask is that much smaller
    has_air_around : whether air outside the body is dark, as in a CT; parts that lie mostly in it are dropped
    """
    import cc3d

    inside = lung > 127  # likelier than background
    parts = cc3d.connected_components(inside.astype(np.uint8), connectivity=6)  # specks that touch at corners are apart
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    keep = sizes >= (MIN_LUNG_SHARE if len(lung) == 1 else MIN_COMPONENT_SHARE) * sizes.max()
    if has_air_around:
        step = planes.shape[1] // lung.shape[1]
        outside = np.bincount(parts[~_body(planes[:, ::step, ::step])], minlength=len(sizes))
        keep &= (outside <= sizes / 2) | (sizes == sizes.max())
    keep[0] = False
    kept = keep[parts]
    cleaned = lung.copy()
    cleaned[inside & ~kept] = 0
    for plane, mask in zip(cleaned, kept, strict=True):
        plane[_small_holes(mask)] = 255
    return cleaned


def _body(planes: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return the largest bright region of each plane (n, s, s), with what it surrounds."""
    import fill_voids

    bright = planes > body_threshold(planes, Kind.WINDOWED)
    body = np.zeros(planes.shape, bool)
    for plane, target in zip(bright, body, strict=True):
        target[:] = fill_voids.fill(largest_part(plane))
    return body


def _small_holes(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the holes (y, x) of at most `MAX_HOLE` pixels; a larger one is the heart between two lungs that touch."""
    import fill_voids

    return small_holes(np.asarray(fill_voids.fill(mask)) & ~mask)


def clean_picture(probabilities: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return probabilities (classes, s, s) uint8: what is no lung given to the background, and holes to their lung."""
    import cc3d
    import fill_voids

    cleaned = probabilities.copy()
    classes = likeliest(probabilities)
    for label in range(1, len(probabilities)):
        lung = classes == label
        parts = cc3d.connected_components(lung.view(np.uint8), connectivity=8)
        sizes = np.bincount(parts.ravel())
        sizes[0] = 0
        keep = (sizes >= MIN_LUNG_PART_SHARE * sizes.max()) & (sizes >= MIN_PICTURE_SHARE * classes.size)
        kept = keep[parts]
        dropped = lung & ~kept
        holes = np.asarray(fill_voids.fill(kept)) & ~kept & (classes == 0)
        for pixels, given in ((dropped, 0), (holes, label)):
            if pixels.any():
                cleaned[:, pixels] = 0
                cleaned[given, pixels] = 255
    return cleaned
