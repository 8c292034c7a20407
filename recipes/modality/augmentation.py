"""How pictures reach us: turned, inverted, framed, squeezed, cropped, lettered, too bright or too flat, blurred.

A whole batch is changed at once in PyTorch; all random numbers are drawn from one generator, so a seed replays it.

Ranges and shares are chosen, each for what it stands for, and wider than what people hand in: what is asked of the
network is that none of these changes decides. `benchmarks/radiographs.py` measures that, on held-out pictures that are
turned, framed, squeezed, cropped, lettered, darkened and bleached (docs/explanation/ct-or-radiograph.md).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional


def changed(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Return pictures (n, 1, s, s), grey 0..1, each changed in its own way, at half the side."""
    laid = functional.avg_pool2d(_laid(_turned(pictures, generator), generator), 2)
    looked = _lettered(_shaded(laid, generator), generator)
    inverted = _some(looked, 0.35, generator)  # rarer than not, as it is in archives; the network looks at both anyway
    return torch.where(inverted, 1 - looked, looked).clamp(0, 1)


def shuffled(pictures: Tensor, parts: int, generator: torch.Generator) -> Tensor:
    """Return pictures (n, 1, s, s) cut into `parts` x `parts` tiles that lie elsewhere: the texture, not the thing."""
    n, _, side, _ = pictures.shape
    tile = side // parts
    cut = pictures[:, :, : tile * parts, : tile * parts].unfold(2, tile, tile).unfold(3, tile, tile)
    cut = cut.reshape(n, parts * parts, tile, tile)[:, torch.randperm(parts * parts, generator=generator)]
    together = cut.reshape(n, parts, parts, tile, tile).transpose(2, 3).reshape(n, 1, tile * parts, tile * parts)
    return functional.interpolate(together, (side, side), mode="nearest")


def refilled(pictures: Tensor, filling: Tensor) -> Tensor:
    """Return pictures (n, 1, s, s) whose lighter parts show something else: the outline of a body, but no body."""
    # a mean over 7 of 128 pixels leaves the outline, not the ribs
    soft = functional.avg_pool2d(functional.pad(pictures, (3, 3, 3, 3), mode="replicate"), 7, 1)
    return torch.where(soft > soft.mean((1, 2, 3), keepdim=True), filling, pictures)


def cropped(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Return a tenth of each picture, enlarged: too little to know what it is of."""
    # 0.33 squared is a tenth; the centre moves to anywhere in the picture
    return _sampled(pictures, _uniform(pictures, 0.2, 0.33, generator), 0.6 * _normal(pictures, generator), generator)


def _uniform(pictures: Tensor, low: float, high: float, generator: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand((len(pictures), 1), generator=generator)


def _normal(pictures: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randn((len(pictures), 2), generator=generator).clamp(-1.5, 1.5)


def _some(pictures: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Return (n, 1, 1, 1) bool: which pictures a change befalls."""
    return torch.rand((len(pictures), 1, 1, 1), generator=generator) < share


def _turned(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror and turn by quarters."""
    pictures = torch.where(_some(pictures, 0.5, generator), pictures.flip(3), pictures)
    pictures = torch.where(_some(pictures, 0.5, generator), pictures.flip((2, 3)), pictures)
    return torch.where(_some(pictures, 0.5, generator), pictures.transpose(2, 3).flip(3), pictures)


def _laid(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Crop to 0.62 of a side or frame up to 1.35, squeeze, shift, tilt; what lies beyond is of one grey."""
    zoom = torch.exp(_uniform(pictures, math.log(0.62), math.log(1.35), generator))
    return _sampled(pictures, zoom, 0.12 * _normal(pictures, generator), generator)


def _sampled(pictures: Tensor, zoom: Tensor, shift: Tensor, generator: torch.Generator) -> Tensor:
    n = len(pictures)
    # both proportions of radiographs, 4:3 and 3:4, once they are squeezed to a square; people lean by a few degrees
    squeeze = torch.exp(_uniform(pictures, -0.25, 0.25, generator))
    angle = (torch.randn((n, 1), generator=generator) * math.radians(7)).clamp(-0.35, 0.35)
    cosine, sine = torch.cos(angle), torch.sin(angle)
    rows = [cosine * zoom * squeeze, -sine * zoom, shift[:, :1], sine * zoom, cosine * zoom / squeeze, shift[:, 1:]]
    grid = functional.affine_grid(torch.cat(rows, 1).reshape(n, 2, 3), list(pictures.shape), align_corners=False)
    # frames are black or white, now and then grey; a third of what is cut out of a page has no frame at all
    beyond = torch.rand((n, 1, 1, 1), generator=generator)
    beyond = torch.where(_some(pictures, 0.6, generator), beyond.round(), beyond)
    laid = functional.grid_sample(pictures - beyond, grid, padding_mode="zeros", align_corners=False) + beyond
    edge = functional.grid_sample(pictures, grid, padding_mode="border", align_corners=False)
    return torch.where(_some(pictures, 0.3, generator), edge, laid)


def _shaded(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Bend the greys, light one side, blur, add noise."""
    # gamma of 0.45 to 2.2 in 95 %: the two of a screen, applied once too often either way
    gamma = torch.exp(torch.randn((len(pictures), 1, 1, 1), generator=generator) * 0.4)
    bent = pictures.clamp(1e-4, 1) ** gamma
    line = torch.linspace(-1, 1, pictures.shape[-1])
    # a light box, or a camera's shade: a quarter of the range from middle to edge
    slope = 0.25 * torch.randn((len(pictures), 2, 1, 1), generator=generator)
    lit = bent + torch.where(
        _some(pictures, 0.3, generator), slope[:, :1] * line[:, None] + slope[:, 1:] * line[None], 0.0
    )
    soft = functional.avg_pool2d(functional.pad(lit, (1, 1, 1, 1), mode="replicate"), 3, 1)
    soft = torch.where(_some(pictures, 0.25, generator), soft, lit)
    # of the range: more than compression and detectors leave at 64 pixels a side
    noise = 0.06 * torch.rand((len(pictures), 1, 1, 1), generator=generator)
    noise = noise * torch.randn(pictures.shape, generator=generator)
    seen = torch.where(_some(pictures, 0.4, generator), soft + noise, soft)
    # flat pictures: a third of the range, as of a radiograph that is shown with all of its 12 bits
    spread = 0.3 + 0.7 * torch.rand((len(pictures), 1, 1, 1), generator=generator)
    return (seen - 0.5) * spread + 0.5


def _lettered(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Burn one to three lines of something like letters into two of five pictures, in white, black or grey."""
    side = pictures.shape[-1]
    result = pictures.clone()
    for number in torch.nonzero(_some(pictures, 0.4, generator)[:, 0, 0, 0])[:, 0].tolist():
        grey = float(torch.randint(0, 3, (1,), generator=generator)) / 2
        for _ in range(int(torch.randint(1, 4, (1,), generator=generator))):
            # pixels of 64: a side marker is 2 to 5 of them high, a name up to a third of the picture long
            high, wide = (int(torch.randint(2, most, (1,), generator=generator)) for most in (6, 20))
            top, left = (int(torch.randint(0, side - size, (1,), generator=generator)) for size in (high, wide))
            ink = torch.rand((high, wide), generator=generator) < 0.6
            result[number, 0, top : top + high, left : left + wide][ink] = grey
    return result
