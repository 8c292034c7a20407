"""The four commands of the project's description, run as they are written there, from a folder with dataset/."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import nibabel
import numpy as np
import pytest
from drawn import SMALL, draw_folder
from PIL import Image

from pleura.phantom import chest, write_dicom

SCRIPTS = Path(__file__).parents[2] / "scripts"


def run(folder: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPTS / name), *arguments], cwd=folder, capture_output=True, text=True, timeout=300
    )


@pytest.fixture(scope="module")
def slice_picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an axial slice of a drawn chest as an 8-bit picture."""
    voxels = chest((1, 128, 128), (5.0, 3.0, 3.0)).volume.voxels[0]
    path = tmp_path_factory.mktemp("picture") / "slice.png"
    Image.fromarray(np.clip((voxels + 1250.0) / 1500.0 * 255.0, 0, 255).astype(np.uint8)).save(path)
    return path


def test_from_a_folder_of_pictures_to_a_segmented_picture(tmp_path: Path) -> None:
    draw_folder(tmp_path / "dataset", 12)
    trained = run(tmp_path, "train.py", "--set", "steps=2", "--set", "validate_every=2", *SMALL)
    assert trained.returncode == 0, trained.stderr
    assert (tmp_path / "model" / "recipe.json").is_file()
    assert (tmp_path / "runs" / "default" / "report.json").is_file()
    lines = (tmp_path / "prepared" / "manifest.jsonl").read_text().splitlines()
    parts = Counter(json.loads(line)["split"] for line in lines)
    for words, part in ((["--split", "train"], "train"), ([], "test")):
        evaluated = run(tmp_path, "evaluate.py", *words)
        assert evaluated.returncode == 0, evaluated.stderr
        assert f"{parts[part]} cases" in evaluated.stdout
        assert "Dice" in evaluated.stdout
    picture = tmp_path / "dataset" / "images" / "p1.png"
    tested = run(tmp_path, "test.py", "--image_path", str(picture), "--output", "result")
    assert tested.returncode == 0, tested.stderr
    assert (tmp_path / "result" / "lungs.png").is_file()
    assert (tmp_path / "result" / "overlay.png").is_file()


def outside_is_black(folder: Path) -> bool:
    """Say whether the blanked picture holds something inside the mask and nothing outside it."""
    if (folder / "mask.png").is_file():
        with Image.open(folder / "mask.png") as picture:
            mask = np.asarray(picture)
    else:
        mask = np.asarray(nibabel.load(folder / "mask.nii.gz").dataobj)[:, :, 0].T
    with Image.open(folder / "lungs.png") as picture:
        lungs = np.asarray(picture)
    return bool(lungs[mask > 0].any() and not lungs[mask == 0].any())


def test_picture_in_the_folder_of_the_results_is_never_replaced(tmp_path: Path, slice_picture: Path) -> None:
    picture = tmp_path / "lungs.png"
    picture.write_bytes(slice_picture.read_bytes())
    refused = run(tmp_path, "test.py", "--image_path", "lungs.png")
    assert refused.returncode == 2
    assert refused.stderr == "test.py: lungs.png is the input; name another output\n"
    for name in ("mask.png", "overlay.png"):
        (tmp_path / "mine").mkdir(exist_ok=True)
        (tmp_path / "mine" / name).write_text("mine")
        refused = run(tmp_path, "test.py", "--image_path", "lungs.png", "--output", "mine")
        assert refused.returncode == 2
        assert f"{name} exists and is not an earlier result" in refused.stderr
        (tmp_path / "mine" / name).unlink()
    assert picture.read_bytes() == slice_picture.read_bytes()
    assert not list((tmp_path / "mine").iterdir())


def test_earlier_results_are_replaced_but_not_when_they_are_the_input(tmp_path: Path, slice_picture: Path) -> None:
    for _ in range(2):
        tested = run(tmp_path, "test.py", "--image_path", str(slice_picture))
        assert tested.returncode == 0, tested.stderr
        assert outside_is_black(tmp_path)
    refused = run(tmp_path, "test.py", "--image_path", "lungs.png")
    assert "lungs.png is the input" in refused.stderr


def test_output_that_is_a_file_is_one_line(tmp_path: Path, slice_picture: Path) -> None:
    (tmp_path / "file").write_text("mine")
    refused = run(tmp_path, "test.py", "--image_path", str(slice_picture), "--output", "file")
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert (tmp_path / "file").read_text() == "mine"


def test_dicom_slice_is_blanked_and_of_a_whole_scan_it_is_said_that_it_is_not(tmp_path: Path) -> None:
    write_dicom(chest((3, 128, 128), (60.0, 3.0, 3.0)), tmp_path / "scan")
    write_dicom(chest((1, 128, 128), (60.0, 3.0, 3.0)), tmp_path / "slice")
    for source in ("slice", "scan"):
        tested = run(tmp_path, "test.py", "--image_path", source, "--output", f"of_{source}")
        assert tested.returncode == 0, tested.stderr
    assert outside_is_black(tmp_path / "of_slice")
    assert "no lungs.png: the scan has 3 slices" in tested.stdout
    assert not (tmp_path / "of_scan" / "lungs.png").exists()


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
    early = run(tmp_path, "evaluate.py")
    assert early.returncode != 0
    assert "run train.py first" in early.stderr
    absent = run(tmp_path, "test.py", "--image_path", "nowhere.png")
    assert absent.returncode == 2
    assert "Traceback" not in absent.stderr
