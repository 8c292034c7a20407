"""The four commands of the project's description, run as they are written there, from a folder with dataset/."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
from drawn import SMALL, draw_folder
from PIL import Image

SCRIPTS = Path(__file__).parents[2] / "scripts"


def run(folder: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPTS / name), *arguments], cwd=folder, capture_output=True, text=True, timeout=300
    )


def test_from_a_folder_of_pictures_to_a_segmented_picture(tmp_path: Path) -> None:
    draw_folder(tmp_path / "dataset", 12)
    trained = run(tmp_path, "train.py", "--set", "steps=2", "--set", "validate_every=2", *SMALL)
    assert trained.returncode == 0, trained.stderr
    assert (tmp_path / "model" / "recipe.json").is_file()
    evaluated = run(tmp_path, "evaluate.py", "--split", "train")
    assert evaluated.returncode == 0, evaluated.stderr
    assert "Dice" in evaluated.stdout
    picture = tmp_path / "dataset" / "images" / "p1.png"
    tested = run(tmp_path, "test.py", "--image_path", str(picture), "--output", "result")
    assert tested.returncode == 0, tested.stderr
    with Image.open(tmp_path / "result" / "mask.png") as mask, Image.open(tmp_path / "result" / "lungs.png") as lungs:
        outside = np.asarray(mask) == 0
        assert (np.asarray(lungs)[outside] == 0).all()
    assert (tmp_path / "result" / "overlay.png").is_file()


def test_preprocessing_is_that_of_the_paper(tmp_path: Path) -> None:
    draw_folder(tmp_path / "data", 3)
    done = run(tmp_path, "preprocess.py")
    assert done.returncode == 0, done.stderr
    for path in (tmp_path / "prepared" / "images").iterdir():
        with Image.open(path) as picture:
            assert picture.size == (256, 256)


def test_missing_pictures_are_named(tmp_path: Path) -> None:
    done = run(tmp_path, "train.py")
    assert done.returncode != 0
    assert "dataset/images" in done.stderr
    absent = run(tmp_path, "test.py", "--image_path", "nowhere.png")
    assert absent.returncode == 2
    assert "Traceback" not in absent.stderr
