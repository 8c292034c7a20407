"""A run learns, is kept, and goes on after a stop as if there had been none."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

import pleura
from pleura.errors import PleuraError
from pleura.inference.backends import make_backend
from pleura.inference.bundle import load_bundle
from pleura.networks.build import build, graph_weights
from pleura.training.config import TrainingConfig, config_of, preset
from pleura.training.convert import real_planes
from pleura.training.data import SIDE
from pleura.training.export import export_run
from pleura.training.initial import first_network, network_settings
from pleura.training.logger import rows, shortcomings
from pleura.training.loop import learning_rate, train
from pleura.training.pictures import CAPTION
from pleura.training.resolve import with_length

NAMED = ("drawn", "1", {"licence": "CC0-1.0"})
SHIPPED: dict[str, Any] = {"widths": (16, 32, 96, 160, 192), "depths": (1, 1, 2, 2, 2), "shuffle": 2}


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
        labels=("right lung", "left lung"),
        widths=(8, 8),
        depths=(1, 1),
        shuffle=4,
        batch=2,
        steps=steps,
        warmup=2,
        validate_every=2,
    )


def test_stopped_run_goes_on_to_the_same_weights(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.use_deterministic_algorithms(True)
    train(config(data, 4), tmp_path / "whole")
    run = tmp_path / "halves"
    _stop_after_validation(config(data, 4), run, monkeypatch)
    train(config(data, 4), run)
    torch.use_deterministic_algorithms(False)
    whole, halves = (load_file(tmp_path / name / "last.safetensors") for name in ("whole", "halves"))
    assert all(torch.equal(whole[name], halves[name]) for name in whole)
    assert [row["step"] for row in rows(run / "log.jsonl")] == [1, 2, 3, 4]


def test_run_that_is_interrupted_within_a_step_loses_nothing(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C comes in the third step of six, after the only validation so far: the run goes on with the fourth."""
    from pleura.training import loop

    torch.use_deterministic_algorithms(True)
    train(config(data, 6), tmp_path / "whole")
    run, note = tmp_path / "broken", loop.RunLogger.note_loss

    def note_and_interrupt(logger: loop.RunLogger, step: int, loss: float) -> None:
        if step == 3:
            signal.raise_signal(signal.SIGINT)
        note(logger, step, loss)

    monkeypatch.setattr(loop.RunLogger, "note_loss", note_and_interrupt)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        train(config(data, 6), run)
    assert signal.getsignal(signal.SIGINT) is before
    monkeypatch.setattr(loop.RunLogger, "note_loss", note)
    steps: list[int] = []
    train(config(data, 6), run, lambda progress, _config, doing: None if doing else steps.append(progress.step))
    torch.use_deterministic_algorithms(False)
    assert steps == [4, 5, 6]
    whole, broken = (load_file(tmp_path / name / "last.safetensors") for name in ("whole", "broken"))
    assert all(torch.equal(whole[name], broken[name]) for name in whole)


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


@pytest.mark.parametrize(
    ("change", "code"),
    [({"loss": "focal"}, "unknown-loss"), ({"device": "cuda"}, "no-device"), ({"data": "nowhere"}, "no-manifest")],
)
def test_field_that_turns_out_wrong_is_named(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], code: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(PleuraError, match=f"the field {next(iter(change))}") as caught:
        train(dataclasses.replace(config(data, 2), **change), tmp_path / "run")
    assert caught.value.code == code
    assert not (tmp_path / "run").exists()


def test_run_keeps_paths_that_hold_from_any_folder(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(data)
    train(preset("notebook", data="drawn", epochs=1), tmp_path / "run")
    train(preset("notebook", data="drawn", epochs=1, start=os.path.relpath(tmp_path / "run")), tmp_path / "next")
    monkeypatch.chdir(tmp_path)
    kept = json.loads((tmp_path / "next" / "config.json").read_text())
    assert kept["data"] == str(data / "drawn")
    assert Path(kept["start"]).is_absolute()
    assert len(real_planes(config_of(tmp_path / "next"))) == 4


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


@pytest.mark.parametrize(
    ("given", "slices", "every", "patience"),
    [
        ({"steps": 4000, "validate_every": 250, "patience": 40}, 100, 250, 40),  # enough of them as it is
        ({"steps": 600, "validate_every": 250, "patience": 40}, 100, 75, 134),  # 40 times 250 steps are 134 times 75
        ({"steps": 0, "epochs": 50, "validate_every": 0, "patience": 5}, 100, 50, 5),  # an epoch of 50 steps of 2
        ({"steps": 0, "epochs": 2, "validate_every": 0, "patience": 5}, 100, 12, 21),
        ({"steps": 3, "validate_every": 2, "patience": 40}, 100, 1, 80),
    ],
)
def test_run_of_any_length_validates_eight_times(
    data: Path, given: dict[str, int], slices: int, every: int, patience: int
) -> None:
    found = with_length(dataclasses.replace(config(data, 2), **given), slices)  # type: ignore[arg-type]
    assert (found.validate_every, found.patience) == (every, patience)


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


def test_gradients_are_clipped_but_not_where_the_plain_recipe_is_asked_for(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clipped = []
    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", lambda _parameters, norm: clipped.append(norm))
    train(preset("notebook", data=str(data / "drawn"), epochs=1), tmp_path / "plain")
    assert clipped == []
    train(config(data, 2), tmp_path / "ours")
    assert clipped == [1.0, 1.0]


def test_accumulated_parts_take_the_step_of_the_whole_batch(data: Path, tmp_path: Path) -> None:
    # without batch normalisation, and with a loss that is a mean over pixels, parts and whole are the same
    for name, parts in (("whole", 1), ("parts", 2)):
        settings = preset("notebook", data=str(data / "drawn"), epochs=1, precision="float32", accumulate=parts)
        train(settings, tmp_path / name)
    whole, parted = (load_file(tmp_path / name / "best.safetensors") for name in ("whole", "parts"))
    assert all(torch.allclose(whole[name], parted[name], atol=2e-5) for name in whole)


def test_run_begins_with_the_weights_of_a_bundle(data: Path, tmp_path: Path) -> None:
    train(config(data, 2), tmp_path / "first")
    export_run(tmp_path / "first", tmp_path / "bundle", *NAMED)
    images = torch.rand(1, 3, 32, 32)
    first = build(network_settings(config(data, 2)))
    first.load_state_dict(load_file(tmp_path / "first" / "best.safetensors"))
    second = first_network(dataclasses.replace(config(data, 2), start=str(tmp_path / "bundle"), seed=5))
    with torch.no_grad():
        assert torch.allclose(first.eval()(images), second.eval()(images), atol=1e-4)


def test_other_labels_keep_the_body_of_a_network_and_learn_a_new_head(data: Path) -> None:
    settings = dataclasses.replace(config(data, 2), labels=("a", "b", "c"), start="chest-ct", **SHIPPED)
    network, shipped = first_network(settings), graph_weights(load_bundle().graph("network"))
    own = network.state_dict()
    assert torch.equal(own["encoder.2.0.0.weight"], shipped["encoder.2.0.0.weight"])
    assert own["head.weight"].shape[0] == 4 * 4


def test_who_starts_from_the_weights_for_radiographs_sees_their_encoder_named(data: Path) -> None:
    with pytest.raises(PleuraError, match=re.escape('train its kind (encoder = "efficientnet-lite0")')):
        first_network(dataclasses.replace(config(data, 2), start="chest-radiograph"))
    settings = dataclasses.replace(config(data, 2), start="chest-radiograph", encoder="efficientnet-lite0")
    own, shipped = (
        first_network(settings).state_dict(),
        graph_weights(load_bundle("chest-radiograph").graph("network")),
    )
    name = "encoder.levels.3.1.project.1.weight"
    assert torch.equal(own[name], shipped[name].float())


@pytest.mark.parametrize("change", [{"network": "original"}, {"encoder": "efficientnet-lite0"}, {"widths": (8, 8)}])
def test_weights_of_another_network_are_refused(data: Path, change: dict[str, Any]) -> None:
    settings = dataclasses.replace(config(data, 2), start="chest-ct", **change)
    with pytest.raises(PleuraError, match=r"chest-ct: it has \d+\.\d % of the weights of this network") as caught:
        first_network(settings)
    assert caught.value.code == "bundle-unfit"


def _stop_after_validation(settings: TrainingConfig, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run `settings` and break off, as a kill would, when the first validation has been kept."""
    from pleura.training import loop

    save = loop.save_checkpoint

    class Stopped(Exception):
        pass

    def save_and_stop(*arguments: Any) -> None:
        save(*arguments)
        raise Stopped

    monkeypatch.setattr(loop, "save_checkpoint", save_and_stop)
    with pytest.raises(Stopped):
        train(settings, run)
    monkeypatch.undo()


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


def test_rate_rises_then_falls_to_a_hundredth() -> None:
    settings = TrainingConfig(data="", weights={}, learning_rate=1.0, warmup=10, steps=110)
    assert learning_rate(0, settings) == pytest.approx(0.1)
    assert learning_rate(9, settings) == pytest.approx(1.0)
    assert learning_rate(60, settings) == pytest.approx(0.505)
    assert learning_rate(110, settings) == pytest.approx(0.01)
