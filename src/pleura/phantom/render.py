"""Draw the chest: slice by slice, every tissue in its turn, then the blur and the noise of a scanner."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pleura.geometry import affine_from_spacing
from pleura.labels import LEFT, RIGHT
from pleura.phantom import anatomy
from pleura.phantom.anatomy import AIR, CORTEX, FAT, LUMEN, MARROW, MUSCLE, Organ
from pleura.phantom.shapes import AxialSlice, Distance, Tube, ellipse, paint, smooth_max, smooth_min
from pleura.phantom.vessels import airways, tree
from pleura.volume import Identity, Volume

Image = NDArray[np.floating]
"""(y, x) HU of one slice while it is being drawn."""


@dataclass(frozen=True, eq=False)
class Phantom:
    """A drawn chest scan and the lungs that were drawn into it.

    Attributes
    ----------
    volume : (z, y, x) int16 HU, axes running to the head, to the back and to the left
    labels : (z, y, x) uint8, the truth: 0 background, 1 right lung, 2 left lung, vessels inside included
    """

    volume: Volume
    labels: NDArray[np.uint8] = field(repr=False)


@dataclass(frozen=True)
class _Patient:
    """What differs from one seed to the next."""

    stretch: tuple[float, float, float]
    domes: tuple[float, float]
    parenchyma: float
    vessels: tuple[Tube, ...]
    airways: tuple[Tube, ...]


def chest(
    shape: tuple[int, int, int] = (64, 256, 256),
    spacing: tuple[float, float, float] = (5.0, 1.5, 1.5),
    *,
    seed: int = 0,
    noise: float = 14.0,
    arms: bool = False,
    padding: bool = False,
) -> Phantom:
    """Draw a chest CT with known lungs.

    Parameters
    ----------
    shape : slices, rows, columns
    spacing : millimetres along (z, y, x); the chest needs about 320 x 350 x 384 mm and is cropped by a smaller field
    seed : chooses the patient and the noise
    noise : standard deviation in HU
    arms : lay the arms beside the trunk instead of above the head
    padding : give the corners outside the circle of reconstruction the lowest value, as many scanners do

    Returns
    -------
    Phantom : the same arguments give the same voxels
    """
    patient = _patient(np.random.default_rng(seed))
    axes = [(np.arange(n) - (n - 1) / 2) * step for n, step in zip(shape, spacing, strict=True)]
    voxels = np.empty(shape, np.int16)
    labels = np.zeros(shape, np.uint8)
    sx, sy, sz = patient.stretch
    x, y = (axes[2] / sx).astype(np.float32)[None, :], (axes[1] / sy).astype(np.float32)[:, None]
    outside = np.hypot(axes[1][:, None], axes[2][None, :]) > min(-axes[1][0], -axes[2][0]) + spacing[1]
    for k, height in enumerate(axes[0]):
        image = _draw(AxialSlice(x, y, float(height / sz)), patient, labels[k], spacing, arms)
        image = _scan(image, noise, np.random.default_rng([seed, k]))
        if padding:
            image[outside] = -1024.0
        voxels[k] = np.clip(np.rint(image), -1024, 3071)
    affine = affine_from_spacing(spacing)
    affine[:3, 3] = axes[2][0], axes[1][0], axes[0][0]
    identity = Identity(format="phantom", sha256=hashlib.sha256(voxels.data).hexdigest())
    return Phantom(Volume(voxels, affine, identity=identity), labels)


def _patient(rng: np.random.Generator) -> _Patient:
    x, y, z = rng.uniform(0.95, 1.03, 3).tolist()
    right, left = rng.uniform((-63.0, -81.0), (-53.0, -71.0)).tolist()
    arteries = [tube for hilum in anatomy.HILA for tube in tree(hilum, 12, 4.0, 5, rng)]
    veins = [tube for hilum in anatomy.HILA for tube in tree(hilum._replace(z=-12.0), 7, 3.2, 5, rng)]
    return _Patient((x, y, z), (right, left), rng.uniform(-875.0, -840.0), (*arteries, *veins), (*airways(arteries),))


def _draw(
    plane: AxialSlice, patient: _Patient, labels: NDArray[np.uint8], spacing: tuple[float, float, float], arms: bool
) -> Image:
    """Return one slice in HU and mark its lungs in `labels`."""
    edge = (spacing[1] + spacing[2]) / 2
    image = np.full(plane.shape, AIR, np.float32)
    cavity = anatomy.cavity(plane)
    below = anatomy.diaphragm(plane, patient.domes)
    _table(image, plane, edge)
    if arms:
        _arms(image, plane, edge)
    _wall(image, plane, cavity, edge)
    _abdomen(image, plane, cavity, below, edge)
    organs = _mediastinum(image, plane, edge)
    _spine(image, plane, edge)
    middle = smooth_min(organs, _spine_column(plane), 10.0)
    lung = smooth_max(smooth_max(cavity + 1.0, 2.0 - middle, 8.0), below * 0.7 + 1.5, 6.0)
    _lungs(image, plane, patient, lung, edge)
    inside = lung < 0
    labels[inside & (plane.x < 0)] = RIGHT
    labels[inside & (plane.x >= 0)] = LEFT
    return image


def _table(image: Image, plane: AxialSlice, edge: float) -> None:
    """Lay a curved couch under the patient: a hard skin over foam."""
    depth = plane.y - (122.0 - plane.x**2 / 2200.0)
    within = np.maximum(np.abs(depth - 14.0) - 14.0, np.abs(plane.x) - 185.0)
    paint(image, within, -180.0, edge)
    paint(image, within + 3.0, -930.0, edge)


def _arms(image: Image, plane: AxialSlice, edge: float) -> None:
    for side in (-1.0, 1.0):
        for radius, value in ((34.0, FAT), (28.0, MUSCLE), (11.0, CORTEX), (7.0, MARROW)):
            paint(image, ellipse(plane, side * 168.0, 30.0, 0.8 * radius, radius), value, edge)


def _wall(image: Image, plane: AxialSlice, cavity: Distance, edge: float) -> None:
    """Paint skin, fat, muscles, ribs and the bones of the shoulder, and fat inside the rib cage."""
    body = anatomy.body(plane)
    for depth, value in ((0.0, 25.0), (2.5, FAT)):
        paint(image, body + depth, value, edge)
    muscles = np.minimum.reduce([cavity - 17.0, *(shape.distance(plane) for shape in anatomy.MUSCLES)])
    paint(image, np.maximum(muscles, body + 5.0), MUSCLE, edge)
    for shape in anatomy.BONES:
        _bone(image, np.maximum(shape.distance(plane), body + 5.0), edge)
    _ribs(image, plane, cavity, edge)
    front = anatomy.outline(plane.z)[1]
    if -60.0 < plane.z < 95.0:
        _bone(image, ellipse(plane, 0.0, front[0] - front[2] - 9.0, 20.0, 6.0), edge)
    paint(image, cavity, FAT, edge)


def _bone(image: Image, distance: Distance, edge: float) -> None:
    paint(image, distance, CORTEX, edge)
    paint(image, distance + 2.0, MARROW, edge)


def _ribs(image: Image, plane: AxialSlice, cavity: Distance, edge: float) -> None:
    """Paint ribs in the wall; they slope down to the front and end there in cartilage."""
    if plane.z > 125.0:
        return
    period = 25.0
    height = plane.z - 0.55 * plane.y
    from_middle = (height + period / 2) % period - period / 2
    rib = np.hypot(from_middle * np.float32(0.62), cavity - 7.5) - 4.4
    cartilage = (plane.y < -52.0) & (np.abs(plane.x) < 72.0)
    _bone(image, np.where(cartilage, np.float32(99.0), rib), edge)
    paint(image, np.where(cartilage, rib, np.float32(99.0)), 105.0, edge)


def _abdomen(image: Image, plane: AxialSlice, cavity: Distance, below: Distance, edge: float) -> None:
    """Paint the organs under the diaphragm, with gas in the stomach and the colon."""
    under = np.maximum(cavity + 2.0, 3.0 - below * 0.7)
    paint(image, np.maximum(cavity, -below * 0.7), MUSCLE, edge)
    paint(image, under, FAT, edge)
    for organ in (*anatomy.ABDOMEN, anatomy.LIVER):
        distance = np.maximum(_union(organ, plane), under)
        paint(image, distance, organ.wall_hu if organ.wall else organ.hu, edge)
        paint(image, distance + organ.wall, organ.hu, edge)
    stomach = np.maximum(_union(anatomy.ABDOMEN[0], plane), under) + anatomy.ABDOMEN[0].wall
    paint(image, np.maximum(stomach, plane.y - anatomy.STOMACH_LEVEL), LUMEN, edge)


def _union(organ: Organ, plane: AxialSlice) -> Distance:
    union: Distance = np.minimum.reduce([shape.distance(plane) for shape in organ.shapes])
    return union


def _mediastinum(image: Image, plane: AxialSlice, edge: float) -> Distance:
    """Paint heart, great vessels, oesophagus and airways; return the distance from all of them and their fat."""
    whole: Distance = np.minimum.reduce([shape.distance(plane) for shape in anatomy.FILLING])
    for organ in anatomy.MEDIASTINUM:
        distance = _union(organ, plane)
        whole = smooth_min(whole, distance - organ.wall, 6.0)
        if organ.wall:
            paint(image, distance - organ.wall, organ.wall_hu, edge)
        paint(image, distance, organ.hu, edge)
    return whole


def _spine_column(plane: AxialSlice) -> Distance:
    y = anatomy.spine_y(plane.z)
    column: Distance = np.minimum(ellipse(plane, 0.0, y, 20.0, 16.0), ellipse(plane, 0.0, y + 34.0, 24.0, 26.0))
    return column


def _spine(image: Image, plane: AxialSlice, edge: float) -> None:
    """Paint the vertebra or, in each fifth of the height, the disc; then arch, processes and canal."""
    y = anatomy.spine_y(plane.z)
    paint(image, ellipse(plane, 0.0, y + 28.0, 30.0, 26.0), MUSCLE, edge)
    for a, b, back in ((32.0, 4.5, 27.0), (4.0, 14.0, 44.0), (14.0, 13.0, 23.0)):
        _bone(image, ellipse(plane, 0.0, y + back, a, b), edge)
    disc = plane.z % 25.0 < 5.0
    vertebra = ellipse(plane, 0.0, y, 18.0, 15.0)
    if disc:
        paint(image, vertebra, 95.0, edge)
    else:
        _bone(image, vertebra, edge)
    paint(image, ellipse(plane, 0.0, y + 23.0, 9.0, 8.0), 30.0, edge)


def _lungs(image: Image, plane: AxialSlice, patient: _Patient, lung: Distance, edge: float) -> None:
    """Paint parenchyma, denser towards the back where blood sinks, then the trees, cut at the surface."""
    # Vessels at the wall would otherwise soften the surface that the truth is taken from.
    paint(image, lung, patient.parenchyma + 0.3 * plane.y, edge)
    for tubes, wall, value in (
        (patient.vessels, 0.0, 45.0),
        (patient.airways, 0.9, 20.0),
        (patient.airways, 0.0, LUMEN),
    ):
        for tube in tubes:
            low, high = tube.heights()
            if low - 1.0 < plane.z < high + 1.0:
                window = tube.window(plane, wall + edge)
                part = AxialSlice(plane.x[:, window[1]], plane.y[window[0]], plane.z)
                paint(image[window], np.maximum(tube.distance(part) - wall, lung[window] + 1.0), value, edge)


def _scan(image: Image, noise: float, rng: np.random.Generator) -> Image:
    """Return the slice as a scanner gives it: blurred, and with noise as coarse as its kernel."""
    grain = _smooth(rng.standard_normal(image.shape, np.float32))
    return _smooth(image) + (noise / 0.375) * grain  # 0.375 is what the smoothing leaves of white noise


def _smooth(image: Image) -> Image:
    """Return `image` convolved with (1, 2, 1) / 4 along both axes, its border repeated."""
    for axis in (0, 1):
        padded = np.pad(image, [(1, 1) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
        before, middle, after = (np.take(padded, range(k, k + image.shape[axis]), axis) for k in range(3))
        image = (before + 2 * middle + after) / 4
    return image
