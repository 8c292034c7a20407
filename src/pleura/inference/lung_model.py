"""Right and left lung from a CT: a network scores lung and side, anatomy corrects them, and they become labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pleura.conventions import QualityMode
from pleura.geometry import to_axial
from pleura.inference.clock import Clock
from pleura.inference.ct import find_ct_lungs
from pleura.inference.evidence import Evidence, MirroredPrediction, ct_evidence, mirrored_slices
from pleura.inference.freed_memory import return_freed_memory
from pleura.inference.grid_scan import grid_scan
from pleura.inference.model import GridProbability, Judge, Planes, Prediction, SliceModel
from pleura.inference.postprocess import Cleaned
from pleura.inference.predict import planes_seen, score_mirrored, score_planes
from pleura.inference.probability import lung_probability
from pleura.inference.resample import resample_to_scan
from pleura.networks import encoding
from pleura.volume import Volume


class LungModel(SliceModel):
    """A model whose output is `pleura.inference.recipe.SIDED_LUNGS`."""

    def predict(
        self, volume: Volume, clock: Clock, *, with_probability: bool = False, judge: Judge | None = None
    ) -> Prediction:
        """Return both lungs of a volume."""
        planes = self.sample(volume, clock)
        fov = planes.fov
        lung, side_score = self.score(planes)
        probability = GridProbability(lung_probability(lung), fov) if with_probability else None
        clock.lap("network")
        cleaned, warnings, rules = find_ct_lungs(lung, side_score, volume, planes, self.bundle)
        clock.lap("clean")
        evidence = self._evidence(cleaned, (lung, side_score), volume, planes, judge.mode) if judge else None
        del planes, lung, side_score  # 50 MB each of 800 slices, which quality and labels need now
        if judge is not None and evidence is not None:
            judge(evidence, self.structures, warnings)
            clock.lap("quality")
        del evidence
        return_freed_memory()
        labels = np.zeros(volume.shape, np.uint8)
        resample_to_scan(cleaned, fov, to_axial(labels, volume.affine), self.bundle, self.threads)
        clock.lap("restore")
        return Prediction(labels, self.structures, probability, warnings, rules.provenance)

    def score(self, planes: Planes) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return `lung` and `side_score` of all planes, as `pleura.inference.backends` defines them."""
        return score_planes(planes.values, planes.slice_spacing, self.bundle.context_mm, self.network)

    def _evidence(
        self,
        cleaned: Cleaned,
        scores: tuple[NDArray[np.uint8], NDArray[np.uint8]],
        volume: Volume,
        planes: Planes,
        mode: QualityMode,
    ) -> Evidence:
        """Return what the mask is judged by."""
        evidence = ct_evidence(cleaned, *scores, grid_scan(volume, planes.values, planes.fov, self.bundle), volume.kind)
        return replace(evidence, mirrored=self._predict_mirrored(planes, evidence)) if mode == "full" else evidence

    def _predict_mirrored(self, planes: Planes, evidence: Evidence) -> MirroredPrediction:
        """Return what the network marks in the mirror image of some slices."""
        slices = mirrored_slices(evidence.labels, planes_seen(len(planes.values), planes.slice_spacing))
        context = self.bundle.context_mm
        lung = score_mirrored(planes.values, slices, planes.slice_spacing, context, self.network)
        return MirroredPrediction(slices, lung[:, ::2, ::2] > encoding.ZERO)
