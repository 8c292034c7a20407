"""The pictures of a run: curves, and the worst validation slices under the names that people know them by."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from pleura.training import pictures
from pleura.training.pictures import CAPTION, COLUMNS, PICTURES, draw_curves, draw_samples
from pleura.training.validation import ValidationCase

SIDE = 32


class Threshold(nn.Module):
    """A network that marks what is brighter than one half."""

    def forward(self, images: Tensor) -> Tensor:
        return images[:, :1] - 0.5


def case(number: int, marked_rows: int) -> ValidationCase:
    """Return a slice whose upper half is lung, of which the network marks `marked_rows` of 16 rows."""
    image, labels = torch.zeros(1, 1, SIDE, SIDE), torch.zeros(1, SIDE, SIDE, dtype=torch.long)
    image[:, :, :marked_rows] = 1.0
    labels[:, :16] = 1
    return ValidationCase("", f"{number:016x}", f"scan{number}", image, labels, torch.ones(1, dtype=torch.bool))


def test_worst_slices_come_first_under_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    captions = []

    def note(picture: np.ndarray, name: str, figure: str) -> np.ndarray:
        captions.append(name + figure)
        return picture

    monkeypatch.setattr(pictures, "_with_caption", note)
    found = draw_samples(tmp_path / "s.png", Threshold(), [case(1, 16), case(2, 8)], torch.device("cpu"))
    # 8 of 16 rows: 2 * 8 / (8 + 16)
    assert found == [(f"{2:016x}", 0.6667), (f"{1:016x}", 1.0)]
    assert captions == ["scan2  Dice 0.667", "scan1  Dice 1.000"]


def test_samples_are_a_table_of_the_worst(tmp_path: Path) -> None:
    draw_samples(tmp_path / "s.png", Threshold(), [case(k, k % 16) for k in range(PICTURES + 3)], torch.device("cpu"))
    with Image.open(tmp_path / "s.png") as samples:
        assert samples.size == (COLUMNS * SIDE, PICTURES // COLUMNS * (SIDE + CAPTION))


def test_long_name_is_shown_by_its_end_and_keeps_its_figure() -> None:
    black = np.zeros((8, 256, 3), np.uint8)
    lines = [pictures._with_caption(black, name, "  Dice 0.912")[8:] for name in ("a" * 99 + "_slice_07", "b" * 99)]
    assert all(line.shape == (CAPTION, 256, 3) for line in lines)
    assert all(line[:, :4].max() == line[:, -4:].max() == 0 for line in lines)  # nothing is cut at the edges
    assert not np.array_equal(*lines)


def test_curves_are_drawn_also_where_a_set_was_not_validated_each_time(tmp_path: Path) -> None:
    rows = [
        {"step": 1.0, "val_loss": 1.0, "score": 0.5, "a": 0.5, "b": 0.5},
        {"step": 2.0, "val_loss": 0.9, "score": 0.6},
    ]
    draw_curves(tmp_path / "c.png", rows, [{"step": 1.0, "loss": 2.0}])
    with Image.open(tmp_path / "c.png") as curves:
        assert np.asarray(curves.convert("L")).std() > 0
