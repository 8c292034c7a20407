"""What one training sample goes through, from its window to its last grey level."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pleura.training.augment import disease, intensity, radiograph, spatial
from pleura.training.augment.disease import DiseaseParams
from pleura.training.augment.intensity import IntensityParams
from pleura.training.augment.radiograph import RadiographParams
from pleura.training.augment.spatial import SpatialParams
from pleura.training.data import GREY_RANGE, HU_WINDOW
from pleura.training.sampler import Batch
from pleura.volume import Kind


@dataclass(frozen=True)
class SampleParams:
    """What happens to one sample, in this order; `seed` is that of noise and of all that is drawn pixel by pixel."""

    window: tuple[float, float]
    spatial: SpatialParams
    disease: DiseaseParams | None = None
    radiograph: RadiographParams | None = None
    intensity: IntensityParams = intensity.IDENTITY
    seed: int = 0


def draw(
    rng: np.random.Generator,
    batch: Batch,
    probability: float = 1.0,
    window: tuple[float, float] = HU_WINDOW,
    lungs: bool = True,
) -> list[SampleParams]:
    """Return the parameters of each sample of `batch`.

    Parameters
    ----------
    probability : of a sample to be changed freely; the others are only moved a little, and 0 changes none
    window : the HU range of prediction
    lungs : whether the labels are lungs, into which disease may be drawn
    """
    if not probability:
        return [SampleParams(_usual_window(case.kind, window), spatial.IDENTITY) for case in batch.cases]
    return [
        _draw_one(rng, case.kind, case.source, window, lungs)
        if rng.random() < probability
        else SampleParams(_usual_window(case.kind, window), spatial.draw_small(rng))
        for case in batch.cases
    ]


def _usual_window(kind: Kind, window: tuple[float, float]) -> tuple[float, float]:
    return window if kind is Kind.HU else GREY_RANGE


def _draw_one(
    rng: np.random.Generator, kind: Kind, source: str, usual: tuple[float, float], lungs: bool
) -> SampleParams:
    if kind is Kind.RADIOGRAPH:
        return SampleParams(
            window=GREY_RANGE,
            spatial=radiograph.draw_spatial(rng),
            intensity=radiograph.draw_intensity(rng),
            radiograph=radiograph.draw(rng),
            seed=int(rng.integers(2**31)),
        )
    window = _draw_window(rng, usual) if kind is Kind.HU else GREY_RANGE
    if not lungs:
        return SampleParams(
            window=window,
            intensity=intensity.draw(rng, window, noisy=False),
            spatial=spatial.draw(rng),
            seed=int(rng.integers(2**31)),
        )
    return SampleParams(
        window=window,
        spatial=spatial.draw(rng),
        disease=disease.draw(rng),
        intensity=intensity.draw(rng, window, noisy=source == "slices"),
        seed=int(rng.integers(2**31)),
    )


def _draw_window(rng: np.random.Generator, usual: tuple[float, float]) -> tuple[float, float]:
    """Mostly the window of prediction; else that of some picture: lung, wide, bone, now and then soft tissue.

    How often each comes is chosen. In a soft tissue window lungs are black without vessels, and so is much else.
    """
    share = rng.random()
    if share < 0.6:
        return usual
    if share < 0.97:
        # lung windows: centre -600, width 1600 is -1400 to 200; centre -400, width 900 is -850 to 50. Wide ones show
        # bone
        low = rng.uniform(-1400, -850)
        return low, low + math.exp(rng.uniform(math.log(900), math.log(2400)))
    # around centre 40, width 400, which is -160 to 240
    return rng.uniform(-250, -120), rng.uniform(180, 350)


def apply(params: Sequence[SampleParams], batch: Batch, count: int = 2) -> tuple[Tensor, Tensor]:
    """Return images (n, c, SIDE, SIDE) float32 in 0..1 and labels (n, SIDE, SIDE) int64, on the model's grid.

    `count` is the highest label of the data set.
    """
    images = torch.from_numpy(batch.images)
    low = torch.tensor([one.window[0] for one in params]).view(-1, 1, 1, 1)
    high = torch.tensor([one.window[1] for one in params]).view(-1, 1, 1, 1)
    images = ((images - low) / (high - low)).clamp_(0.0, 1.0)
    fovs = [case.fov for case in batch.cases]
    laid = [one.spatial for one in params]
    images, labels = spatial.apply(laid, fovs, images, torch.from_numpy(batch.labels), count)
    for index, one in enumerate(params):
        images[index], labels[index] = _apply_one(one, images[index], labels[index])
    return images.clamp_(0.0, 1.0), labels


def _apply_one(params: SampleParams, image: Tensor, label: Tensor) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(params.seed)
    if params.disease:
        image, label = disease.apply(params.disease, image, label, spatial.posterior(params.spatial), generator)
    if params.radiograph:
        image = radiograph.apply(params.radiograph, image, label, generator)
    image, label = intensity.crop_fov(params.intensity, image, label)
    return intensity.apply(params.intensity, image, generator), label
