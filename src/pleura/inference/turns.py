"""Which way round a radiograph lies: the network finds right and left in any position, and where they lie tells it.

Pictures arrive turned by quarters. The network knows them so, but is best where the patient is upright, as in most of
what it was trained on; so a picture that proves to be turned is looked at again, upright.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pleura.inference.backends import Backend
from pleura.inference.bundle import Bundle
from pleura.inference.probability import likeliest
from pleura.inference.scores import with_condition
from pleura.labels import RIGHT_AND_LEFT, quarters_to_upright

Probabilities = NDArray[np.uint8]

SURE = 0.97
"""Mean certainty of a pixel below which a picture is looked at from all sides: 1 in 100 of the held-out pictures."""


def upright_probabilities(
    plane: NDArray[np.uint8], bundle: Bundle, backend: Backend, condition: str = ""
) -> Probabilities:
    """Return the probability of each class, (classes, s, s) uint8, of a picture that may lie any way round.

    Where the first look is unsure, or does not see both lungs, the surest of four positions counts. A model that does
    not tell right from left cannot tell how a picture lies, nor was it shown turned ones as a rule: it looks once.
    """
    first = _look(plane, 0, bundle, backend, condition)
    if bundle.labels != RIGHT_AND_LEFT:
        return first
    turn = quarters_to_upright(likeliest(first))
    if turn is None or _certainty(first) < SURE:
        looks = [first, *(_look(plane, turn, bundle, backend, condition) for turn in (1, 2, 3))]
        return max(looks, key=_certainty)
    return _look(plane, turn, bundle, backend, condition) if turn else first


def _look(plane: NDArray[np.uint8], turn: int, bundle: Bundle, backend: Backend, condition: str) -> Probabilities:
    seen = np.repeat(np.rot90(plane, turn)[None, None], bundle.planes, axis=1)  # it stands in for its neighbours
    probabilities = backend(with_condition(seen, bundle, condition))[0][0]
    return np.ascontiguousarray(np.rot90(probabilities, -turn, axes=(1, 2)))


def _certainty(probabilities: Probabilities) -> float:
    return float(probabilities.max(axis=0).mean()) / 255.0
