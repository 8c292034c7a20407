"""Pictures that are no chest: noise, gratings, text, charts, heaps of discs, plates, limbs and skulls.

The numbers are sizes and greys of what is drawn, as parts of the picture and of its range, chosen by eye, and wide:
what is neither has no typical size. The recipe gives the figures of these pictures apart from those of real ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recipes.modality.pictures import STORED

Field = NDArray[Any]


def drawn(count: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return `count` pictures, (count, STORED, STORED) uint8, of all kinds in turn."""
    kinds = (_noise, _grating, _text, _chart, _leaves, _shapes, _limbs, _skull, _gradient, _leaves, _plate, _plate)
    return np.stack([_grey(kinds[k % len(kinds)](rng), rng) for k in range(count)])


def _grey(field: Field, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return a field as greys, with a little noise, and now and then inverted."""
    spread = (field - field.min()) / max(float(np.ptp(field)), 1e-9)
    if rng.random() < 0.3:
        spread = 1 - spread
    noisy = spread + rng.normal(0, rng.choice([0, 0.01, 0.04]), field.shape)
    return np.asarray((np.clip(noisy, 0, 1) * 255).astype(np.uint8))


def _axes() -> tuple[Field, Field]:
    line = (np.arange(STORED) + 0.5) / STORED * 2 - 1
    return line[:, None], line[None, :]


def _noise(rng: np.random.Generator) -> Field:
    """Draw noise whose strength falls with frequency, as in textures and clouds."""
    down, across = np.fft.fftfreq(STORED)[:, None], np.fft.fftfreq(STORED)[None, :]
    # from white noise to more than photographs, whose strength falls with about the first power of the frequency
    fall = (np.hypot(down, across * rng.uniform(0.5, 2)) + 1 / STORED) ** -rng.uniform(0, 2.2)
    return np.asarray(np.fft.ifft2(np.fft.fft2(rng.normal(size=(STORED, STORED))) * fall).real)


def _gradient(rng: np.random.Generator) -> Field:
    y, x = _axes()
    slope = rng.normal(size=2)
    ramp = np.asarray(slope[0] * y + slope[1] * x)
    centre = rng.uniform(-1, 1, 2)
    return np.asarray(
        ramp + rng.normal() * np.hypot(y - centre[0], x - centre[1]) + 0.2 * rng.random() * _unit(_noise(rng))
    )


def _unit(field: Field) -> Field:
    return np.asarray((field - field.mean()) / (field.std() + 1e-9))


def _grating(rng: np.random.Generator) -> Field:
    y, x = _axes()
    angle, waves = rng.uniform(0, np.pi), rng.uniform(4, 60)
    lines = np.sin(waves * (np.cos(angle) * x + np.sin(angle) * y))
    crossed = np.sin(waves * (np.cos(angle) * y - np.sin(angle) * x)) if rng.random() < 0.5 else 1.0
    return np.asarray(np.sign(lines * crossed) if rng.random() < 0.5 else lines * crossed)


def _text(rng: np.random.Generator) -> Field:
    from PIL import Image, ImageDraw, ImageFont

    page = Image.new("L", (STORED, STORED), 255)
    pen, size = ImageDraw.Draw(page), float(rng.uniform(5, 22))
    font = ImageFont.load_default(size)
    for top in np.arange(rng.uniform(0, 12), STORED, size * 1.25):
        letters = "".join(chr(code) for code in rng.choice([*range(97, 123), 32, 32, 32, 32], 40))
        pen.text((rng.uniform(2, 14), top), letters[: rng.integers(4, 40)], fill=int(rng.integers(0, 90)), font=font)
    return np.asarray(page, np.float64)


def _chart(rng: np.random.Generator) -> Field:
    from PIL import Image, ImageDraw

    page = Image.new("L", (STORED, STORED), int(rng.choice([0, 20, 255])))
    pen = ImageDraw.Draw(page)
    for _ in range(rng.integers(2, 7)):
        heights = np.cumsum(rng.normal(0, 6, 30)) + rng.uniform(20, 108)
        points = [(4 + 4 * k, float(height)) for k, height in enumerate(heights)]
        pen.line(points, fill=int(rng.integers(60, 200)), width=int(rng.integers(1, 4)))
    for _ in range(rng.integers(0, 8)):
        left, top = rng.uniform(0, STORED, 2)
        box = (left, top, left + rng.uniform(4, 40), top + rng.uniform(4, 60))
        pen.rectangle(box, fill=int(rng.integers(0, 255)), outline=128)
    return np.asarray(page, np.float64)


def _leaves(rng: np.random.Generator) -> Field:
    """Heap discs and bars on each other, few large and many small, for the edges that photographs have."""
    y, x = _axes()
    field = np.full((STORED, STORED), rng.random()) + 0.1 * _unit(_noise(rng))
    for size in np.sort(0.03 * rng.random(rng.integers(20, 120)) ** -0.7)[::-1]:
        centre, grey, squeeze = rng.uniform(-1.1, 1.1, 2), rng.random(), rng.uniform(0.5, 2)
        v, u = (y - centre[0]) * squeeze, (x - centre[1]) / squeeze
        inside = np.hypot(v, u) < size if rng.random() < 0.6 else np.maximum(np.abs(v), np.abs(u)) < size
        field = np.where(inside, grey + rng.normal() * 0.3 * u + rng.normal() * 0.3 * v, field)
    return field


def _shapes(rng: np.random.Generator) -> Field:
    """Draw a few soft ellipses of any grey, overlapping."""
    y, x = _axes()
    field = np.zeros((STORED, STORED))
    for _ in range(rng.integers(1, 6)):
        centre, size, edge = rng.uniform(-0.8, 0.8, 2), rng.uniform(0.1, 0.9, 2), rng.uniform(0.02, 0.4)
        distance = np.hypot((y - centre[0]) / size[0], (x - centre[1]) / size[1])
        field += rng.normal() / (1 + np.exp(np.clip((distance - 1) / edge, -30, 30)))
    return field


def _plate(rng: np.random.Generator) -> Field:
    """Draw one round or oval thing on a ground, both of any texture: a cup, a face, a clock, an eye."""
    y, x = _axes()
    makers = (_noise, _leaves, _shapes, _gradient, _grating)
    thing, ground = (_unit(makers[rng.integers(0, len(makers))](rng)) for _ in range(2))
    ground = ground * rng.choice([0, 0.1, 0.5])
    centre, size, bend = rng.uniform(-0.25, 0.25, 2), rng.uniform(0.35, 0.95, 2), rng.uniform(1.5, 4)
    distance = np.abs((y - centre[0]) / size[0]) ** bend + np.abs((x - centre[1]) / size[1]) ** bend
    field = np.where(distance < 1, rng.normal(0, 1.5) + rng.uniform(0, 1) * thing, ground)
    rim = np.exp(-(((distance - 1) / rng.uniform(0.03, 0.15)) ** 2))
    return np.asarray(field + rng.choice([0, 0, 1, -1]) * rng.uniform(0, 2) * rim)


def _limbs(rng: np.random.Generator) -> Field:
    """Draw one to five tubes of flesh, each with one or two bones whose cortex is denser than their marrow."""
    y, x = _axes()
    field = np.zeros((STORED, STORED))
    count, lean = int(rng.choice([1, 1, 1, 2, 3, 5])), rng.uniform(-0.4, 0.4)
    for number in range(count):
        middle = (number - (count - 1) / 2) * rng.uniform(0.35, 0.5) + rng.uniform(-0.1, 0.1)
        half = rng.uniform(0.3, 0.7) / count**0.8
        along = x - middle - (lean + 0.1 * number) * y - rng.uniform(-0.1, 0.1) * y**2
        flesh = half * (1 + rng.uniform(-0.4, 0.4) * y)
        field += 0.5 * np.sqrt(np.clip(1 - (along / flesh) ** 2, 0, None))
        for bone in rng.choice([0.0, 0.35, -0.35], int(rng.integers(1, 3)), replace=False):
            width = half * rng.uniform(0.15, 0.3) * (1 + rng.uniform(0, 1.2) * (y - rng.uniform(-1, 1)) ** 2)
            inside = np.clip(1 - ((along - bone * half) / width) ** 2, 0, None)
            field += rng.uniform(0.3, 0.8) * (np.sqrt(inside) - 0.5 * np.sqrt(np.clip(inside - 0.45, 0, None)))
    return field


def _skull(rng: np.random.Generator) -> Field:
    """Draw an oval with a dense rim, brighter towards one end."""
    y, x = _axes()
    distance = np.hypot((y - rng.uniform(-0.2, 0.2)) / rng.uniform(0.6, 1), (x - rng.uniform(-0.2, 0.2)) / 0.75)
    rim = np.exp(-(((distance - 0.95) / rng.uniform(0.02, 0.06)) ** 2))
    inside = (distance < 1) * (0.5 + rng.uniform(-0.3, 0.3) * y + 0.08 * _unit(_noise(rng)))
    return np.asarray(inside + rng.uniform(0.3, 1) * rim + 0.4 * (distance < 1) * (y > rng.uniform(0.1, 0.6)))
