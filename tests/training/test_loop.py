"""A run learns, is kept, and goes on after a stop as if there had been none."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from pleura.inference.backends import make_backend
from pleura.inference.bundle import load_bundle
from pleura.training.config import TrainingConfig, load_config
from pleura.training.export import export
from pleura.training.loop import learning_rate, train

SETTINGS = {"in_channels": 3, "classes": 3, "widths": (8, 8), "depths": (1, 1), "shuffle": 4}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one set: four drawn patients for training, two to validate."""
    root = tmp_path_factory.mktemp("data")
    records = []
    for number in range(6):
        split = "val" if number > 3 else "train"
        name = f"p{number}"
        label = np.zeros((64, 64), np.uint8)
        label[16:48, 8 + number : 28] = 1
        label[16:48, 36 : 56 - number] = 2
        image = np.where(label > 0, -850, 40).astype(np.int16)
        for kind, array in (("images", image), ("masks", label)):
            path = root / "drawn" / split / kind / f"{name}.tif"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(array).save(path)
        paths = {"image": f"{split}/images/{name}.tif", "mask": f"{split}/masks/{name}.tif"}
        records.append({"id": name, "split": split, "spacing": None, "hu": True, "sides": True, **paths})
    (root / "drawn" / "manifest.jsonl").write_text("\n".join(json.dumps(record) for record in records))
    return root


def config(data: Path, steps: int) -> TrainingConfig:
    return TrainingConfig(
        data=str(data),
        weights={"drawn": 1.0},
        validation=("drawn",),
        widths=(8, 8),
        depths=(1, 1),
        shuffle=4,
        batch=2,
        steps=steps,
        warmup=2,
        validate_every=2,
    )


def test_stopped_run_goes_on_to_the_same_weights(data: Path, tmp_path: Path) -> None:
    torch.use_deterministic_algorithms(True)
    train(config(data, 4), tmp_path / "whole")
    import dataclasses

    long = config(data, 4)
    half = dataclasses.replace(long, patience=10_000)
    run = tmp_path / "halves"
    _stop_after(half, run, 2)
    train(long, run)
    torch.use_deterministic_algorithms(False)
    whole, halves = (load_file(tmp_path / name / "last.safetensors") for name in ("whole", "halves"))
    assert all(torch.equal(whole[name], halves[name]) for name in whole)
    rows = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [2, 4]


def _stop_after(settings: TrainingConfig, run: Path, steps: int) -> None:
    """Run `settings` and break off, as a kill would, when the validation at `steps` has been kept."""
    import pleura.training.loop as loop

    keep = loop._keep

    class Stopped(Exception):
        pass

    def keep_and_stop(*arguments: object) -> None:
        keep(*arguments)  # type: ignore[arg-type]
        raise Stopped

    loop._keep = keep_and_stop  # type: ignore[assignment]
    try:
        with pytest.raises(Stopped):
            train(settings, run)
    finally:
        loop._keep = keep


def test_exported_bundle_runs(data: Path, tmp_path: Path) -> None:
    train(config(data, 2), tmp_path / "run")
    facts = {"name": "drawn", "version": "1", "licence": "CC0-1.0"}
    export(tmp_path / "run" / "best.safetensors", SETTINGS, tmp_path / "bundle", facts)
    bundle = load_bundle(tmp_path / "bundle")
    assert str(Path(__file__).parents[2]).encode() not in bundle.graph("network").read_bytes()
    lung, away = make_backend(bundle, threads=1)[1](np.zeros((1, 3, bundle.side, bundle.side), np.uint8))
    assert lung.shape == (1, bundle.side, bundle.side)
    assert away.shape == (1, bundle.side // 2, bundle.side // 2)


def test_rate_rises_then_falls_to_a_hundredth() -> None:
    settings = TrainingConfig(data="", weights={}, learning_rate=1.0, warmup=10, steps=110)
    assert learning_rate(0, settings) == pytest.approx(0.1)
    assert learning_rate(9, settings) == pytest.approx(1.0)
    assert learning_rate(60, settings) == pytest.approx(0.505)
    assert learning_rate(110, settings) == pytest.approx(0.01)


def test_unknown_field_is_named(tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    path.write_text('data = "x"\nlearning_speed = 1\n[weights]\na = 1\n')
    with pytest.raises(ValueError, match="learning_speed"):
        load_config(path)
