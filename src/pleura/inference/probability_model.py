"""Any structures from radiographs or slices: a network gives the probability of each class, the likeliest is taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from pleura.geometry import to_axial
from pleura.inference.clock import Clock
from pleura.inference.mask_warnings import label_warnings
from pleura.inference.model import GridProbability, Planes, Prediction, SliceModel
from pleura.inference.postprocess_probability import Batches, clean_probabilities
from pleura.inference.predict import probability_batches
from pleura.inference.resample import argmax_on_scan
from pleura.inference.upright import predict_upright
from pleura.volume import Kind, Volume


class ProbabilityModel(SliceModel):
    """A model whose output is `pleura.inference.recipe.PROBABILITIES`."""

    def predict(self, volume: Volume, clock: Clock, *, with_probability: bool = False) -> Prediction:
        """Return the structures of a volume."""
        planes = self.sample(volume, clock)
        labels, foreground = np.zeros(volume.shape, np.uint8), list[NDArray[np.uint8]]()
        axial = to_axial(labels, volume.affine)
        batches = self._batches(planes)
        raw = _with_foreground(batches, foreground) if with_probability else batches
        cleaned = clean_probabilities(raw, planes.values, volume.kind, self.bundle.labels)
        argmax_on_scan(cleaned, planes.fov, axial, self.bundle, self.threads)
        clock.lap("network")
        is_picture = volume.is_picture or volume.kind is Kind.RADIOGRAPH
        warnings = label_warnings(axial, self.bundle.labels, is_picture=is_picture)
        probability = GridProbability(np.concatenate(foreground), planes.fov) if with_probability else None
        return Prediction(labels, self.structures, probability, warnings)

    def _batches(self, planes: Planes) -> Batches:
        """Return the probability of each class, a few planes at a time; a radiograph may lie any way round."""
        if self.bundle.kinds == {Kind.RADIOGRAPH} and len(planes.values) == 1:
            upright = predict_upright(planes.values[0], self.bundle, self.network, self.convention)
            return [(slice(0, 1), upright[None])]
        return probability_batches(planes.values, planes.slice_spacing, self.bundle, self.network, self.convention)


def _with_foreground(
    batches: Iterable[tuple[slice, NDArray[np.uint8]]], foreground: list[NDArray[np.uint8]]
) -> Iterator[tuple[slice, NDArray[np.uint8]]]:
    """Yield batches as they come, and add the probability that it is no background to a list."""
    for indices, probabilities in batches:
        foreground.append(255 - probabilities[:, 0])
        yield indices, probabilities
