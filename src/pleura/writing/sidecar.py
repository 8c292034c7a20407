"""What has to be known of a mask to trust it later, as JSON: made by what, from what, on which grid, holding how much.

It tells the scan by its content and its DICOM UIDs, and the mask by its size and hash. It holds no patient, no file
name, no clock and no duration, so the same scan gives the same bytes on any day.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from pleura import __version__
from pleura.labels import BACKGROUND, LUNGS, Label, rotation_to_upright
from pleura.segmentation import Segmentation
from pleura.volume import Kind, Note, Volume

_PARTS = ("program", "geometry", "mask")
"""Objects without which a sidecar says nothing of its mask."""


def sidecar_fields(segmentation: Segmentation) -> dict[str, Any]:
    """Return the sidecar as plain lists, dicts, strings and numbers."""
    volume = segmentation.volume
    return {
        "program": {"name": "pleura", "version": __version__},
        **segmentation.provenance,
        "geometry": _geometry(volume),
        "labels": [
            {"value": BACKGROUND, "name": "background"},
            *(_label(segmentation, label) for label in segmentation.structures),
        ],
        **({"left_to_right": _rounded(left_to_right(segmentation), 4)} if _has_sides(segmentation) else {}),
        "warnings": _notes(segmentation.warnings),
        "notes": _notes(volume.notes),
    }


def write_sidecar(segmentation: Segmentation, mask: Mapping[str, Any], file: BinaryIO) -> None:
    """Write the sidecar as JSON (RFC 8259), indented for people, with the `fingerprint` of the mask's file."""
    found = {**sidecar_fields(segmentation), "mask": mask}
    file.write(json.dumps(found, indent=2, allow_nan=False).encode() + b"\n")


def read_sidecar(path: Path) -> dict[str, Any] | None:
    """Return the sidecar at `path`, or None where there is none, or none that holds together."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and all(isinstance(found.get(key), dict) for key in _PARTS) else None


def matches(found: Mapping[str, Any], volume: Volume) -> bool:
    """Say whether a sidecar is that of a mask of this volume: the same voxels of the same series in the same place."""
    source = found["input"] if isinstance(found.get("input"), dict) else {}
    stated = source.get("sha256", ""), source.get("series_uid", ""), found["geometry"]
    return stated == (volume.identity.sha256, volume.identity.series_uid, _geometry(volume))


def fingerprint(mask: Path) -> dict[str, Any]:
    """Return size and hash of a mask's file, by which it is known again."""
    with mask.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"bytes": mask.stat().st_size, "sha256": digest}


def millilitres(segmentation: Segmentation, label: int) -> float | None:
    """Return the volume of the voxels with `label`, or None for a single picture, a radiograph or unknown spacing."""
    volume = segmentation.volume
    if has_area(volume) or not volume.spacing_known:
        return None
    voxel = abs(float(np.linalg.det(volume.affine[:3, :3])))
    return _count(segmentation, label) * voxel / 1000.0


def square_centimetres(segmentation: Segmentation, label: int) -> float | None:
    """Return the area of the pixels with `label` in a single picture, or None for a volume or unknown spacing."""
    volume = segmentation.volume
    if not has_area(volume) or not volume.spacing_known:
        return None
    return _count(segmentation, label) * volume.spacing[1] * volume.spacing[2] / 100.0


def share(segmentation: Segmentation, label: int) -> float:
    """Return which part of all voxels, or pixels, have `label`: what can be said where no spacing is known."""
    return _count(segmentation, label) / segmentation.labels.size


def has_area(volume: Volume) -> bool:
    """Say whether what is marked covers an area, not a volume; a radiograph may be stored as a volume of one slice."""
    return volume.planar or volume.kind is Kind.RADIOGRAPH


def height(segmentation: Segmentation, label: int) -> float | None:
    """Return how many centimetres along the patient the label spans in a radiograph of known spacing, else None.

    A patient who stands is measured along the rows of the picture, one turned by a quarter along its columns.
    """
    volume = segmentation.volume
    labels = segmentation.labels if volume.planar else segmentation.labels[0]
    if volume.kind is not Kind.RADIOGRAPH or not volume.spacing_known:
        return None
    turned = segmentation.structures == LUNGS and rotation_to_upright(labels) in {1, 3}
    found = np.flatnonzero((labels == label).any(axis=0 if turned else 1))
    return float(found[-1] - found[0] + 1) * volume.spacing[2 if turned else 1] / 10.0 if found.size else 0.0


def left_to_right(segmentation: Segmentation) -> float | None:
    """Return what the left lung of a radiograph measures of the right, by area; None where there is none to compare."""
    if not _has_sides(segmentation):
        return None
    right, left = (_count(segmentation, label.value) for label in LUNGS)
    return left / right if right else None


def _has_sides(segmentation: Segmentation) -> bool:
    """Say whether it is a radiograph of lungs."""
    return segmentation.volume.kind is Kind.RADIOGRAPH and segmentation.structures == LUNGS


def _count(segmentation: Segmentation, label: int) -> int:
    """Count voxels slice by slice, so that no mask of the whole volume is made."""
    labels = segmentation.labels
    return sum(int(np.count_nonzero(plane == label)) for plane in (labels if labels.ndim == 3 else labels[None]))


def _label(segmentation: Segmentation, label: Label) -> dict[str, Any]:
    return {
        "value": label.value,
        "name": label.name,
        "snomed_ct": label.snomed,
        "colour": list(label.colour),
        "voxels": _count(segmentation, label.value),
        "ml": _rounded(millilitres(segmentation, label.value)),
        "cm2": _rounded(square_centimetres(segmentation, label.value)),
        "share": _rounded(share(segmentation, label.value), 6) if has_area(segmentation.volume) else None,
        "height_cm": _rounded(height(segmentation, label.value)),
    }


def _rounded(value: float | None, digits: int = 3) -> float | None:
    return None if value is None else round(value, digits)


def _geometry(volume: Volume) -> dict[str, Any]:
    return {
        "axes": "slices, rows, columns" if not volume.planar else "rows, columns",
        "shape": list(volume.shape[1:] if volume.planar else volume.shape),
        "spacing_mm": [round(step, 6) for step in volume.spacing] if volume.spacing_known else None,
        "affine_lps": volume.affine.tolist(),
    }


def _notes(notes: Sequence[Note]) -> list[dict[str, str]]:
    return [{"code": note.code, "message": note.message} for note in notes]
