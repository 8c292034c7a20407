"""Labels made by a network are mended where CT numbers show its mistakes."""

from __future__ import annotations

import numpy as np
import pytest

from pleura.evaluation.metrics import dice
from pleura.geometry import to_axial
from pleura.phantom import Phantom, chest
from pleura.segmentation import Segmentation
from pleura.training.losses import UNKNOWN
from recipes.selflabel import correct


@pytest.fixture(scope="module")
def phantom() -> Phantom:
    return chest((72, 192, 192), (5.0, 2.0, 2.0))


def mended(phantom: Phantom, guess: np.ndarray) -> np.ndarray:
    labels = correct(Segmentation(guess, phantom.volume))
    return np.where(labels == UNKNOWN, 0, labels)


def test_right_labels_stay_right(phantom: Phantom) -> None:
    labels = mended(phantom, phantom.labels)
    truth = to_axial(phantom.labels, phantom.volume.affine)
    assert min(dice(truth == side, labels == side) for side in (1, 2)) > 0.97


def test_windpipe_taken_for_lung_is_taken_out(phantom: Phantom) -> None:
    guess = phantom.labels.copy()
    hu = phantom.volume.voxels
    middle = slice(80, 112)
    windpipe = (hu[:, :, middle] < -940) & (phantom.labels[:, :, middle] == 0)
    windpipe[:, :40] = windpipe[:, 130:] = False
    guess[:, :, middle][windpipe] = 1
    assert windpipe[45:].sum() > 200
    left_over = (mended(phantom, guess)[:, :, middle] > 0) & windpipe
    assert left_over[45:].sum() < 0.1 * windpipe[45:].sum()


def test_missed_tip_is_found(phantom: Phantom) -> None:
    guess = phantom.labels.copy()
    top = np.flatnonzero((guess == 2).any(axis=(1, 2)))[-1]
    guess[top - 2 : top + 1][guess[top - 2 : top + 1] == 2] = 0
    found = mended(phantom, guess)[top - 2]
    assert dice(phantom.labels[top - 2] == 2, found == 2) > 0.8
