"""The road: a path, a volume or an array in, right and left lung on its own grid out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pleura
from pleura.errors import UnsuitableInput
from pleura.inference.backends import available_threads, make_backend
from pleura.inference.bundle import load_bundle
from pleura.inference.checks import find_warnings
from pleura.inference.cleanup import clean
from pleura.inference.locate import locate_lungs
from pleura.inference.planes import sample_planes
from pleura.inference.restore import restore
from pleura.inference.scores import score_planes
from pleura.reading import read
from pleura.reading.array import from_array
from pleura.segmentation import Segmentation
from pleura.volume import Kind, Volume, axial_order, to_axial

Source = str | Path | Volume | NDArray[Any]


class Segmenter:
    """A model, loaded once, that segments any number of scans.

    Parameters
    ----------
    model : folder of a bundle; the shipped one if None
    backend : "auto", "onnxruntime", "openvino" or "torch"
    device : "auto", "cpu", "cuda" or "mps"
    threads : processor threads; all that this process may use if None
    """

    def __init__(
        self,
        *,
        model: str | Path | None = None,
        backend: str = "auto",
        device: str = "auto",
        threads: int | None = None,
    ) -> None:
        self.bundle = load_bundle(model)
        self.threads = threads or available_threads()
        self.backend, self._run = make_backend(self.bundle, backend=backend, device=device, threads=self.threads)

    def __call__(
        self, source: Source, *, spacing: Sequence[float] | None = None, series: str | None = None
    ) -> Segmentation:
        """Return the lungs of one scan.

        Parameters
        ----------
        source : a path, a `Volume`, or an array (z, y, x) whose axes run to the head, back and left; (y, x) for one
            slice
        spacing : millimetres along (z, y, x), with an array only
        series : SeriesInstanceUID, where a DICOM folder holds several

        Raises the named errors of `pleura.errors`.
        """
        clock = _Clock()
        volume = _as_volume(source, spacing, series)
        if volume.kind is Kind.RADIOGRAPH:
            raise UnsuitableInput("a radiograph: this model knows CT only", code="radiograph")
        clock.lap("read")
        slices = to_axial(volume.voxels, volume.affine)
        axes, _ = axial_order(volume.affine)
        step, *pixel = (volume.spacing[axis] for axis in axes)
        square = locate_lungs(slices, (pixel[0], pixel[1]), volume.kind, self.bundle, self._run, self.threads)
        clock.lap("locate")
        planes = sample_planes(slices, square, volume.kind, self.bundle, self.threads)
        clock.lap("prepare")
        known_step = step if volume.spacing_known else None
        lung, away = score_planes(planes, known_step, self.bundle.context_mm, self._run)
        del planes
        clock.lap("network")
        cleaned = clean(lung, away)
        del lung, away
        clock.lap("clean")
        labels = np.zeros(volume.shape, np.uint8)
        restore(cleaned, square, to_axial(labels, volume.affine), self.bundle, self.threads)
        clock.lap("restore")
        return Segmentation(
            labels=labels[0] if volume.planar else labels,
            volume=volume,
            warnings=find_warnings(cleaned.labels, planar=volume.planar),
            timings=clock.laps,
            provenance=self._provenance(volume),
        )

    def _provenance(self, volume: Volume) -> dict[str, Any]:
        model = {"name": self.bundle.name, "version": self.bundle.version, "sha256": self.bundle.sha256}
        source = {
            "format": volume.identity.format,
            "sha256": volume.identity.sha256,
            "series_uid": volume.identity.series_uid,
            "kind": volume.kind.value,
            "shape": list(volume.shape),
        }
        program = {"name": "pleura", "version": pleura.__version__}
        return {"program": program, "model": model, "parameters": {"backend": self.backend}, "input": source}


def segment(
    source: Source,
    *,
    spacing: Sequence[float] | None = None,
    series: str | None = None,
    model: str | Path | None = None,
    backend: str = "auto",
    device: str = "auto",
    threads: int | None = None,
) -> Segmentation:
    """Return the right and left lung of one scan; for many scans make a `Segmenter` once.

    `source`, `spacing` and `series` are described at `Segmenter.__call__`, the rest at `Segmenter`.
    """
    segmenter = Segmenter(model=model, backend=backend, device=device, threads=threads)
    return segmenter(source, spacing=spacing, series=series)


def _as_volume(source: Source, spacing: Sequence[float] | None, series: str | None) -> Volume:
    if isinstance(source, Volume):
        return source
    if isinstance(source, np.ndarray):
        return from_array(source, spacing)
    return read(source, series=series)


class _Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.laps[stage] = now - self._last
        self._last = now
