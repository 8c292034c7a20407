"""What has to be known of a mask to trust it later, as JSON: made by what, from what, on which grid, holding how much.

It identifies the scan by its content and its DICOM UIDs, and the mask by its size and hash. It holds no patient, no
file name, no clock and no duration, so the same scan gives the same bytes on any day.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, TypeGuard

from pleura import __version__
from pleura.files import file_hash
from pleura.labels import BACKGROUND, have_sides
from pleura.measurement import Size
from pleura.segmentation import Provenance, Segmentation
from pleura.volume import Kind, Note, Volume

_PARTS = ("program", "geometry", "mask")
"""Objects without which a sidecar says nothing of its mask."""


class Sidecar(Provenance, total=False):
    """What a sidecar states of its mask: first its making, see `Provenance`.

    Attributes
    ----------
    geometry : axes, shape, spacing and affine of the grid
    labels : value, name and size of each structure, background first
    left_to_right : of the areas of a radiograph's lungs
    quality : `pleura.quality.Quality.data`
    warnings, notes : code and message
    mask : `fingerprint` of its file, and how it is written
    """

    geometry: Mapping[str, object]
    labels: Sequence[Mapping[str, object]]
    left_to_right: float | None
    quality: Mapping[str, object]
    warnings: Sequence[Mapping[str, str]]
    notes: Sequence[Mapping[str, str]]
    mask: Mapping[str, int | str]


def sidecar_fields(segmentation: Segmentation) -> Sidecar:
    """Return the sidecar as plain lists, dicts, strings and numbers."""
    volume, measured = segmentation.volume, segmentation.sizes
    compared = volume.kind is Kind.RADIOGRAPH and have_sides(segmentation.structures)
    found: Sidecar = {
        "program": {"name": "pleura", "version": __version__},
        **segmentation.provenance,  # type: ignore[typeddict-item]  # it might hold other keys of a sidecar, and does not
        "geometry": _geometry(volume),
        "labels": [{"value": BACKGROUND, "name": "background"}, *map(_label, measured.sizes)],
    }
    if compared:
        found["left_to_right"] = _rounded(measured.left_to_right, 4)
    if segmentation.quality:
        found["quality"] = segmentation.quality.data()
    found["warnings"], found["notes"] = _notes(segmentation.warnings), _notes(volume.notes)
    return found


def sidecar_path(mask: Path) -> Path:
    """Return where the JSON of a mask lies: the name of the mask, and `.json`."""
    return mask.with_name(f"{mask.name}.json")


def write_sidecar(segmentation: Segmentation, mask: Mapping[str, int | str], file: BinaryIO) -> None:
    """Write the sidecar as JSON (RFC 8259), indented for people, with the `fingerprint` of the mask's file."""
    found = {**sidecar_fields(segmentation), "mask": mask}
    file.write(json.dumps(found, indent=2, allow_nan=False).encode() + b"\n")


def read_sidecar(path: Path) -> Sidecar | None:
    """Return the sidecar at `path`, or None where there is none, or none that holds together."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if _holds_together(found) else None


def _holds_together(found: object) -> TypeGuard[Sidecar]:
    """Say whether a sidecar has all its parts, and what is read of them is of the types that were written."""
    if not isinstance(found, dict):
        return False
    source, warnings = found.get("input", {}), found.get("warnings", [])
    if not all(isinstance(part, dict) for part in (source, *(found.get(key) for key in _PARTS))):
        return False
    lists = source.get("shape"), found["geometry"].get("spacing_mm")
    if not isinstance(warnings, list) or not all(isinstance(one, list | None) for one in lists):
        return False
    return all(isinstance(one, dict) and _is_text(one.get("code"), one.get("message")) for one in warnings)


def _is_text(*values: object) -> bool:
    return all(isinstance(value, str) for value in values)


def matches(found: Sidecar, volume: Volume) -> bool:
    """Say whether a sidecar is that of a mask of this volume: equal voxels of the same series on the same grid."""
    source = found["input"] if isinstance(found.get("input"), dict) else {}
    stated = source.get("sha256", ""), source.get("series_uid", ""), found["geometry"]
    return stated == (volume.identity.sha256, volume.identity.series_uid, _geometry(volume))


def with_stated_model(segmentation: Segmentation, mask: Path) -> Segmentation:
    """Return a mask that was read with the model that its sidecar names, where it is as that model made it.

    Parameters
    ----------
    mask : the file that it was read from; one that was changed since, or is of another scan, has no model
    """
    known = sidecar_of(mask, segmentation.volume)
    if known is None or not isinstance(known.get("model"), dict):
        return segmentation
    return replace(segmentation, provenance={**segmentation.provenance, "model": known["model"]})


def sidecar_of(mask: Path, volume: Volume) -> Sidecar | None:
    """Return the sidecar of a mask; None where the mask was changed since, or is that of another volume."""
    known = read_sidecar(sidecar_path(mask)) if mask.is_file() else None
    return known if known is not None and matches(known, volume) and is_as_made(mask, known) else None


def is_as_made(mask: Path, sidecar: Sidecar) -> bool:
    """Say whether a mask is the one that its sidecar was written with: by size and hash; with no sidecar it is none."""
    return bool(sidecar) and fingerprint(mask).items() <= sidecar["mask"].items()


def fingerprint(mask: Path) -> dict[str, int | str]:
    """Return size and hash of a mask's file, or of the files of a folder by their names, by which it is known again."""
    if mask.is_dir():
        parts = {file.name: fingerprint(file) for file in sorted(mask.iterdir())}
        digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
        return {"bytes": sum(int(part["bytes"]) for part in parts.values()), "sha256": digest}
    return {"bytes": mask.stat().st_size, "sha256": file_hash(mask)}


def _label(size: Size) -> dict[str, object]:
    return {
        "value": size.label.value,
        "name": size.label.name,
        "snomed_ct": size.label.snomed,
        "colour": list(size.label.colour),
        "voxels": size.voxels,
        "ml": _rounded(size.ml),
        "cm2": _rounded(size.cm2),
        "share": _rounded(size.share, 6) if size.covers_area else None,
        "height_cm": _rounded(size.height_cm),
    }


def _rounded(value: float | None, digits: int = 3) -> float | None:
    return None if value is None else round(value, digits)


def _geometry(volume: Volume) -> dict[str, object]:
    return {
        "axes": "slices, rows, columns" if not volume.is_picture else "rows, columns",
        "shape": list(volume.shape[1:] if volume.is_picture else volume.shape),
        "spacing_mm": [round(step, 6) for step in volume.spacing] if volume.spacing_known else None,
        "affine_lps": volume.affine.tolist(),
    }


def _notes(notes: Sequence[Note]) -> list[dict[str, str]]:
    return [{"code": note.code, "message": note.message} for note in notes]
