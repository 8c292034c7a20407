"""What the values in a label array mean: numbers, names, colours and DICOM codes, in one place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from unicodedata import combining, normalize

import numpy as np
from numpy.typing import NDArray

BACKGROUND = 0
RIGHT = 1
LEFT = 2
LUNG = 1
"""What both lungs carry where sides are not distinguished."""

Side = Literal["right", "left"]


@dataclass(frozen=True)
class Label:
    """One structure: its value in label arrays, its name, its display colour and its SNOMED CT code.

    `side` is that of the patient, None for what has none.
    """

    value: int
    name: str
    colour: tuple[int, int, int]
    snomed: str
    meaning: str
    side: Side | None = None


LUNGS: tuple[Label, ...] = (
    Label(RIGHT, "right lung", (230, 80, 70), "3341006", "Right lung", "right"),
    Label(LEFT, "left lung", (70, 140, 230), "44029006", "Left lung", "left"),
)
"""The structures that the shipped model marks, with their SNOMED CT concept codes."""

BOTH_LUNGS = "both lungs"
"""The name of right and left lung together."""

RIGHT_AND_LEFT = tuple(label.name for label in LUNGS)
"""Their names, as bundles and data sets of both lungs state them."""

_BOTH = Label(LUNG, "lung", (230, 80, 70), "39607008", "Lung structure")

_COLOURS = ((230, 80, 70), (70, 140, 230), (240, 190, 60), (90, 180, 110), (170, 110, 210), (80, 190, 200))
"""For structures that have none of their own; they come again after the last."""

_PART = re.compile(
    r"lob|nodul|tumou?r|cancer|vessel|arter|vein|lesion|infect|airway|bronch|fissure|opacit|wall|minus|[gcpi]tv|prv"
    r"|upper|middle|lower|\b(rul|rml|rll|lul|lll)\b"
)
"""What is a part of a lung, or around it: anatomy, disease, and the targets and margins of radiotherapy."""
_LUNG = re.compile(r"lung|pulm|poumon|polmon")
"""English, German, Latin, Spanish and Portuguese, French, Italian, accents taken off."""
_RIGHT = re.compile(r"right|dext|recht|derech|direit|droit|poumon d\b|destr|\bdx\b|(^|[^a-z])rt?([^a-z]|$)")
_LEFT = re.compile(r"left|sinist|link|izquierd|esquerd|gauche|poumon g\b|\bsx\b|(^|[^a-z])lt?([^a-z]|$)")
_WITHOUT_GAP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=\b[RL])(?=L[Uu][Nn][Gg])|(?<=L[Uu][Nn][Gg])(?=[RL]\b)")
"""Where a word begins in `LungR`, `RLung`, `LLUNG`, `rightLung`."""


def of_lungs(names: Iterable[str]) -> bool:
    """Say whether these are names of the lungs, right and left or both as one."""
    return set(names) <= {label.name for label in (*LUNGS, _BOTH)}


def have_sides(structures: Iterable[Label]) -> bool:
    """Say whether there are structures on both sides of the patient among these."""
    return {"right", "left"} <= {label.side for label in structures}


def side_of(name: str) -> int | None:
    """Return RIGHT or LEFT for the name of one lung, 0 for that of both, None for anything else."""
    parted = _WITHOUT_GAP.sub(" ", name.replace("_", " ").replace("-", " "))
    plain = "".join(sign for sign in normalize("NFKD", parted.lower()) if not combining(sign))
    if not _LUNG.search(plain) or _PART.search(plain):
        return None
    right, left = bool(_RIGHT.search(plain)), bool(_LEFT.search(plain))
    return 0 if right == left else RIGHT if right else LEFT


def structures(names: Sequence[str]) -> tuple[Label, ...]:
    """Return the structures with these names, in the order of their values 1, 2, ...; unknown ones have no code."""
    if list(names) == [label.name for label in LUNGS]:
        return LUNGS
    if list(names) == [_BOTH.name]:
        return (_BOTH,)
    return tuple(
        Label(value, name, _COLOURS[(value - 1) % len(_COLOURS)], "", name) for value, name in enumerate(names, start=1)
    )


def renumbered(labels: NDArray[np.integer], values: Mapping[int, int]) -> NDArray[np.uint8]:
    """Return labels of any shape with new values, by stored value -> new one; what is not listed is background."""
    new = np.zeros(labels.shape, np.uint8)
    for old, value in values.items():
        new[labels == old] = value
    return new


def rotation_to_upright(labels: NDArray[np.integer]) -> int | None:
    """Return by how many quarters, counter-clockwise, to turn a frontal picture so that the patient stands upright.

    Seen from the front, the right lung of a patient who stands lies to the left of the left lung.

    Parameters
    ----------
    labels : (y, x); None is returned where they hold but one lung or none
    """
    right, left = (labels == side for side in (RIGHT, LEFT))
    if not (right.any() and left.any()):
        return None
    down, across = (_centre(left, axis) - _centre(right, axis) for axis in (0, 1))
    if abs(across) >= abs(down):
        return 0 if across >= 0 else 2
    return 1 if down > 0 else 3


def _centre(inside: NDArray[np.bool_], axis: int) -> float:
    """Return the mean index of what is inside along one axis of a picture."""
    return float(np.average(np.arange(inside.shape[axis]), weights=inside.sum(axis=1 - axis)))
