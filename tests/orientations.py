"""The 48 ways in which the axes of an array may run along those of the patient."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np

ORIENTATIONS = list(product(permutations(range(3)), product((1, -1), repeat=3)))
"""For each array axis the patient axis (0 left, 1 back, 2 head) it runs along, and whether it runs with or against."""


def affine_of(axes: tuple[int, ...], signs: tuple[int, ...], steps: tuple[float, ...] = (5.0, 0.7, 0.9)) -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3] = 0
    for source, (patient, sign) in enumerate(zip(axes, signs, strict=True)):
        affine[patient, source] = sign * steps[source]
    affine[:3, 3] = (-31.0, 17.0, 400.0)
    return affine
