"""What a scanner does to the values: slice thickness, kernel, noise, a wrong scale, a window of 8 bits."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from torch import Tensor
from torch.nn import functional

from recipes.ct.paint.fields import white

WINDOWED = (-1024.0, 400.0)
"""HU for which the grey values 0 and 255 of a picture are taken: the window that prediction takes them for."""


@dataclass(frozen=True)
class Appearance:
    """One scanner.

    Attributes
    ----------
    thickness : mm between slices
    kernel : below 0 smoother, above 0 sharper
    noise : standard deviation in HU of a 2 mm voxel
    offset, gain : of the HU
    window : lowest and highest HU of a picture of 8 bits; None for true HU
    """

    thickness: float
    kernel: float
    noise: float
    offset: float
    gain: float
    window: tuple[float, float] | None
    seed: int

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Appearance:
        """Return a random appearance; one in eight is a picture of 8 bits."""
        window = None
        if rng.random() < 0.12:  # around the window of lung, -600 and 1500, as exported pictures have it
            middle, width = rng.uniform(-750, -350), rng.uniform(1000, 1800)
            window = (middle - width / 2, middle + width / 2)
        far = rng.random() < 0.05  # files whose rescale is not that of HU: rare, and a mask must still come out
        return cls(
            # from thin slices to those of old scanners and of PET/CT; as many at each factor
            thickness=math.exp(rng.uniform(math.log(1.0), math.log(8.0))),
            # -0.8 is nearly the mean of 3 x 3 pixels; 1.2 doubles fine detail, as kernels for lung do (chosen)
            kernel=rng.uniform(-0.8, 1.2) if rng.random() < 0.5 else 0.0,
            # a thick slice of full dose to a thin one of low dose; above 40 HU, large patients at low dose (chosen)
            noise=math.exp(rng.uniform(math.log(1.0), math.log(40.0))) if rng.random() < 0.85 else rng.uniform(40, 150),
            # water is to be 0 HU within some 5; tissue in large patients is off by twice that
            offset=rng.normal(0, 120 if far else 10),
            gain=float(np.exp(rng.normal(0, 0.08 if far else 0.015))),
            window=window,
            seed=int(rng.integers(2**31)),
        )

    def apply(self, hu: Tensor, spacing: float) -> Tensor:
        """Return the values (z, y, x) as this scanner gives them."""
        hu = self._thick(hu, spacing)
        if self.kernel:
            wide = functional.avg_pool3d(hu[None, None], (1, 3, 3), 1, (0, 1, 1), count_include_pad=False)[0, 0]
            hu = hu + self.kernel * (hu - wide)
        hu = ((hu + 1000) * self.gain - 1000 + self.offset + self.noise * white(hu.shape, self.seed)).clamp(-1024, 1500)
        if self.window is None:
            return hu
        low, high = self.window
        grey = ((hu - low) * (255 / (high - low))).round().clamp(0, 255)
        return grey * ((WINDOWED[1] - WINDOWED[0]) / 255) + WINDOWED[0]

    def _thick(self, hu: Tensor, spacing: float) -> Tensor:
        """Return slices averaged over the thickness, with straight lines between them."""
        count = max(2, round(len(hu) * spacing / self.thickness))
        if count >= len(hu):
            return hu
        flat = hu.reshape(1, 1, len(hu), -1)
        thick = functional.adaptive_avg_pool2d(flat, (count, flat.shape[3]))
        return functional.interpolate(thick, size=(len(hu), flat.shape[3]), mode="bilinear").reshape(hu.shape)
