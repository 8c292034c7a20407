"""One row a scan, for a spreadsheet or a statistics program: what came of it, how it was made, all that was measured.

The columns are the same whatever the scans are; what is not known of one stays empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any, get_args

from pleura.batch.results import Outcome, error_data
from pleura.labels import BOTH_LUNGS, LUNGS
from pleura.measurement import Asymmetry, Density, Measurements
from pleura.measurement.regions import Part
from pleura.quality import ExpectedDice, Quality
from pleura.writing import Sidecar

Row = Mapping[str, str]
"""Column -> text."""

_STRUCTURES = (*(lung.name for lung in LUNGS), BOTH_LUNGS)
_OF_REGION = ("voxels", "volume_ml", "mass_g", *(field.name for field in fields(Density)))
_OF_CLUSTERS = ("count", "largest_mm2", "exponent")
_OF_SCAN = ("source", "series", "mask", "error", "message", "warnings", "number_warnings", "seconds")
_OF_QUALITY = ("verdict", "flags")
_OF_DICE = tuple(f"dice_{field.name}" for field in fields(ExpectedDice))
_OF_INPUT = ("format", "kind", "sha256", "slices", "rows", "columns", "spacing_z_mm", "spacing_y_mm", "spacing_x_mm")
_OF_MAKING = ("kernel", "contrast", "slice_thickness_mm", "model", "model_version")
_OF_PICTURE = ("area_cm2", "height_cm", "share_of_scan")
_ASYMMETRY = tuple(field.name for field in fields(Asymmetry))


def _prefix(structure: str, part: Part = "whole") -> str:
    """Return what the columns of a region begin with: ``right_lung_`` or ``right_lung_upper_third_by_height_``."""
    return f"{structure} {'' if part == 'whole' else f'{part} '}".replace(" ", "_")


def _columns() -> Iterator[str]:
    yield from (
        *_OF_SCAN,
        *_OF_QUALITY,
        *(f"{_prefix(structure)}{key}" for structure in _STRUCTURES for key in _OF_DICE),
        *_OF_INPUT,
        *_OF_MAKING,
        "left_to_right",
        "thoracic_width_cm",
        "perc15_at_6_l_g_per_l",
        *_ASYMMETRY,
    )
    for lung in LUNGS:
        yield from (f"{_prefix(lung.name)}{key}" for key in _OF_PICTURE)
    for part in get_args(Part):
        for structure in _STRUCTURES:
            yield from (f"{_prefix(structure, part)}{key}" for key in _OF_REGION)
            if part == "whole":
                yield from (f"{_prefix(structure)}clusters_{key}" for key in _OF_CLUSTERS)


COLUMNS = tuple(_columns())
"""Of every table, in their order."""


_TEXT = {
    *(name for name in _OF_SCAN if name != "seconds"),
    *_OF_QUALITY,
    *("format", "kind", "sha256", "kernel", "model", "model_version"),
}
_COUNTS = ("slices", "rows", "columns", "voxels", "clusters_count")


def column_type(name: str) -> type[str] | type[int] | type[float] | type[bool]:
    """Return what a column holds: text, whole numbers, numbers, or true and false."""
    if name in _TEXT:
        return str
    if name == "contrast":
        return bool
    return int if name.endswith(_COUNTS) else float


def row(outcome: Outcome) -> Row:
    """Return what came of a scan as text by column; of one that failed the error, and nothing measured."""
    found: dict[str, object] = {"source": outcome.job.given, "series": outcome.job.series}
    if outcome.error is not None:
        found |= {key: value for key, value in error_data(outcome.error).items() if key in {"error", "message"}}
        return as_text(found)
    found |= {"mask": outcome.mask, "warnings": _codes(outcome.warnings)}
    found |= {"seconds": round(sum(outcome.seconds.values()), 3) if outcome.seconds else None}
    found |= _of_sidecar(outcome.sidecar)
    if outcome.quality is not None:
        found |= _of_quality(outcome.quality)
    if outcome.acquisition is not None:
        made = outcome.acquisition
        found |= {"kernel": made.kernel, "contrast": made.contrast, "slice_thickness_mm": made.slice_thickness_mm}
    if outcome.measurements is not None:
        found |= _of_measurements(outcome.measurements)
    return as_text(found)


def _of_sidecar(sidecar: Sidecar) -> dict[str, object]:
    """Return what the sidecar says of the input and the model."""
    source, model, geometry = sidecar.get("input") or {}, sidecar.get("model"), sidecar.get("geometry") or {}
    shape, steps = (one if isinstance(one, list) else [] for one in (source.get("shape"), geometry.get("spacing_mm")))
    return {
        **{key: source.get(key) for key in ("format", "kind", "sha256")},
        **dict(zip(("slices", "rows", "columns"), shape, strict=False)),
        **dict(zip(("spacing_z_mm", "spacing_y_mm", "spacing_x_mm"), steps, strict=False)),
        **({"model": model.get("name"), "model_version": model.get("version")} if isinstance(model, dict) else {}),
    }


def _of_quality(quality: Quality) -> dict[str, object]:
    found: dict[str, object] = {"verdict": quality.verdict, "flags": _codes(quality.flags)}
    for name, dice in quality.dice.items():
        prefix = _prefix(BOTH_LUNGS if name == "lung" else name)  # the one lung of a mask without sides is both
        found |= {f"{prefix}dice_{key}": value for key, value in asdict(dice).items()}
    return found


def _of_measurements(measured: Measurements) -> dict[str, object]:
    found: dict[str, object] = {
        "number_warnings": _codes(measured.warnings),
        **measured.of_scan,
    }
    for size in measured.sizes:
        found |= {f"{_prefix(size.label.name)}{key}": size.figures[key] for key in _OF_PICTURE if size.covers_area}
    for region in measured.regions:
        # the one lung of a mask without sides is both
        prefix = _prefix(BOTH_LUNGS if region.structure == "lung" else region.structure, region.part)
        found |= {f"{prefix}{key}": value for key, value in region.figures.items()}
    return found


def _codes(notes: tuple[Any, ...]) -> str:
    return " ".join(note.code for note in notes)


def as_text(found: Mapping[str, object]) -> Row:
    """Return every column as text, those not known empty; other structures than lungs have no columns."""
    return {column: _text(found.get(column)) for column in COLUMNS}


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{round(value, 6) + 0.0:.10g}"
    return str(value)
