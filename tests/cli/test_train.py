"""`pleura train` and `pleura export`: from a data set to a model that `pleura segment` runs."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from drawn import SMALL, draw_folder
from PIL import Image
from safetensors.torch import load_file

from pleura.cli import main, progress
from pleura.inference.bundle import load_bundle
from pleura.training import convert


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("drawn")
    arguments = ["prepare", str(draw_folder(root / "in", 8)), str(root / "set"), "--split", "0.5,0.5,0", "--quiet"]
    assert main([*arguments, "--workers", "1", "--modality", "ct"]) == 0
    return root / "set"


def command(dataset: Path, run: Path, steps: int = 4) -> list[str]:
    length = ["--set", f"steps={steps}", "--set", "validate_every=2"]
    return ["train", "--preset", "default", "--data", str(dataset), str(run), *length, *SMALL]


@pytest.fixture(scope="module")
def run(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    assert main(command(dataset, folder)) == 0
    return folder


def test_run_tells_its_best_and_where_it_is(dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(dataset, tmp_path / "run")) == 0
    printed = capsys.readouterr().out
    assert "4 steps" in printed
    assert "best Dice at step" in printed
    assert "pleura export" in printed


def test_weights_chosen_by_the_loss_are_called_so(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*command(dataset, tmp_path / "run", steps=2), "--set", "choose=loss", "--resume"]
    assert main(words) == 0
    out, err = capsys.readouterr()
    assert "lowest loss on validation at step" in out
    assert "best Dice" not in out
    assert "--resume" not in out + err


def test_second_run_in_the_same_folder_is_refused(run: Path, dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(dataset, run)) == 2
    assert "--resume" in capsys.readouterr().err


def test_configuration_file_with_a_wrong_field_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "c.toml").write_text('data = "x"\nsteps = "many"\n')
    assert main(["train", str(tmp_path / "c.toml"), str(tmp_path / "run")]) == 2
    printed = capsys.readouterr().err
    assert "the field steps is 'many'" in printed
    assert printed.count("\n") == 1


def test_data_set_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--preset", "default", "--data", str(tmp_path), str(tmp_path / "run")]) == 2
    assert f"pleura prepare {tmp_path} DATASET" in capsys.readouterr().err


def test_folder_of_images_and_masks_is_prepared_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = draw_folder(tmp_path / "dataset", 12)
    before = sorted(tmp_path.rglob("*.png"))
    assert main(command(folder, tmp_path / "run")) == 0
    printed = capsys.readouterr().out
    assert "12 images with masks" in printed
    assert f"written: {tmp_path / 'run' / 'data'}" in printed
    assert json.loads((tmp_path / "run" / "config.json").read_text())["data"] == str(tmp_path / "run" / "data")
    assert sorted(folder.rglob("*.png")) == before


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (["--set", "epoch=3"], "did you mean epochs?"),
        (["--set", "loss=focal"], "the field loss"),
        (["--set", "start=nowhere"], "nowhere"),
        (["--epochs", "0"], "argument --epochs: '0' is not a whole number, 1 or more"),
        (["--learning-rate", "fast"], "argument --learning-rate: 'fast' is not a rate"),
        (["--batch", "-4"], "argument --batch"),
        (["--preset", "orignal"], "did you mean original?"),
    ],
)
def test_arguments_are_checked_before_anything_is_prepared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: list[str], named: str
) -> None:
    folder = draw_folder(tmp_path / "dataset", 3)
    try:
        code = main(["train", "--preset", "default", "--data", str(folder), str(tmp_path / "run"), *given])
    except SystemExit as left:
        code = int(left.code or 0)
    assert code == 2
    assert named in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["dataset"]


def test_length_rate_and_batch_have_options(dataset: Path, tmp_path: Path) -> None:
    words = [*command(dataset, tmp_path / "run"), "--epochs", "2", "--learning-rate", "1e-3", "--batch", "4"]
    assert main(words) == 0
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert (config["epochs"], config["learning_rate"], config["batch"]) == (2, 0.001, 4)
    assert config["steps"] == 2  # two epochs of four slices in batches of four


def test_pipe_gets_a_line_every_some_seconds(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.01)
    assert main(command(dataset, tmp_path / "run", steps=20)) == 0
    out, err = capsys.readouterr()
    assert re.search(r"^step \d+ of 20: loss \d\.\d{4}, best Dice at step \d+: Dice \d\.\d{4}", out, re.MULTILINE)
    assert "validating" in out
    assert "this run is too short for its model to be used" in err


@pytest.fixture
def one_thread() -> Iterator[dict[str, str]]:
    """Run PyTorch on one thread, and return the environment of a process that does so: more add up in another order."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield {**os.environ, "OMP_NUM_THREADS": "1"}
    torch.set_num_threads(before)


def test_killed_run_goes_on_to_the_same_weights(dataset: Path, tmp_path: Path, one_thread: dict[str, str]) -> None:
    """Kill a real process when its first validation is on disk, go on, and compare with a run that nobody stopped."""
    whole = tmp_path / "whole"
    assert main(command(dataset, whole, steps=20)) == 0
    words = [sys.executable, "-m", "pleura", *command(dataset, tmp_path / "killed", steps=20), "--quiet"]
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL, env=one_thread)
    for _ in range(60_000):  # ten minutes: a loaded machine takes one for the first steps
        if (tmp_path / "killed" / "last.safetensors").exists() or process.poll() is not None:
            break
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "killed" / "report.json").exists(), "the run ended before it could be killed"
    assert main([*command(dataset, tmp_path / "killed", steps=20), "--resume"]) == 0
    first, second = (load_file(folder / "last.safetensors") for folder in (whole, tmp_path / "killed"))
    assert all((first[name] == second[name]).all() for name in first)


def test_two_processes_train_one_network(dataset: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*words, "-m", "pleura", *command(dataset, tmp_path / "run")], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("makes a model of it") == 1  # one of the two speaks
    assert json.loads((tmp_path / "run" / "report.json").read_text())["steps"] == 4


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_exported_model_segments_a_picture(run: Path, dataset: Path, tmp_path: Path, precision: str) -> None:
    assert main(["export", str(run), str(tmp_path / "model"), "--precision", precision]) == 0
    recipe = json.loads((tmp_path / "model" / "recipe.json").read_text())
    assert recipe["agreement"]["onnxruntime"] >= 0.99
    picture = next((dataset / "images").iterdir())
    assert main(["segment", str(picture), str(tmp_path / "mask.png"), "--model", str(tmp_path / "model")]) == 0
    with Image.open(tmp_path / "mask.png") as mask:
        assert np.asarray(mask).shape == (64, 64)


def test_model_runs_the_same_in_openvino_and_torch(run: Path, dataset: Path, tmp_path: Path) -> None:
    assert main(["export", str(run), str(tmp_path / "model"), "--openvino", "--torch"]) == 0
    recipe = json.loads((tmp_path / "model" / "recipe.json").read_text())
    assert min(recipe["agreement"][name] for name in ("onnxruntime", "openvino", "torch")) >= 0.99
    picture = next((dataset / "images").iterdir())
    found = []
    for backend in ("onnxruntime", "openvino", "torch"):
        target = tmp_path / f"{backend}.png"
        words = ["segment", str(picture), str(target), "--model", str(tmp_path / "model"), "--backend", backend]
        assert main(words) == 0
        with Image.open(target) as mask:
            found.append(np.asarray(mask))
    assert (found[0] != found[1]).mean() < 0.01
    assert (found[0] != found[2]).mean() < 0.01


def test_evaluation_says_which_cases_the_model_has_seen(
    run: Path, dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The hashes go with the model, and with a run that starts from it: names and the run are not needed."""
    assert main(["export", str(run), str(tmp_path / "model")]) == 0
    further = [*command(dataset, tmp_path / "further", steps=2), "--set", f"start={tmp_path / 'model'}"]
    assert main([*further, "--set", "seed=1"]) == 0
    assert main(["export", str(tmp_path / "further"), str(tmp_path / "second")]) == 0
    assert load_bundle(tmp_path / "second").cases == load_bundle(tmp_path / "model").cases
    drawn = draw_folder(tmp_path / "in", 12)
    words = ["prepare", str(drawn), str(tmp_path / "set"), "--split", "0,0,1", "--modality", "ct", "--quiet"]
    assert main(words) == 0
    capsys.readouterr()
    words = ["evaluate", str(tmp_path / "set"), "--split", "test", "--model", str(tmp_path / "model")]
    assert main([*words, "-o", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().err
    assert "was trained on 4 of 12 cases" in printed
    assert "was chosen by 4 of 12 cases" in printed
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert {note["code"] for note in report["notes"]} == {"train-cases-seen", "val-cases-seen"}
    for number in range(8):
        (drawn / "images" / f"p{number}.png").unlink()
    assert main(["prepare", str(drawn), str(tmp_path / "new"), "--split", "0,0,1", "--modality", "ct", "--quiet"]) == 0
    capsys.readouterr()
    assert main(["evaluate", str(tmp_path / "new"), *words[2:]]) == 0
    assert "was trained on" not in capsys.readouterr().err


def test_new_export_leaves_nothing_of_the_old_one(run: Path, tmp_path: Path) -> None:
    assert main(["export", str(run), str(tmp_path / "model"), "--openvino", "--torch", "--precision", "int8"]) == 0
    (tmp_path / "model" / "notes.txt").write_text("mine")
    assert main(["export", str(run), str(tmp_path / "model")]) == 0
    left = sorted(file.name for file in (tmp_path / "model").iterdir())
    assert left == ["network.onnx", "notes.txt", "prepare.onnx", "recipe.json", "restore.onnx"]
    assert load_bundle(tmp_path / "model").facts.get("precision") is None
    assert [file.name for file in tmp_path.iterdir()] == ["model"]


def test_refused_export_leaves_the_old_one(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(run), str(tmp_path / "model")]) == 0
    before = {file.name: file.read_bytes() for file in (tmp_path / "model").iterdir()}
    monkeypatch.setattr(convert, "ALIKE", 1.1)  # nothing is as much alike as that
    assert main(["export", str(run), str(tmp_path / "model"), "--precision", "fp16"]) == 2
    assert "keep fp32" in capsys.readouterr().err
    assert {file.name: file.read_bytes() for file in (tmp_path / "model").iterdir()} == before
    assert main(["export", str(run), str(tmp_path / "other"), "--precision", "fp16"]) == 2
    assert not (tmp_path / "other").exists()


def test_export_onto_a_file_is_refused(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "model").write_text("mine")
    assert main(["export", str(run), str(tmp_path / "model")]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert (tmp_path / "model").read_text() == "mine"


def test_export_of_something_else_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(tmp_path), str(tmp_path / "model")]) == 2
    assert "no best.safetensors" in capsys.readouterr().err
