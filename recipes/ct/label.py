"""Right and left lung of a whole scan by CT numbers, corrected by hand; no network has a say.

Lung is air inside the body without windpipe, main bronchi and bowel, closed in space: what is solid is lung where
lung is all around it, above and below too, so that domes of the diaphragm stay outside. What a wider closing adds is
unknown. Masses, collapse and bowel gas that numbers cannot tell are named in ``hand.tsv``.

    python -m recipes.ct.label OUT [ID...]      # OUT/ID.nii.gz and OUT/ID.png, to be looked at
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage
from scipy.spatial import ConvexHull

from recipes.ct import montage
from recipes.ct.scans import EMPTY, FROM_NUMBERS, HERE, Scan, Spacing, data_folder, load, load_mask, scans
from recipes.ct.stacks import load_stack

Mask = NDArray[np.bool_]

UNKNOWN = 255

AIR = -480
"""HU below which there is air or lung; about half way from lung (-850) to soft tissue (40)."""

TABLE_MM = 2.5
"""Half the thickness of what is opened away around the body: shells of the table, blankets."""

CLOSING_MM = 5.0
"""Radius of the closing that takes vessels into the lung."""

UNCERTAIN_MM = 10.0
"""Radius of the closing whose additional solid voxels are unknown: hilum, disease at the wall."""

BONE = 250
"""HU above which nothing is disease."""

LEAK_ML = 25.0
"""What an airway gains at once where it leaks into the lung: 139 mL and more; from threshold to threshold it gains 7 at
most, of which a lower limit took the main bronchi of LIDC-IDRI-0001 for a leak."""

LEAST_ML = 15.0
"""Smaller parts of air are no lung; bowel gas larger than that is excluded by hand."""


def label(hu: NDArray[np.int16], spacing: Spacing, hand: list[dict[str, str]]) -> NDArray[np.uint8]:
    """Return labels (z, y, x): 0, 1 right, 2 left, `UNKNOWN`.

    Parameters
    ----------
    hu : (z, y, x), axes to the head, back and left
    spacing : millimetres along (z, y, x)
    hand : rows of ``hand.tsv`` for this scan
    """
    smooth = ndimage.gaussian_filter(hu.astype(np.float32), (0, 0.6, 0.6))
    inside = (smooth < AIR) & _body(smooth, spacing, {row["shape"] for row in hand if row["action"] == "edge"})
    airways = np.zeros(hu.shape, bool)
    for row in hand:
        if row["action"] == "airway":
            airways |= _airway(smooth, row, spacing)
    shape_of = {
        row_id: _shape(row, hu.shape) for row_id, row in enumerate(hand) if row["action"] not in ("airway", "edge")
    }
    for row_id, shape in shape_of.items():
        if hand[row_id]["action"] == "out":
            inside &= ~shape  # before parts are assigned to sides
    lung = _large_parts(inside & ~_grown(airways, spacing, max(1.5, spacing[1])), spacing)
    lung = _closed(lung, spacing, CLOSING_MM) & ~airways
    labels = _sided(lung, spacing)
    labels[uncertain(lung, hu, spacing)] = UNKNOWN
    for row_id, shape in shape_of.items():
        _apply(hand[row_id], shape, labels, hu)
    return labels


def uncertain(lung: Mask, hu: NDArray[np.int16], spacing: Spacing) -> Mask:
    """Return what a closing of the lung by `UNCERTAIN_MM` adds, but for air."""
    return _closed(lung, spacing, UNCERTAIN_MM) & ~lung & (hu > -700)


def _apply(row: dict[str, str], shape: Mask, labels: NDArray[np.uint8], hu: NDArray[np.int16]) -> None:
    """Set what a row of ``hand.tsv`` says, in place; all but `out` touch only what is solid and no bone."""
    action, side = row["action"], {"right": 1, "left": 2}.get(row["side"], 0)
    if action == "out":
        labels[shape] = 0
        return
    part = shape & (hu > -700) & (hu < BONE)
    if row["shape"] == "hull":
        part &= _hull(np.asarray(labels == side), np.asarray(shape.any(axis=(1, 2))))
    labels[part & ((labels == 0) | (labels == UNKNOWN))] = side if action == "lung" else UNKNOWN


def _hull(mask: Mask, slices: Mask) -> Mask:
    """Return the convex hull of each of the chosen slices of a mask."""
    hull = np.zeros_like(mask)
    for z in np.flatnonzero(slices):
        points = np.argwhere(mask[z])
        if len(points) > 50:
            corners = points[ConvexHull(points).vertices]
            picture = Image.new("1", mask.shape[:0:-1])
            ImageDraw.Draw(picture).polygon([(int(x), int(y)) for y, x in corners], fill=1)
            hull[z] = np.array(picture)
    return hull


def _body(smooth: NDArray[np.float32], spacing: Spacing, closed_edges: set[str]) -> Mask:
    """Return the body with all that it encloses within a slice, without the table.

    `closed_edges` names edges of the slices, "left" or "right" in the picture, that cut through lung.
    """
    solid = smooth > AIR
    depth = ndimage.distance_transform_edt(solid, sampling=spacing)
    parts, _ = ndimage.label(depth > TABLE_MM)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    core = parts == sizes.argmax()
    body = _grown(core, spacing, TABLE_MM + 1.0) & solid
    for edge, columns in (("left", slice(0, 4)), ("right", slice(-4, None))):
        if edge in closed_edges:
            body[:, :, columns] = True
    filled = np.stack([ndimage.binary_fill_holes(plane) for plane in body])
    filled[:, :, [0, 1, 2, -3, -2, -1]] = False
    return filled


def _airway(smooth: NDArray[np.float32], row: dict[str, str], spacing: Spacing) -> Mask:
    """Return what grows from a seed inside a box, below the highest threshold that does not leak into the lung."""
    box = _shape({**row, "shape": "box"}, smooth.shape)
    seed = tuple(int(value) for value in row["seed"].split(","))
    best = np.zeros(smooth.shape, bool)
    for threshold in range(-960, -780, 20):
        parts, _ = ndimage.label(box & (smooth < threshold))
        if not parts[seed]:
            continue
        grown = parts == parts[seed]
        if best.any() and (grown.sum() - best.sum()) * np.prod(spacing) / 1000 > LEAK_ML:
            break
        best = grown
    return best


def _shape(row: dict[str, str], size: tuple[int, ...]) -> Mask:
    """Return the box, or the ellipsoid inside it, between the voxels (z0, z1, y0, y1, x0, x1) of a row."""
    ends = [int(value) for value in row["box"].split(",")]
    mask = np.zeros(size, bool)
    part = tuple(slice(first, last) for first, last in zip(ends[::2], ends[1::2], strict=True))
    if row["shape"] == "ball":
        axes = [np.linspace(-1, 1, last - first) for first, last in zip(ends[::2], ends[1::2], strict=True)]
        z, y, x = np.meshgrid(*axes, indexing="ij")
        mask[part] = (z**2 + y**2 + x**2 <= 1)[tuple(slice(0, n) for n in mask[part].shape)]
    else:
        mask[part] = True
    return mask


def _large_parts(mask: Mask, spacing: Spacing) -> Mask:
    """Return the parts of at least `LEAST_ML`."""
    parts, _ = ndimage.label(mask)
    keep = np.bincount(parts.ravel()) * np.prod(spacing) / 1000 >= LEAST_ML
    keep[0] = False
    return np.asarray(keep[parts])


def _grown(mask: Mask, spacing: Spacing, radius: float) -> Mask:
    if not mask.any():
        return mask
    return np.asarray(ndimage.distance_transform_edt(~mask, sampling=spacing) <= radius)


def _closed(mask: Mask, spacing: Spacing, radius: float) -> Mask:
    """Return the mask closed by a ball of `radius` mm, in space, with what is enclosed on all sides.

    The first and last slice stand for what lies beyond them, so that lung cut there is closed as elsewhere.
    """
    pad = int(np.ceil(radius / spacing[0])) + 1
    wide = np.pad(mask, ((pad, pad), (0, 0), (0, 0)), mode="edge")
    grown = _grown(wide, spacing, radius)
    back = np.asarray(ndimage.distance_transform_edt(grown, sampling=spacing) > radius) | wide
    return np.asarray(ndimage.binary_fill_holes(back))[pad:-pad]


def _sided(lung: Mask, spacing: Spacing) -> NDArray[np.uint8]:
    """Return 1 and 2: cores of lungs, eroded until they part, get sides by position and grow until they meet.

    What none of them reaches goes to the nearer.
    """
    depth = ndimage.distance_transform_edt(lung, sampling=spacing)
    columns = np.nonzero(lung)[2]
    if not columns.size:
        return np.zeros(lung.shape, np.uint8)
    middle = (np.percentile(columns, 1) + np.percentile(columns, 99)) / 2
    for radius in (0.0, 2.0, 3.0, 4.5, 6.0, 8.0, 11.0, 15.0):
        parts, count = ndimage.label(depth > radius)
        sizes = np.bincount(parts.ravel())[1:]
        centres = np.array([centre[2] for centre in ndimage.center_of_mass(parts > 0, parts, range(1, count + 1))])
        spread = [np.ptp(np.nonzero(parts == 1 + part)[2]) for part in np.argsort(sizes)[::-1][:2]]
        if len(spread) == 2 and spread[0] < 0.62 * np.ptp(columns):
            break
    sides = np.concatenate([[0], np.where(centres < middle, 1, 2)]).astype(np.uint8)
    labels = _grown_within(lung, sides[parts])
    nearest = ndimage.distance_transform_edt(labels == 0, sampling=spacing, return_distances=False, return_indices=True)
    return np.where(lung, labels[tuple(nearest)], 0).astype(np.uint8)


def _grown_within(lung: Mask, labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return labels grown through the lung, all at one speed, so that none jumps across what parts two lungs."""
    cross = ndimage.generate_binary_structure(3, 1)
    while True:
        grown = np.where(lung & (labels == 0), ndimage.grey_dilation(labels, footprint=cross), labels)
        if np.array_equal(grown, labels):
            return labels
        labels = grown


def hand_rows() -> dict[str, list[dict[str, str]]]:
    """Return the rows of ``hand.tsv`` by scan."""
    rows: dict[str, list[dict[str, str]]] = {}
    with (HERE / "hand.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            rows.setdefault(row["scan"], []).append(row)
    return rows


def labels_of(scan: Scan, hu: NDArray[np.int16], spacing: Spacing) -> NDArray[np.uint8]:
    """Return the labels of a scan: given, empty, or made by CT numbers."""
    hand = hand_rows().get(scan.id, [])
    if scan.mask == EMPTY:
        return np.zeros(hu.shape, np.uint8)
    if scan.mask == FROM_NUMBERS:
        return label(hu, spacing, hand)
    if scan.is_stack:
        return load_stack(data_folder() / scan.path)[1]
    labels = load_mask(data_folder() / scan.mask)
    for row in hand:
        _apply(row, _shape(row, labels.shape), labels, hu)
    return labels


def main(out: Path, names: list[str]) -> None:
    """Label the scans of the table, or those named."""
    out.mkdir(parents=True, exist_ok=True)
    for scan in scans():
        if names and scan.id not in names:
            continue
        hu, spacing = load(data_folder() / scan.path)
        labels = labels_of(scan, hu, spacing)
        np.savez_compressed(out / f"{scan.id}.npz", labels=labels, spacing=np.array(spacing))
        millilitres = [round(float((labels == value).sum() * np.prod(spacing) / 1000)) for value in (1, 2, UNKNOWN)]
        print(f"{scan.id:24} {hu.shape} {spacing} mL right, left, unknown: {millilitres}", flush=True)
        montage.save(out / f"{scan.id}.png", hu, labels, spacing)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
