"""A quick stand-in for the network, and small scans that it segments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from PIL import Image

import pleura
import pleura.segmenter
from pleura.phantom import chest
from pleura.reading import read
from pleura.rendering import montage
from pleura.reporting import scan_pictures, sheet
from pleura.segmentation import Segmentation
from pleura.volume import Kind, Note, Volume


class Threshold:
    """Stands in for `Segmenter`: air is lung, right in the first half of the columns."""

    made: list[dict[str, Any]]
    segmented: list[str]

    def __init__(self, **options: Any) -> None:
        self.made.append(options)

    def __call__(self, source: Path | Volume, *, series: str | None = None) -> Segmentation:
        volume = source if isinstance(source, Volume) else read(source, series=series)
        self.segmented.append(volume.identity.sha256)
        air = volume.voxels < (60 if volume.kind is Kind.WINDOWED else -700)
        labels = air.astype(np.uint8)
        labels[..., labels.shape[-1] // 2 :] *= 2
        warnings = () if air.any() else (Note("no-lung", "no lung was found"),)
        labels = labels[0] if volume.is_picture else labels
        return Segmentation(labels, volume, warnings, {"read": 0.25}, self.provenance(volume))

    def provenance(self, volume: Volume) -> dict[str, Any]:
        program = {"name": "pleura", "version": pleura.__version__}
        source = {
            "format": volume.identity.format,
            "sha256": volume.identity.sha256,
            "series_uid": volume.identity.series_uid,
        }
        return {"program": program, "model": self.made[-1].get("model"), "input": source}


@pytest.fixture
def small_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw previews and pages with pictures of some pixels, for tests that look at no picture."""
    for module in (montage, scan_pictures):
        monkeypatch.setattr(module, "_TILE", 30)
        monkeypatch.setattr(module, "_TALL", 33)
        monkeypatch.setattr(module, "_PICTURE", 64)
    monkeypatch.setattr(sheet.draw_sheet, "__defaults__", (32,))


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch, small_pictures: None) -> list[dict[str, Any]]:
    """Replace the network; return the list of options with which it was loaded."""
    Threshold.made, Threshold.segmented = [], []
    monkeypatch.setattr(pleura.segmenter, "Segmenter", Threshold)
    return Threshold.made


@pytest.fixture(scope="session")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small chest as NIfTI."""
    volume = chest((24, 64, 64), (13.0, 6.0, 6.0)).volume
    path = tmp_path_factory.mktemp("scan") / "chest.nii.gz"
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ volume.affine[:, [2, 1, 0, 3]]
    nibabel.save(nibabel.Nifti1Image(volume.voxels.T, affine), path)
    return path


@pytest.fixture(scope="session")
def slice_picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an axial slice as an 8-bit picture."""
    voxels = chest((1, 128, 128), (5.0, 3.0, 3.0)).volume.voxels[0]
    grey = np.clip((voxels + 1250.0) / 1500.0 * 255.0, 0, 255).astype(np.uint8)
    path = tmp_path_factory.mktemp("picture") / "slice.png"
    Image.fromarray(grey).save(path)
    return path
