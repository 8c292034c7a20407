"""Kernels are soft or sharp by the names that their makers give them, and unknown where nobody here knows them."""

from __future__ import annotations

import pytest

from pleura.measurement.kernels import sharpness


@pytest.mark.parametrize(
    "kernel", ["STANDARD", "soft", "B30f", "B45f", "Br40d/3", "I31f", "Qr40", "FC08", "FC18-H", "C"]
)
def test_kernels_that_densities_are_measured_on_are_soft(kernel: str) -> None:
    assert sharpness(kernel) == "soft"


@pytest.mark.parametrize(
    "kernel", ["LUNG", "BONEPLUS", "B70f", "B50s", "I70f/3", "Bl57d", "Br64", "FC51", "FC30", "YC"]
)
def test_kernels_for_lung_and_bone_are_sharp(kernel: str) -> None:
    assert sharpness(kernel) == "sharp"


@pytest.mark.parametrize("kernel", ["", " ", "SA36", "CHST", "kernel", "B7"])
def test_other_names_are_unknown(kernel: str) -> None:
    assert sharpness(kernel) == "unknown"
