"""A run becomes a bundle that segments as the run has learnt."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
from drawn_slices import small_config as config
from PIL import Image

import pleura
from pleura.errors import PleuraError
from pleura.inference.backends import make_backend
from pleura.inference.bundle import load_bundle
from pleura.training.config import preset
from pleura.training.export import export_run
from pleura.training.loop import train

NAMED = ("drawn", "1", {"licence": "CC0-1.0"})


@pytest.mark.parametrize("preset_name", ["original", "notebook"])
def test_presets_of_the_original_project_train_and_run(data: Path, tmp_path: Path, preset_name: str) -> None:
    settings = preset(preset_name, data=str(data / "drawn"), epochs=1)
    progress = train(settings, tmp_path / "run")
    assert progress.step == 1  # four slices in a batch of four
    export_run(tmp_path / "run", tmp_path / "bundle", *NAMED)
    picture = np.full((70, 90), 40, np.int16)
    picture[20:50, 20:60] = -850
    result = pleura.segment(picture, model=tmp_path / "bundle")
    assert result.labels.shape == (70, 90)
    assert [label.name for label in result.structures] == ["lung"]


def test_exported_bundle_runs(data: Path, tmp_path: Path) -> None:
    train(config(data, 2), tmp_path / "run")
    export_run(tmp_path / "run", tmp_path / "bundle", *NAMED)
    bundle = load_bundle(tmp_path / "bundle")
    assert str(Path(__file__).parents[2]).encode() not in bundle.graph("network").read_bytes()
    lung, side_score = make_backend(bundle, threads=1)[1](np.zeros((1, 3, bundle.side, bundle.side), np.uint8))
    assert lung.shape == (1, bundle.side, bundle.side)
    assert side_score.shape == (1, bundle.side // 2, bundle.side // 2)


def test_network_with_a_convention_channel_follows_it(data: Path, tmp_path: Path) -> None:
    """Two sets of the same pictures, one with masks of half the height: the convention decides which mask comes out."""
    for name, top in (("high", 16), ("low", 32)):
        shutil.copytree(data / "drawn", tmp_path / name)
        for path in (tmp_path / name).glob("*/masks/*.tif"):
            label = np.asarray(Image.open(path)).copy()
            label[:top] = 0
            Image.fromarray(label).save(path)
    settings = dataclasses.replace(
        config(tmp_path, 60), weights={"high": 1.0, "low": 1.0}, validation=("high", "low"), conventions=("high", "low")
    )
    settings = dataclasses.replace(
        settings, slices=1, augment_probability=0.0, batch=4, learning_rate=0.01, validate_every=30
    )
    train(settings, tmp_path / "run")
    export_run(tmp_path / "run", tmp_path / "bundle", *NAMED)
    picture = tmp_path / "high" / "val" / "images" / "p5.tif"
    found = {
        name: np.count_nonzero(pleura.segment(picture, model=tmp_path / "bundle", convention=name).labels)
        for name in ("high", "low")
    }
    assert found["low"] < 0.75 * found["high"]
    with pytest.raises(PleuraError, match="high, low"):
        pleura.segment(picture, model=tmp_path / "bundle", convention="middle")
