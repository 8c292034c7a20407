"""Any structures from radiographs or slices: a network gives the probability of each class, the likeliest is taken."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pleura.conventions import QualityMode
from pleura.geometry import to_axial
from pleura.inference.clock import Clock
from pleura.inference.evidence import Evidence, MirroredPrediction, picture_evidence
from pleura.inference.mask_warnings import label_warnings
from pleura.inference.model import GridProbability, Judge, Planes, Prediction, SliceModel
from pleura.inference.postprocess_probability import Batches, clean_probabilities
from pleura.inference.predict import probability_batches
from pleura.inference.probability import likeliest
from pleura.inference.resample import argmax_on_scan
from pleura.inference.upright import predict_upright
from pleura.labels import of_lungs
from pleura.volume import Kind, Volume


class ProbabilityModel(SliceModel):
    """A model whose output is `pleura.inference.recipe.PROBABILITIES`."""

    def predict(
        self, volume: Volume, clock: Clock, *, with_probability: bool = False, judge: Judge | None = None
    ) -> Prediction:
        """Return the structures of a volume."""
        planes = self.sample(volume, clock)
        labels, raw, clean = np.zeros(volume.shape, np.uint8), list[NDArray[np.uint8]](), list[NDArray[np.uint8]]()
        axial = to_axial(labels, volume.affine)
        judge = judge if of_lungs(self.bundle.labels) else None
        batches = _kept(self._batches(planes), raw) if with_probability or judge else self._batches(planes)
        cleaned = clean_probabilities(batches, planes.values, volume.kind, self.bundle.labels)
        argmax_on_scan(_kept(cleaned, clean) if judge else cleaned, planes.fov, axial, self.bundle, self.threads)
        clock.lap("network")
        is_picture = volume.is_picture or volume.kind is Kind.RADIOGRAPH
        warnings = label_warnings(axial, self.bundle.labels, is_picture=is_picture)
        probability = GridProbability(255 - np.concatenate(raw)[:, 0], planes.fov) if with_probability else None
        if judge is not None:
            evidence = self._evidence(planes, np.concatenate(clean), np.concatenate(raw), volume, judge.mode)
            judge(evidence, self.structures, warnings)
            clock.lap("quality")
        return Prediction(labels, self.structures, probability, warnings)

    def _evidence(
        self, planes: Planes, clean: NDArray[np.uint8], raw: NDArray[np.uint8], volume: Volume, mode: QualityMode
    ) -> Evidence:
        """Return what the mask is judged by, from the probabilities after and before post-processing."""
        window = self.bundle.hu_window if volume.kind is Kind.HU else None
        evidence = picture_evidence(likeliest(clean.swapaxes(0, 1)), raw, planes.values, window)
        is_mirrored = mode == "full" and len(planes.values) == 1
        return replace(evidence, mirrored=self._predict_mirrored(planes)) if is_mirrored else evidence

    def _batches(self, planes: Planes) -> Batches:
        """Return the probability of each class, a few planes at a time; a radiograph may lie any way round."""
        if self.bundle.kinds == {Kind.RADIOGRAPH} and len(planes.values) == 1:
            upright = predict_upright(planes.values[0], self.bundle, self.network, self.convention)
            return [(slice(0, 1), upright[None])]
        return probability_batches(planes.values, planes.slice_spacing, self.bundle, self.network, self.convention)

    def _predict_mirrored(self, planes: Planes) -> MirroredPrediction:
        """Return what the network marks in the mirror image of a picture."""
        mirrored = replace(planes, values=np.ascontiguousarray(planes.values[..., ::-1]))
        ((_, probabilities),) = self._batches(mirrored)
        marked = likeliest(probabilities.swapaxes(0, 1)) > 0
        return MirroredPrediction(np.zeros(1, np.intp), marked[:, ::2, ::-1][..., ::2])


def _kept(batches: Batches, kept: list[NDArray[np.uint8]]) -> Batches:
    """Yield batches as they come, and add the probabilities of each to a list."""
    for indices, probabilities in batches:
        kept.append(probabilities)
        yield indices, probabilities
