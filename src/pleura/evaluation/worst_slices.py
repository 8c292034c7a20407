"""The slices on which predictions are worst, with both masks, to be looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pleura.errors import PleuraError, UnsuitableInput
from pleura.evaluation.cases import Case, CaseList
from pleura.evaluation.masks import align, as_label_map, read_mask, read_pair
from pleura.evaluation.run import Evaluation
from pleura.evaluation.scoring import structures
from pleura.reading import read
from pleura.rendering import display_window, to_grey
from pleura.segmenter import Segmenter


@dataclass(frozen=True, eq=False)
class WorstSlice:
    """A slice of a case: grey 0..255, black where there is no image, reference and prediction, all (y, x)."""

    case: str
    grey: NDArray[np.uint8]
    reference: NDArray[np.uint8]
    prediction: NDArray[np.uint8]


def find_worst_slices(
    evaluation: Evaluation, cases: CaseList, segmenter: Segmenter | None, count: int = 6
) -> tuple[WorstSlice, ...]:
    """Return the slice with the most disagreement of each of the worst cases, worst first.

    Of twice as many cases as are asked for those are left out that cannot be read or have no prediction.
    """
    union = structures(cases.labels)[0]
    order = sorted(range(len(cases.cases)), key=lambda index: evaluation.scores[index].agreements[union].dice)
    slices: list[WorstSlice] = []
    for index in order[: 2 * count]:
        try:
            slices.append(_worst_slice(cases.cases[index], segmenter))
        except PleuraError:
            continue
        if len(slices) == count:
            break
    return tuple(slices)


def _worst_slice(case: Case, segmenter: Segmenter | None) -> WorstSlice:
    volume = read(case.image) if case.image else None
    if segmenter and volume:
        prediction = as_label_map(segmenter(volume).labels, volume)
        reference = read_mask(case.reference)
    elif case.prediction:
        reference, prediction = read_pair(case.reference, case.prediction)
    else:
        raise UnsuitableInput("there is no prediction to draw", code="no-prediction")
    aligned = align(reference, prediction, case.spacing)
    wanted, given = (np.atleast_3d(mask.T).T for mask in (aligned.reference, aligned.prediction))
    z = int(((wanted > 0) != (given > 0)).sum(axis=(1, 2)).argmax())
    grey = np.zeros(wanted.shape[1:], np.uint8)
    if volume is not None:
        grey = to_grey(aligned.turned(volume.voxels).reshape(wanted.shape)[z], display_window(volume))
    return WorstSlice(case.name or case.id, grey, wanted[z], given[z])
