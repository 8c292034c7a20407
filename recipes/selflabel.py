"""Labels for whole scans without masks: what the network says, corrected by what the CT numbers say.

Human-labelled neighbours are few, so apex, diaphragm, trachea and bowel are learnt from whole scans that a network
has labelled. Its mistakes there are of kinds that CT numbers show: windpipe and bowel are air without tissue
between, a missed tip is as dark as the lung it belongs to. The result is meant to be looked at before it is used.

    python -m recipes.selflabel OUT SCAN...     # writes OUT/<stem>.nii.gz, 0, 1, 2 or 255, on each scan's grid
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pleura.datasets.manifest import Record, write_manifest
from pleura.geometry import axial_spacing, swap_lps_ras, to_axial
from pleura.labels import LEFT, RIGHT
from pleura.segmentation import Segmentation
from pleura.segmenter import Segmenter
from pleura.training.losses import UNKNOWN
from pleura.volume import Kind

Mask = NDArray[np.bool_]
Spacing = tuple[float, float, float]

DARK = -550
"""Lung lies below this HU; the border of a lung is half way to soft tissue."""

WALL_MM = 2.0
"""Thickness of the wall of windpipe and bowel."""

BRONCHUS_MM = 8.0
"""How far the narrow ends of the main bronchi reach beyond what a wide opening finds of them."""

UNCERTAIN_MM = 12.0
"""Dense tissue in hollows of the lung up to twice this wide may be disease or not: it is left out of training."""


def correct(segmentation: Segmentation) -> NDArray[np.uint8]:
    """Return labels (z, y, x) on the grid of the scan, in axial order: 0, 1, 2, and 255 where nobody can say."""
    volume = segmentation.volume
    hu = to_axial(volume.voxels, volume.affine)
    guess = to_axial(segmentation.labels, volume.affine)
    spacing = axial_spacing(volume.affine)
    not_lung = _gas(hu, guess > 0, spacing)
    dark = (hu < DARK) & ~not_lung
    lung = (_joined(_opened(dark, spacing, 1.0), guess > 0) & dark) | ((guess > 0) & ~not_lung)
    lung = _closed(lung, spacing, 3.0) & ~not_lung
    labels = _main_parts(_sided(lung, guess))
    uncertain = np.zeros(lung.shape, bool)
    for side in (RIGHT, LEFT):
        uncertain |= _closed(labels == side, spacing, UNCERTAIN_MM) & ~lung
    labels[_opened(uncertain & (hu > -300) & (hu < 200), spacing, 2.0)] = UNKNOWN
    return labels


def _main_parts(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the labels without parts smaller than a twentieth of the largest part of their side."""
    from scipy import ndimage

    for side in (RIGHT, LEFT):
        parts, _ = ndimage.label(labels == side)
        sizes = np.bincount(parts.ravel())
        sizes[0] = 0
        labels[(parts > 0) & (sizes < 0.05 * sizes.max())[parts]] = 0
    return labels


def _joined(mask: Mask, guess: Mask) -> Mask:
    """Return the parts of the mask that the network calls lung for the most part."""
    from scipy import ndimage

    parts, count = ndimage.label(mask)
    inside = ndimage.sum_labels(guess, parts, np.arange(count + 1))
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    keep = inside > 0.5 * sizes
    keep[0] = False
    return np.asarray(keep[parts])


def _gas(hu: NDArray[Any], lung: Mask, spacing: Spacing) -> Mask:
    """Return windpipe, stomach and bowel with their walls: wide spaces, nearly empty, unlike lung.

    The windpipe is the longest narrow column between the lungs, the bowel what lies low in the scan.
    """
    from scipy import ndimage

    smooth = ndimage.gaussian_filter(hu.astype(np.float32), 0.5)
    parts, _ = ndimage.label(_opened(smooth < -880, spacing, 3.0))
    heights, _, columns = np.nonzero(lung)
    low, middle = np.percentile(heights, 40), np.median(columns)
    reach = 0.25 * (np.percentile(columns, 99) - np.percentile(columns, 1))
    chosen, longest = [], (60.0, 0)
    for part, box in enumerate(ndimage.find_objects(parts), start=1):
        mask = parts[box] == part
        millilitres = mask.sum() * np.prod(spacing) / 1000
        centre = box[2].start + np.nonzero(mask)[2].mean()
        mean = float(hu[box][mask].mean())
        height = mask.shape[0] * spacing[0]
        if mean < -940 and 8 < millilitres < 60 and abs(centre - middle) < reach and height > longest[0]:
            longest = (height, part)
        elif mean < -950 and millilitres > 2 and box[0].start < low:
            chosen.append(part)
    gas = np.isin(parts, chosen) & (parts > 0)
    if longest[1]:
        gas |= _to_the_bronchi(smooth, parts == longest[1], spacing)
    return np.asarray(_ball_distance(~gas, spacing) < WALL_MM)


def _to_the_bronchi(hu: NDArray[np.float32], windpipe: Mask, spacing: Spacing) -> Mask:
    """Return the windpipe with the ends of the main bronchi, which are narrower than itself."""
    from scipy import ndimage

    near = _ball_distance(~windpipe, spacing) < BRONCHUS_MM
    return np.asarray(ndimage.binary_propagation(windpipe, mask=windpipe | (_opened(hu < -920, spacing, 1.5) & near)))


def _opened(mask: Mask, spacing: Spacing, radius: float) -> Mask:
    """Return the mask without what is narrower, within slices, than twice `radius` mm."""
    core = np.stack([_ball_distance(plane, spacing[1:]) > radius for plane in mask])
    return np.stack([_ball_distance(~plane, spacing[1:]) <= radius for plane in core]) & mask


def _closed(mask: Mask, spacing: Spacing, radius: float) -> Mask:
    """Return the mask with gaps up to twice `radius` mm closed within slices, and holes filled."""
    from scipy import ndimage

    wide = np.stack([_ball_distance(~plane, spacing[1:]) <= radius for plane in mask])
    closed = np.stack([_ball_distance(plane, spacing[1:]) > radius for plane in wide]) | mask
    return np.stack([ndimage.binary_fill_holes(plane) for plane in closed])


def _ball_distance(mask: Mask, spacing: tuple[float, ...]) -> NDArray[np.float64]:
    """Return the distance in mm of each voxel of the mask to what is outside it."""
    from scipy import ndimage

    return np.asarray(ndimage.distance_transform_edt(mask, sampling=spacing))


def _sided(lung: Mask, guess: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the lung with each voxel on the side of the nearest voxel that the network labelled."""
    from scipy import ndimage

    nearest = ndimage.distance_transform_edt(guess == 0, return_distances=False, return_indices=True)
    return np.where(lung, guess[tuple(nearest)].clip(RIGHT, LEFT), 0).astype(np.uint8)


def main(out: Path, scans: list[Path]) -> None:
    """Label `scans` and write labels and a manifest into the folder `out`: a set to train on."""
    import nibabel

    out.mkdir(parents=True, exist_ok=True)
    segmenter = Segmenter()
    records = []
    for path in scans:
        segmentation = segmenter(path)
        labels = np.empty_like(segmentation.labels)
        to_axial(labels, segmentation.volume.affine)[:] = correct(segmentation)
        name = f"{path.name.split('.')[0]}.nii.gz"
        spacing, image = segmentation.volume.spacing[::-1], str(path.resolve())
        records.append(Record(id=path.name, split="train", image=image, mask=name, kind=Kind.HU, spacing=spacing))
        affine = swap_lps_ras(segmentation.volume.affine)
        nibabel.Nifti1Image(labels.transpose(2, 1, 0), affine).to_filename(out / name)  # type: ignore[no-untyped-call]
    write_manifest(out, records)


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
