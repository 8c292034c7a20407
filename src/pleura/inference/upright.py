"""Which way round a radiograph lies: the network finds right and left in any position, and where they lie tells it.

Pictures arrive turned by quarters. The network knows them so, but is best where the patient is upright, as in most of
what it was trained on; so a picture that proves to be turned is looked at again, upright.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.inference.backends import Backend
from pleura.inference.bundle import Bundle
from pleura.inference.predict import with_convention_channel
from pleura.inference.probability import likeliest
from pleura.labels import RIGHT_AND_LEFT, rotation_to_upright

Probabilities = NDArray[np.uint8]

MIN_CONFIDENCE = 0.97
"""Mean of the highest probability of each pixel below which a picture is looked at from all sides: 1 in 100 of the
held-out pictures."""


def predict_upright(plane: NDArray[np.uint8], bundle: Bundle, backend: Backend, convention: str = "") -> Probabilities:
    """Return the probability of each class, (classes, s, s) uint8, of a picture that may lie any way round.

    Where the first look is unsure, or does not see both lungs, the surest of four positions counts. A model that does
    not tell right from left cannot tell how a picture lies, nor was it shown turned ones as a rule: it looks once.
    """
    first = _predict_rotated(plane, 0, bundle, backend, convention)
    if bundle.labels != RIGHT_AND_LEFT:
        return first
    rotation = rotation_to_upright(likeliest(first))
    if rotation is None or _confidence(first) < MIN_CONFIDENCE:
        looks = [first, *(_predict_rotated(plane, rotation, bundle, backend, convention) for rotation in (1, 2, 3))]
        return max(looks, key=_confidence)
    return _predict_rotated(plane, rotation, bundle, backend, convention) if rotation else first


def _predict_rotated(
    plane: NDArray[np.uint8], rotation: int, bundle: Bundle, backend: Backend, convention: str
) -> Probabilities:
    """Return the probabilities of a picture that is turned by so many quarters for the network alone."""
    seen = np.repeat(np.rot90(plane, rotation)[None, None], bundle.planes, axis=1)  # it stands in for its neighbours
    probabilities = backend(with_convention_channel(seen, bundle, convention))[0][0]
    return np.ascontiguousarray(np.rot90(probabilities, -rotation, axes=(1, 2)))


def _confidence(probabilities: Probabilities) -> float:
    """Return the mean of the highest probability of each pixel, 0 to 1."""
    return float(probabilities.max(axis=0).mean()) / 255.0
