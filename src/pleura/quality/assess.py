"""From what a model leaves to the quality of its mask."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pleura.conventions import QualityMode
from pleura.geometry import axial_order
from pleura.inference.evidence import Evidence
from pleura.labels import BOTH_LUNGS, Label, have_sides
from pleura.quality.calibration import Family, calibration, is_calibrated
from pleura.quality.flags import NOT_A_CHEST, NOT_CALIBRATED, known_flags, signal_flags, verdict_of
from pleura.quality.polarity import inverted_flag
from pleura.quality.record import ExpectedDice, Quality
from pleura.quality.signals import UNION, Signals, find_signals
from pleura.quality.stack import FEWEST
from pleura.volume import Kind, Note, Volume


def assess_quality(
    evidence: Evidence, volume: Volume, structures: Sequence[Label], warnings: Sequence[Note], *, network: str
) -> Quality:
    """Return the quality of a mask of lungs; no Dice is expected without a calibration of its network, or of no chest.

    Parameters
    ----------
    evidence : what the model left
    volume : the scan
    structures : what the values in the labels are
    warnings : what stands out in the scan and the mask already
    network : sha256 of the network that made the mask
    """
    flag = inverted_flag(volume)
    flags = known_flags((*([flag] if flag else []), *warnings, *volume.notes))
    codes = {flag.code for flag in flags}
    signals, family = find_signals(evidence), family_of(evidence, volume)
    mode: QualityMode = "fast" if evidence.mirrored is None else "full"
    if UNION in signals.of:
        values = {name: signal.value for name, signal in signals.of[UNION].items()}
        contributions = calibration(family, "both", mode).contributions(values, codes)
        flags += signal_flags(signals.of[UNION], contributions, _in_array(signals.slices, len(evidence.labels), volume))
    dice: dict[str, ExpectedDice] = {}
    if not is_calibrated(network):
        flags.append(NOT_CALIBRATED)
    elif NOT_A_CHEST not in codes:  # of what is none no mask has a reference
        dice = expected_dice(signals, family, mode, codes, structures)
    return Quality(verdict_of(flags, dice), dice, tuple(flags))


def family_of(evidence: Evidence, volume: Volume) -> Family:
    """Return which calibration a mask is judged by."""
    if volume.kind is Kind.RADIOGRAPH:
        return "radiograph"
    if evidence.window is None:
        return "grey"
    return "scan" if len(evidence.labels) >= FEWEST else "slice"


def expected_dice(
    signals: Signals, family: Family, mode: QualityMode, codes: set[str], structures: Sequence[Label]
) -> dict[str, ExpectedDice]:
    """Return the Dice to expect of each structure that was marked, and of both lungs where there are sides."""
    names = {one.value: one.name for one in structures if one.value in signals.of}
    if have_sides(structures) and signals.of:
        names[UNION] = BOTH_LUNGS
    found = {}
    for value, name in names.items():
        numbers = calibration(family, "one" if have_sides(structures) and value != UNION else "both", mode)
        values = {key: signal.value for key, signal in signals.of[value].items()}
        found[name] = numbers.expected_dice(numbers.score(values, codes))
    return found


def _in_array(slices: NDArray[np.intp], count: int, volume: Volume) -> NDArray[np.intp]:
    """Return axial slices as indices along the axis of the array that runs between head and feet."""
    _, flips = axial_order(volume.affine)
    return count - 1 - slices if flips[0] else slices
