"""What a run shows: its curves, and the validation slices on which it is worst."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from pleura.rendering import PREDICTION_COLOUR, REFERENCE_COLOUR, draw_overlay
from pleura.training.validation import ValidationCase, predict_labels

if TYPE_CHECKING:
    from torch import nn

PICTURES = 12
"""Validation slices that are drawn, the worst ones."""

COLUMNS = 4
"""Slices side by side."""

CAPTION = 20
"""Height of the line below a slice, in pixels, for letters of 13."""

_NOT_DRAWN = {"step", "seconds", "loss", "val_loss", "false_pixels"}


def draw_curves(path: Path, validations: Sequence[dict[str, float]], losses: Sequence[dict[str, float]]) -> None:
    """Draw the losses of training and validation, and Dice on validation, over the steps."""
    from matplotlib.figure import Figure

    steps = [row["step"] for row in validations]
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot([row["step"] for row in losses], [row["loss"] for row in losses], ".-", markersize=3, label="training")
    left.plot(steps, [row["val_loss"] for row in validations], "o-", markersize=4, label="validation")
    names = [name for name in validations[0] if name not in _NOT_DRAWN]
    for name in names:
        if name != "score" or len(names) > 2:  # of one set the mean is the same
            values = [row.get(name, np.nan) for row in validations]
            right.plot(steps, values, "o-", markersize=4, label="mean of the sets" if name == "score" else name)
    right.set_ylim(-0.02, 1.02)
    for axes, title in ((left, "loss"), (right, "Dice on validation")):
        axes.set(title=title, xlabel="step")
        axes.set_xlim(0, None)
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    figure.savefig(path, dpi=120, metadata={"Software": None})


@torch.no_grad()
def draw_samples(
    path: Path, network: nn.Module, cases: Sequence[ValidationCase], device: torch.device
) -> list[tuple[str, float]]:
    """Draw the worst validation slices, reference in yellow, prediction in red, each with name and Dice.

    Return their ids and Dice: the names of files may be those of patients, and stand in the picture alone.
    """
    from PIL import Image

    network.eval()
    scored = [(case, *_sample(network, case, device)) for case in cases]
    worst = sorted(scored, key=lambda sample: sample[1])[:PICTURES]
    tiles = [_with_caption(picture, case.name, f"  Dice {dice:.3f}") for case, dice, picture in worst]
    columns = min(COLUMNS, len(tiles))
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % columns)
    lines = [np.concatenate(tiles[start : start + columns], axis=1) for start in range(0, len(tiles), columns)]
    Image.fromarray(np.concatenate(lines)).save(path)
    return [(case.id, round(dice, 4)) for case, dice, _ in worst]


def _sample(network: nn.Module, case: ValidationCase, device: torch.device) -> tuple[float, NDArray[np.uint8]]:
    """Return Dice and picture of the slice of a case that has most of the reference."""
    image, truth = case.images[case.fullest][None], case.labels[case.fullest]
    marked = predict_labels(network(image.to(device)).float().cpu(), (truth.shape[0], truth.shape[1]))[0]
    a, b = marked.numpy() > 0, (truth.numpy() > 0) & (truth.numpy() < 255)
    dice = float(2 * (a & b).sum() / max(a.sum() + b.sum(), 1))
    grey = (image[0, 1 if image.shape[1] > 2 else 0].numpy() * 255).astype(np.uint8)
    picture = draw_overlay(grey, [(b, REFERENCE_COLOUR), (a, PREDICTION_COLOUR)])
    return dice, np.asarray(picture)


def _with_caption(picture: NDArray[np.uint8], name: str, figure: str) -> NDArray[np.uint8]:
    """Return a picture (y, x, 3) with a line of text below it; of a name that is too long the end is shown."""
    from PIL import Image, ImageDraw, ImageFont

    font, text = ImageFont.load_default(13), name + figure
    while len(name) > 1 and font.getlength(text) > picture.shape[1] - 8:
        name = name[1:]
        text = f"...{name}{figure}"
    line = Image.new("RGB", (picture.shape[1], CAPTION))
    ImageDraw.Draw(line).text((4, 2), text, fill=(230, 230, 230), font=font)
    return np.concatenate([picture, np.asarray(line)])
