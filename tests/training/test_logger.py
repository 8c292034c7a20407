"""What a run leaves to be read, and what it says of itself."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn_slices import small_config as config
from PIL import Image

from pleura.errors import PleuraError
from pleura.training.data import SIDE
from pleura.training.logger import rows, shortcomings
from pleura.training.loop import train
from pleura.training.pictures import CAPTION


def test_run_goes_on_only_with_the_settings_and_the_data_it_began_with(data: Path, tmp_path: Path) -> None:
    began, run = config(data, 2), tmp_path / "run"
    train(began, run)
    kept = (run / "config.json").read_text()
    other = shutil.copytree(data, tmp_path / "other")
    (other / "drawn" / "manifest.jsonl").write_text((data / "drawn" / "manifest.jsonl").read_text() + "\n")
    changes: list[tuple[dict[str, Any], str]] = [
        ({"batch": 4}, "batch = 2, not 4"),
        ({"widths": (8, 16)}, r"widths = \(8, 8\), not \(8, 16\)"),
        ({"data": str(other)}, "another data set"),
    ]
    for change, named in changes:
        with pytest.raises(PleuraError, match=named) as caught:
            train(dataclasses.replace(began, **change), run)
        assert caught.value.code == "run-differs"
    assert (run / "config.json").read_text() == kept
    moved = shutil.copytree(data, tmp_path / "moved")
    assert train(dataclasses.replace(began, steps=4, data=str(moved)), run).step == 4


def test_run_leaves_log_curves_pictures_and_report(data: Path, tmp_path: Path) -> None:
    train(config(data, 2), tmp_path)
    for name in ("config.json", "versions.json", "log.jsonl", "best.safetensors", "curves.png", "samples.png"):
        assert (tmp_path / name).stat().st_size > 0, name
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["steps"] == 2
    assert report["best"]["step"] in {1, 2}
    assert sorted(one["id"] for one in report["worst_slices"]) == ["p4", "p5"]
    with Image.open(tmp_path / "samples.png") as samples:
        assert samples.size == (2 * SIDE, SIDE + CAPTION)
        assert np.asarray(samples)[SIDE:, :SIDE].max() > 200  # the caption is written
    assert len(list((tmp_path / "tensorboard").iterdir())) == 1


def test_short_run_has_enough_points_for_curves(data: Path, tmp_path: Path) -> None:
    train(dataclasses.replace(config(data, 20), validate_every=250), tmp_path)
    validations, losses = (rows(tmp_path / name) for name in ("log.jsonl", "losses.jsonl"))
    assert [row["step"] for row in validations] == list(range(2, 21, 2))
    assert [row["step"] for row in losses] == list(range(1, 21))


def validated(*scores: float) -> list[dict[str, float]]:
    return [{"step": 100.0 * number, "score": score} for number, score in enumerate(scores, 1)]


def test_run_that_was_too_short_to_be_used_says_why(data: Path) -> None:
    settings = config(data, 300)
    assert shortcomings(settings, validated(0.9, 0.95, 0.955)) == ()
    (note,) = shortcomings(settings, validated(0.5, 0.7, 0.7))
    assert "Dice on validation is 0.70" in note.message
    (note,) = shortcomings(settings, validated(0.9, 0.91, 0.95))
    assert "still getting better" in note.message
    (note,) = shortcomings(dataclasses.replace(settings, warmup=100, steps=100), validated(0.95))
    assert "its 100 steps hardly reach beyond the 100" in note.message
    assert shortcomings(dataclasses.replace(settings, labels=("nodule",)), validated(0.5, 0.6, 0.6)) == ()
    assert shortcomings(dataclasses.replace(settings, steps=900), validated(0.5, 0.7, 0.7)) == ()  # ended by itself
