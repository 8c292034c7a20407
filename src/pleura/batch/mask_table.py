"""Rows of a table from masks: all that is measured where their scans are at hand, else sizes, parts and warnings."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from pleura.batch.plan import Job
from pleura.batch.results import Outcome
from pleura.batch.scan_of_mask import ScansOfMasks
from pleura.batch.table import Row, row
from pleura.errors import UnreadableInput, UnsuitableInput
from pleura.quality import read_quality
from pleura.reading import LabelMap, read_label_map, read_labels
from pleura.reading.dicom.lungs import lung_values, object_class, object_names
from pleura.reading.dicom.seg import read_seg
from pleura.reading.dicom.sop_classes import STRUCTURE_SET
from pleura.segmentation import Segmentation
from pleura.volume import Kind, Note, Volume
from pleura.writing import Sidecar, read_sidecar, sidecar_path
from pleura.writing.sidecar import is_as_made
from pleura.writing.signature import is_mask_output


def masks_in(paths: Sequence[str]) -> list[str]:
    """Return the masks that are meant: files as they are, and of folders, subfolders included, what `pleura` wrote.

    Raises
    ------
    UnreadableInput
        There is no mask in a folder (`no-mask-there`).
    """
    found: dict[str, str] = {}
    for path in paths:
        masks = [path]
        if Path(path).is_dir():
            masks = [str(file) for file in sorted(Path(path).rglob("*")) if file.is_file() and is_mask_output(file)]
            if not masks:
                text = f"{path}: the folder holds no mask that pleura wrote; name the files of others"
                raise UnreadableInput(text, code="no-mask-there")
        found |= {os.path.normpath(mask): mask for mask in masks}
    return list(found.values())


@dataclass(frozen=True)
class MaskRow:
    """A mask in a table; it is its own source.

    Attributes
    ----------
    row : of the table
    error : why nothing was measured, or None
    without_scan : why no densities were, or None
    """

    row: Row
    error: Exception | None = None
    without_scan: Exception | None = None


def rows_of_masks(masks: Sequence[str], scans: ScansOfMasks) -> Iterator[MaskRow]:
    """Yield the row of each mask, measured on its scan where that is known."""
    for number, mask in enumerate(masks, start=1):
        job = Job(Path(mask), mask)
        without_scan: Exception | None = None
        try:
            sidecar = read_sidecar(sidecar_path(job.source)) or {}
            try:
                volume = scans.scan_of(job.source, sidecar)
                result = read_labels(job.source, grid=volume)
            except Exception as error:
                without_scan = error
                result = _on_its_own_grid(job.source, str((sidecar.get("input") or {}).get("kind", "")))
            outcome = _measured(number, job, result, sidecar)
        except Exception as error:
            outcome = Outcome(number, job, error=error)
        yield MaskRow(row(outcome), outcome.error, without_scan)


def _measured(number: int, job: Job, result: Segmentation, sidecar: Sidecar) -> Outcome:
    """Return a mask with what it measures, what its sidecar states, warnings among it, and those of reading it."""
    stated = tuple(Note(str(one.get("code")), str(one.get("message"))) for one in sidecar.get("warnings", ()))
    warnings = tuple(dict.fromkeys((*stated, *result.warnings)))
    quality = read_quality(sidecar) if is_as_made(job.source, sidecar) else None  # not of a mask corrected since
    result = replace(result, warnings=warnings, quality=quality)
    return Outcome(
        number,
        job,
        {"nifti": job.source},
        sidecar=sidecar or {"input": {"shape": list(result.volume.shape)}},
        measurements=result.measurements,
        acquisition=result.volume.acquisition,
        warnings=warnings,
        quality=quality,
    )


def _on_its_own_grid(path: Path, kind: str) -> Segmentation:
    """Return a mask as that of a scan without values on the mask's own grid."""
    label_map = _with_grid(path)
    grid = Volume(
        label_map.voxels,
        label_map.affine,
        kind=Kind.RADIOGRAPH if kind == Kind.RADIOGRAPH else Kind.WINDOWED,
        is_picture=label_map.is_picture,
        spacing_known=label_map.placed,
    )
    return read_labels(path, grid=grid)


def _with_grid(path: Path) -> LabelMap:
    """Return a mask and its grid.

    A DICOM segmentation holds the slices that it marks; one more at either end keeps it from looking cut.

    Raises
    ------
    UnsuitableInput : contours, which have no grid (`no-grid`)
    """
    if object_class(path) == STRUCTURE_SET:
        text = f"{path}: contours hold no grid to measure them on; pleura measure SCAN MASK does on that of their scan"
        raise UnsuitableInput(text, code="no-grid")
    if not object_class(path):
        return read_label_map(path)
    found = read_seg(path, lung_values(object_names(path)))
    if not found.placed:
        return found
    affine = found.affine.copy()
    affine[:3, 3] -= affine[:3, 0]
    return replace(found, voxels=np.pad(found.voxels, ((1, 1), (0, 0), (0, 0))), affine=affine)
