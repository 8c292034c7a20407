"""A case, read and aligned, sampled as the settings say and written as files of a data set, with its records."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array
from pleura.datasets.files import file_hash, write_slice, write_volume
from pleura.datasets.manifest import Record
from pleura.geometry import spacing_of
from pleura.preparation.sampling import plan_sampling
from pleura.preparation.settings import Settings
from pleura.reading.intensity import AIR
from pleura.volume import Affine, Kind, Volume

_ID_DIGITS = 16
"""Hexadecimal digits of a content hash that make an id."""
_LEAST_CROPPED = 0.001
"""Share of a mask beyond the crop that is worth a look; less is the rounding of an edge."""


@dataclass(frozen=True, eq=False)
class AlignedCase:
    """An image and its labels on one grid, in axial order: to the head, to the back, to the left.

    Attributes
    ----------
    image : (z, y, x)
    labels : on the same grid, 0 background; None where there is no mask
    sides : True where right and left are distinguished
    notes : codes of what was found and done
    source_sha256 : of the files that it was read from
    pixels : sha256 of the voxels as they were read
    """

    image: Volume
    labels: NDArray[np.uint8] | None
    sides: bool
    notes: frozenset[str]
    source_sha256: str
    pixels: str


@dataclass(frozen=True, eq=False)
class SampledCase:
    """What is written of a case: `values` and `labels` (z, y, x), their affine, and spacing along (x, y, z) in mm."""

    id: str
    kind: Kind
    values: Array
    labels: NDArray[np.uint8] | None
    affine: Affine
    spacing: tuple[float, ...] | None
    notes: tuple[str, ...]


def sample_case(case: AlignedCase, settings: Settings) -> SampledCase:
    """Resample, crop and window a case as the settings say."""
    image, sampling = case.image, plan_sampling(case.image, settings)
    is_hu = image.kind is Kind.HU
    window = settings.window if is_hu else None
    values = _in_range(sampling.image(image.voxels, AIR if is_hu else 0), image.kind, window)
    labels = None if case.labels is None else sampling.labels(case.labels)
    affine = sampling.affine(image.affine)
    spacing = tuple(round(step, 4) for step in reversed(spacing_of(affine))) if image.spacing_known else None
    content = case.pixels.encode() + values.tobytes() + (b"" if labels is None else labels.tobytes())
    cut = case.labels is not None and sampling.cropped(case.labels) > _LEAST_CROPPED
    notes = case.notes | {"mask-cropped"} if cut else case.notes
    return SampledCase(
        id=hashlib.sha256(content).hexdigest()[:_ID_DIGITS],
        kind=Kind.WINDOWED if window else image.kind,
        values=values,
        labels=labels,
        affine=affine,
        spacing=spacing,
        notes=tuple(sorted(notes)),
    )


def save_case(case: AlignedCase, sampled: SampledCase, dest: Path, *, as_volume: bool) -> Iterator[Record]:
    """Write a case as one volume, or as a file for each slice."""
    if as_volume:
        image, mask = f"images/{sampled.id}.nii.gz", f"masks/{sampled.id}.nii.gz"
        write_volume(dest / image, sampled.values, sampled.affine)
        if sampled.labels is not None:
            write_volume(dest / mask, sampled.labels, sampled.affine)
        yield _record(case, sampled, dest, image, mask, sampled.values.shape[::-1])
        return
    for k, plane in enumerate(sampled.values):
        alone = len(sampled.values) == 1
        name = sampled.id if alone else f"{sampled.id}_{k:03d}"
        image, mask = f"images/{name}{'.tif' if sampled.kind is Kind.HU else '.png'}", f"masks/{name}.png"
        write_slice(dest / image, plane)
        if sampled.labels is not None:
            write_slice(dest / mask, sampled.labels[k])
        record = _record(case, sampled, dest, image, mask, plane.shape)
        yield record if alone else replace(record, id=name, volume=sampled.id, index=k)


def _record(
    case: AlignedCase, sampled: SampledCase, dest: Path, image: str, mask: str, shape: tuple[int, ...]
) -> Record:
    """Return the record of a file of `shape`, which is that of a volume (x, y, z) or of a slice (rows, columns)."""
    return Record(
        id=sampled.id,
        image=image,
        mask=None if sampled.labels is None else mask,
        shape=shape,
        spacing=sampled.spacing and sampled.spacing[: len(shape)],
        kind=sampled.kind.value,
        sides=case.sides,
        sha256=file_hash((dest / image,)),
        source_sha256=case.source_sha256,
        pixels=case.pixels,
        notes=sampled.notes,
    )


def _in_range(values: NDArray[np.float32], kind: Kind, window: tuple[float, float] | None) -> Array:
    """Return int16 HU, or 8-bit grey: HU stretched from the window, pictures as they are."""
    if window is not None:
        values = (values - np.float32(window[0])) * np.float32(255 / (window[1] - window[0]))
    elif kind is Kind.HU:
        return np.rint(values).astype(np.int16)
    return np.rint(np.clip(values, 0, 255)).astype(np.uint8)
