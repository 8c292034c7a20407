"""A mask that is read has the quality that was stated when it was made, unless it was changed since."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pleura.phantom import chest
from pleura.quality import Quality, with_stated_quality
from pleura.reading import read_labels
from pleura.segmentation import Segmentation
from pleura.volume import input_fields
from pleura.writing import sidecar_path


def test_quality_goes_with_the_mask_as_it_was_made(tmp_path: Path) -> None:
    phantom = chest((8, 32, 32), (30.0, 12.0, 12.0))
    provenance = {"input": input_fields(phantom.volume)}
    made = Segmentation(phantom.labels, phantom.volume, provenance=provenance, quality=Quality("check"))
    mask = made.write(tmp_path / "lungs.nii.gz")
    assert with_stated_quality(read_labels(mask, grid=made.volume), mask).quality == Quality("check")
    stated = sidecar_path(mask).read_bytes()
    labels = made.labels.copy()
    labels[:2] = 0
    replace(made, labels=labels).write(mask)  # corrected by a program that leaves the sidecar
    sidecar_path(mask).write_bytes(stated)
    assert with_stated_quality(read_labels(mask, grid=made.volume), mask).quality is None
