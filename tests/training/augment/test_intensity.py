"""How scanners and pictures differ, one effect at a time."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from pleura.training.augment import intensity


def ramp(low: float = 0.0, high: float = 1.0) -> torch.Tensor:
    return torch.linspace(low, high, 64).repeat(3, 64, 1)


def test_curves_no_steeper_than_a_line_leave_the_picture_as_it_is() -> None:
    flat = intensity.clahe(ramp(), tiles=4, limit=1e-6)
    assert torch.allclose(flat, ramp(), atol=0.02)


def test_equalising_spreads_a_narrow_range_of_greys() -> None:
    narrow = ramp(0.45, 0.55)
    spread = intensity.clahe(narrow, tiles=2, limit=40.0)
    assert spread.amin() >= 0
    assert spread.amax() <= 1 + 1e-5
    assert (spread[0, :, -1] - spread[0, :, 0]).mean() > 3 * 0.1


def test_equalising_is_smooth_across_tiles() -> None:
    even = intensity.clahe(torch.full((3, 64, 64), 0.3), tiles=8, limit=3.0)
    assert even.std() < 1e-5


@pytest.mark.parametrize("sigma", [0.5, 1.4])
def test_blur_keeps_the_mean_and_lowers_the_noise(sigma: float) -> None:
    noise = torch.randn(3, 64, 64, generator=torch.Generator().manual_seed(0))
    blurred = intensity.gaussian_blur(noise, sigma)
    assert blurred.mean().item() == pytest.approx(noise.mean().item(), abs=0.02)
    assert blurred.std() < 0.8 * noise.std()


def test_nothing_is_seen_outside_the_reconstructed_circle() -> None:
    params = dataclasses.replace(intensity.IDENTITY, fov_radius=0.25)
    image, label = intensity.crop_fov(params, torch.ones(3, 64, 64), torch.ones(64, 64, dtype=torch.long))
    inside = int(label.sum())
    assert inside == pytest.approx(3.1416 * 16**2, rel=0.05)
    assert int(image[1].sum()) == inside
