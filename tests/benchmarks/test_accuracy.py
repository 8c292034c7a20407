"""The benchmark that every accuracy claim rests on, run on drawn chests whose truth is known."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pleura.phantom import chest

ACCURACY = Path(__file__).parents[2] / "benchmarks" / "accuracy.py"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a data folder with one set: a slice with its truth, one with an empty mask, one from the train part."""
    phantom = chest(shape=(3, 256, 256), spacing=(60.0, 1.5, 1.5))
    folder = tmp_path / "ct" / "drawn"
    folder.mkdir(parents=True)
    cases = []
    for name, mask, split in (
        ("truth", phantom.labels[1], "val"),
        ("empty", 0 * phantom.labels[1], "val"),
        ("x", 0, "train"),
    ):
        Image.fromarray(np.asarray(phantom.volume.voxels[1], np.int32).astype(np.float32)).save(folder / f"{name}.tif")
        Image.fromarray(np.zeros((256, 256), np.uint8) + np.uint8(mask)).save(folder / f"{name}.png")
        cases.append({"id": name, "patient": name, "split": split, "image": f"{name}.tif", "mask": f"{name}.png"})
    lines = [json.dumps({**case, "sides": True}) for case in cases]
    (folder / "manifest.jsonl").write_text("\n".join(lines) + "\n")
    return tmp_path


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, ACCURACY, *arguments], capture_output=True, text=True)


def test_cases_are_listed_worst_first_and_the_train_part_is_left_out(data: Path) -> None:
    done = run("--data", data, "--json", data / "scores.json")
    assert done.returncode == 0, done.stderr
    scores = json.loads((data / "scores.json").read_text())
    assert [score["id"] for score in scores] == ["empty", "truth"]
    assert scores[0]["both"] == 0.0
    assert scores[0]["hd95"] is None
    assert scores[1]["both"] > 0.9
    assert done.stdout.splitlines()[1].startswith("drawn      empty")


def test_lung_marked_where_there_is_none_is_counted(data: Path) -> None:
    assert run("--data", data).stdout.splitlines()[-1].endswith("1 of 1")


def test_a_refused_case_counts_as_an_empty_mask(data: Path) -> None:
    (data / "ct" / "drawn" / "truth.tif").write_bytes(b"")
    worst = run("--data", data).stdout
    assert "error:empty-file" in worst
    assert worst.splitlines()[-1].split()[3] == "0.0000"


def test_a_folder_without_sets_is_said_to_be_one(tmp_path: Path) -> None:
    done = run("--data", tmp_path)
    assert done.returncode == 1
    assert "no ct/SET/manifest.jsonl under" in done.stderr
