"""What the values in a label array mean: numbers, names, colours and DICOM codes, in one place."""

from __future__ import annotations

from dataclasses import dataclass

BACKGROUND = 0
RIGHT = 1
LEFT = 2


@dataclass(frozen=True)
class Label:
    """One structure: its value in label arrays, its name, its display colour and its SNOMED CT code."""

    value: int
    name: str
    colour: tuple[int, int, int]
    snomed: str
    meaning: str


LUNGS: tuple[Label, ...] = (
    Label(RIGHT, "right lung", (230, 80, 70), "3341006", "Right lung"),
    Label(LEFT, "left lung", (70, 140, 230), "44029006", "Left lung"),
)
"""The structures that the shipped model marks, with their SNOMED CT concept codes."""
