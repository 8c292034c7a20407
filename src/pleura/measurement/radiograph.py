"""What is measured of a radiograph beside the size of each lung, and what makes it meaningless."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pleura.labels import LEFT, RIGHT, Label, have_sides, rotation_to_upright
from pleura.measurement.limitations import MeasurementWarning, of_quality
from pleura.volume import Volume

_LENGTHS = ("area_cm2", "height_cm", "thoracic_width_cm")
_ALL = (*_LENGTHS, "left_to_right", "share_of_scan")


def thoracic_width_cm(picture: NDArray[np.uint8], volume: Volume) -> float | None:
    """Return the largest distance between the outer edges of both lungs, straight across the patient.

    It is the same whether masks run over the heart or not. Width of the heart is not measured: where lungs leave the
    heart out, their lower edges do not say where it ends and the diaphragm begins.

    Parameters
    ----------
    picture : (y, x) labels, however the patient lies in it

    Returns
    -------
    Centimetres; None where a lung is missing or no spacing is known
    """
    rotation = rotation_to_upright(picture)
    if rotation is None or not volume.spacing_known:
        return None
    upright = np.rot90(picture, rotation)
    rows = upright[(upright == RIGHT).any(axis=1) & (upright == LEFT).any(axis=1)] > 0
    if not len(rows):
        return None
    widths = rows.shape[1] - rows.argmax(axis=1) - rows[:, ::-1].argmax(axis=1)
    return int(widths.max()) * volume.spacing[1 if rotation in {1, 3} else 2] / 10.0


def limitations_of_radiograph(
    picture: NDArray[np.uint8], volume: Volume, structures: Sequence[Label], stated: Collection[str]
) -> Iterator[MeasurementWarning]:
    """Yield what makes numbers of a radiograph meaningless.

    Parameters
    ----------
    picture : (y, x) labels
    stated : codes of warnings that a segmentation carries, and of a verdict other than good
    """
    codes = {*stated, *(note.code for note in volume.notes)}
    yield from of_quality(codes, _ALL)
    if "spacing-at-detector" in codes:
        text = "the spacing is that at the detector: lengths and areas are too large"
        yield MeasurementWarning(code="detector-spacing", message=text, keys=_LENGTHS)
    if "spacing-doubtful" in codes:
        text = "by its spacing the picture is too small for a grown-up: lengths and areas may be wrong"
        yield MeasurementWarning(code="spacing-uncertain", message=text, keys=_LENGTHS)
    reasons = []
    if any(edge.any() for edge in (picture[0], picture[-1], picture[:, 0], picture[:, -1])):
        reasons.append("they reach an edge of the picture")
    if have_sides(structures):
        reasons += [f"no {one.name} is marked" for one in structures if one.side and not (picture == one.value).any()]
    if reasons:
        text = f"the lungs are not whole ({', '.join(reasons)}): their sizes, and what follows from these, are not"
        yield MeasurementWarning(code="lungs-incomplete", message=text, keys=_ALL)
