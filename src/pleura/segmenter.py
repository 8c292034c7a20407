"""The pipeline: a path, a volume or an array in, right and left lung on its own grid out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pleura.conventions import QUALITY_MODES, BackendName, Convention, Device, Modality, QualityMode
from pleura.errors import InvalidOption
from pleura.inference.backends import cpu_count
from pleura.inference.bundle import SHIPPED_FOR, Bundle
from pleura.inference.clock import Clock
from pleura.inference.load import check_kind, load_model
from pleura.inference.model import Model, Prediction
from pleura.inference.provenance import model_provenance
from pleura.modality.resolve import resolve_for_kinds, resolve_kind
from pleura.quality import QualityJudge
from pleura.reading.source import Source, as_volume
from pleura.segmentation import Provenance, Segmentation
from pleura.volume import Kind, Note, Volume


class Segmenter:
    """A model, loaded once, that segments any number of scans.

    Parameters
    ----------
    model : folder of a bundle, or the name of a shipped one; if None, the shipped one that fits: for CT, or for
        radiographs
    modality : "ct" or "cr" where it is known what pictures show; "auto" takes it from headers, else from the picture
    convention : what a mask of a radiograph holds: "heart-included", to the spine, or "heart-excluded", the lung fields
    backend : "auto", "onnxruntime", "onnxruntime-int8", "openvino" or "torch"
    device : "auto", "cpu", "cuda" or "mps"
    threads : processor threads; one for each core that this process may use if None, and never more
    quality : how the quality of a mask is judged: "fast", "full" (by the mirror image too), or "off"

    Attributes
    ----------
    model : the model that was chosen, or else the shipped one for CT
    """

    def __init__(
        self,
        *,
        model: str | Path | None = None,
        modality: Modality = "auto",
        convention: Convention = "",
        backend: BackendName = "auto",
        device: Device = "auto",
        threads: int | None = None,
        quality: QualityMode = "fast",
    ) -> None:
        if quality not in QUALITY_MODES:
            raise InvalidOption(f"quality {quality}: choose from {', '.join(QUALITY_MODES)}", code="unknown-quality")
        self.quality = quality
        self.modality, self.convention, self.threads = modality, convention, cpu_count(threads)
        self._is_chosen, self._backend, self._device = model is not None, backend, device
        self.model = self._load(model)
        self._models = dict.fromkeys(self.model.bundle.kinds, self.model)

    @property
    def bundle(self) -> Bundle:
        """What the model says of itself."""
        return self.model.bundle

    def __repr__(self) -> str:
        return f"Segmenter({self.bundle.name} {self.bundle.version}, {self.model.backend}, {self.threads} threads)"

    def __call__(
        self, source: Source, *, spacing: Sequence[float] | None = None, series: str | int | None = None
    ) -> Segmentation:
        """Return the lungs of one scan.

        Parameters
        ----------
        source : a path, a `Volume`, an image, or an array (z, y, x) to head, back and left; (y, x) for one slice
        spacing : millimetres along (z, y, x), with an array only
        series : which series, where a DICOM folder holds several, as listed by the error that asks for it

        Raises the named errors of `pleura.errors`.
        """
        return self._segment(source, spacing, series, with_probability=False)[0]

    def with_probability(
        self, source: Source, *, spacing: Sequence[float] | None = None, series: str | int | None = None
    ) -> tuple[Segmentation, NDArray[np.uint8]]:
        """Return the lungs of one scan, and how likely each voxel is to belong to any structure.

        That is (z, y, x) uint8 on the scan's own grid, 255 for certain: what the network says before the mask is
        cleaned, from which evaluation draws its threshold curves. Parameters and errors are those of a call.
        """
        segmentation, prediction = self._segment(source, spacing, series, with_probability=True)
        assert prediction.probability is not None  # it was asked for
        return segmentation, prediction.probability.on_scan(segmentation.volume)

    def _segment(
        self, source: Source, spacing: Sequence[float] | None, series: str | int | None, *, with_probability: bool
    ) -> tuple[Segmentation, Prediction]:
        clock = Clock()
        volume, case_warnings = self._resolved(as_volume(source, spacing, series))
        clock.lap("read")
        model = self.model_for(volume.kind)
        if model is not self.model:
            clock.lap("load")
        volume = self._with_convention_note(volume, model)
        judge = QualityJudge(self.quality, volume, case_warnings, model.bundle.sha256)
        prediction = model.predict(
            volume, clock, with_probability=with_probability, judge=None if judge.mode == "off" else judge
        )
        segmentation = Segmentation(
            labels=prediction.labels[0] if volume.is_picture else prediction.labels,
            volume=volume,
            warnings=(*case_warnings, *prediction.warnings),
            timings=clock.laps,
            provenance={**self._provenance(model, volume), **prediction.changes},
            structures=prediction.structures,
            quality=judge.quality,
        )
        return segmentation, prediction

    def provenance(self, volume: Volume) -> Provenance:
        """Return what a segmentation of the volume would state of program, model, parameters and input."""
        resolved, _ = self._resolved(volume)
        return self._provenance(self.model_for(resolved.kind), resolved)

    def _provenance(self, model: Model, volume: Volume) -> Provenance:
        return model_provenance(model, volume, self.modality, self.convention, self.quality)

    def model_for(self, kind: Kind) -> Model:
        """Return the model for a kind of scan, a shipped one loaded when the first scan of its kind comes.

        Raises `UnsuitableInput` where a model was chosen that does not know the kind.
        """
        if self._is_chosen:
            check_kind(self.bundle, kind)
            return self.model
        if kind not in self._models:
            self._models[kind] = self._load(SHIPPED_FOR[kind])
        return self._models[kind]

    def _load(self, name: str | Path | None) -> Model:
        return load_model(
            name, convention=self.convention, backend=self._backend, device=self._device, threads=self.threads
        )

    def _resolved(self, volume: Volume) -> tuple[Volume, tuple[Note, ...]]:
        """Return the volume with its kind settled, and warnings; a chosen model takes it for what it knows."""
        if self._is_chosen:
            return resolve_for_kinds(volume, self.bundle.kinds)
        return resolve_kind(volume, self.modality)

    def _with_convention_note(self, volume: Volume, model: Model) -> Volume:
        """Note on the volume that its mask follows no convention, where one was asked for."""
        if not self.convention or model.bundle.conventions:
            return volume
        text = f"{self.convention} is a convention of radiographs; this is none, and it was ignored"
        return replace(volume, notes=(*volume.notes, Note("convention-ignored", text)))
