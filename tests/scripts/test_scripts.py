"""The four commands of the project's description, run as they are written there, from a folder with dataset/."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import nibabel
import numpy as np
import pytest
from drawn import SMALL, draw_folder
from PIL import Image

from pleura.errors import PleuraError
from pleura.phantom import chest, write_dicom

SCRIPTS = Path(__file__).parents[2] / "scripts"
SHORT = ("--epochs", "2", *SMALL)


def run(folder: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script by the path that leads to it from a folder, as a user types it."""
    return subprocess.run(
        [sys.executable, name if (folder / name).is_file() else str(SCRIPTS / name), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )


def images_and_masks(folder: Path, count: int) -> Path:
    """Write images/image1.png, masks/mask1.png and so on, masks in black and white, as the description lists them."""
    drawn = draw_folder(folder, count)
    for number in range(count):
        (drawn / "images" / f"p{number}.png").rename(drawn / "images" / f"image{number + 1}.png")
        mask = drawn / "masks" / f"p{number}.png"
        with Image.open(mask) as picture:
            labels = np.asarray(picture)
        Image.fromarray(np.where(labels > 0, 255, 0).astype(np.uint8)).save(drawn / "masks" / f"mask{number + 1}.png")
        mask.unlink()
    return folder


@pytest.fixture(scope="module")
def slice_picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an axial slice of a drawn chest as an 8-bit picture."""
    voxels = chest((1, 128, 128), (5.0, 3.0, 3.0)).volume.voxels[0]
    path = tmp_path_factory.mktemp("picture") / "slice.png"
    Image.fromarray(np.clip((voxels + 1250.0) / 1500.0 * 255.0, 0, 255).astype(np.uint8)).save(path)
    return path


def test_description_to_the_letter(tmp_path: Path) -> None:
    """Follow it in the project's folder, the commands started in scripts/ and above it, after a mistake was mended."""
    project = tmp_path / "Lung_Segmentation"
    shutil.copytree(SCRIPTS, project / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    images_and_masks(project / "data", 12)
    (project / "data" / "masks").rename(project / "masks")
    failed = run(project / "scripts", "train.py", *SHORT)
    assert failed.returncode == 2
    assert "images need masks named alike" in failed.stderr
    (project / "masks").rename(project / "data" / "masks")
    preprocessed = run(project / "scripts", "preprocess.py")
    assert preprocessed.returncode == 0, preprocessed.stderr
    assert "12 images with masks of 12 patients" in preprocessed.stdout
    for path in (project / "prepared" / "images").iterdir():
        with Image.open(path) as picture:
            assert picture.size == (256, 256)
    trained = run(project / "scripts", "train.py", *SHORT)
    assert trained.returncode == 0, trained.stderr
    assert "12 cases were there already" in trained.stdout
    assert "this run is too short for its model to be used" in trained.stderr
    assert "pleura export" not in trained.stdout  # it is exported already
    assert (project / "runs" / "default" / "curves.png").is_file()
    evaluated = run(project, "scripts/evaluate.py")
    assert evaluated.returncode == 0, evaluated.stderr
    assert f"model: yours, {project / 'model'}" in evaluated.stdout
    assert "2 cases" in evaluated.stdout
    assert "Dice" in evaluated.stdout
    tested = run(project, "scripts/test.py", "--image_path", "data/images/image1.png")
    assert tested.returncode == 0, tested.stderr
    assert f"model: yours, {project / 'model'}, Dice 0." in tested.stdout
    assert "gives masks of little use" in tested.stderr
    made = {path.name for path in project.iterdir()}
    assert made == {
        *("scripts", "data", "prepared", "runs", "model", "evaluation"),
        *("image1_mask.png", "image1_mask.png.json", "image1_overlay.png", "image1_lungs.png"),
    }
    assert sorted(path.name for path in (project / "scripts").iterdir()) == sorted(p.name for p in SCRIPTS.glob("*.py"))


def test_other_settings_or_pictures_begin_another_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(SCRIPTS))
    script = runpy.run_path(str(SCRIPTS / "train.py"))
    for name in ("default", "default-2"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "last.safetensors").touch()

    def differs(folder: Path, _config: object) -> None:
        if folder.name == "default":
            raise PleuraError("it began with batch = 16", code="run-differs")

    monkeypatch.setattr("pleura.training.logger.check_same", differs)
    monkeypatch.setattr("pleura.training.resolve.resolve_config", lambda config: config)
    assert script["run_folder"]("default", None) == Path("runs/default-2")
    assert script["run_folder"]("original", None) == Path("runs/original")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (["--epoch", "3"], "did you mean --epochs?"),
        (["--preset", "orignal"], "did you mean original?"),
        (["--set", "batchs=2"], "did you mean batch?"),
        (["--epochs", "many"], "'many' is not a whole number"),
    ],
)
def test_mistyped_arguments_of_training_are_named_before_anything_is_prepared(
    tmp_path: Path, given: list[str], named: str
) -> None:
    images_and_masks(tmp_path / "dataset", 2)
    refused = run(tmp_path, "train.py", *given)
    assert refused.returncode == 2
    assert named in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["dataset"]


def outside_is_black(folder: Path, name: str) -> bool:
    """Say whether the blanked picture holds something inside the mask and nothing outside it."""
    if (folder / f"{name}_mask.png").is_file():
        with Image.open(folder / f"{name}_mask.png") as picture:
            mask = np.asarray(picture)
    else:
        mask = np.asarray(nibabel.load(folder / f"{name}_mask.nii.gz").dataobj)[:, :, 0].T
    with Image.open(folder / f"{name}_lungs.png") as picture:
        lungs = np.asarray(picture)
    return bool(lungs[mask > 0].any() and not lungs[mask == 0].any())


def test_results_are_named_after_each_picture_and_none_is_lost(tmp_path: Path, slice_picture: Path) -> None:
    for place in ("one/slice.png", "two/slice.png", "two/deep/other.png"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        with Image.open(slice_picture) as picture:
            moved = np.roll(np.asarray(picture), 4 * place.count("two"), axis=1)
        Image.fromarray(moved).save(tmp_path / place)
    for place in ("one/slice.png", "two/slice.png", "one/slice.png"):
        tested = run(tmp_path, "test.py", "--image_path", place)
        assert tested.returncode == 0, tested.stderr
        assert "model: the one that comes with pleura, as there is no model/" in tested.stdout
        assert f"{place}: right lung" in tested.stdout
        assert "% of the picture" in tested.stdout
    assert {path.name for path in tmp_path.glob("*_mask.png")} == {"slice_mask.png", "slice_2_mask.png"}
    assert outside_is_black(tmp_path, "slice")
    assert outside_is_black(tmp_path, "slice_2")
    tested = run(tmp_path, "test.py", "--image_path", "two", "--output", "results")
    assert tested.returncode == 0, tested.stderr
    assert "2 of 2 segmented" in tested.stdout
    assert (tmp_path / "results" / "slice_mask.png").is_file()
    assert outside_is_black(tmp_path / "results" / "deep", "other")


def test_note_that_holds_for_each_picture_of_a_folder_is_said_once(tmp_path: Path, slice_picture: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("a.png", "b.png"):
        shutil.copy(slice_picture, tmp_path / "in" / name)
    done = run(tmp_path, "test.py", "--image_path", "in", "--output", "out")
    assert done.returncode == 0, done.stderr
    notes = [line for line in done.stdout.splitlines() if "note: " in line]
    assert len(notes) == len(set(notes)) > 0


def test_files_of_other_making_are_never_replaced(tmp_path: Path, slice_picture: Path) -> None:
    for name in ("slice_mask.png", "slice_overlay.png", "slice_lungs.png"):
        (tmp_path / name).write_text("mine")
        refused = run(tmp_path, "test.py", "--image_path", str(slice_picture))
        assert refused.returncode == 2
        assert f"{name} exists and is not an earlier result" in refused.stderr
        assert [path.name for path in tmp_path.iterdir()] == [name]
        (tmp_path / name).unlink()


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
        tested = run(tmp_path, "test.py", "--image_path", source)
        assert tested.returncode == 0, tested.stderr
        assert f"{source}: right lung" in tested.stdout
    assert outside_is_black(tmp_path, "slice")
    assert "no blanked picture: the scan has 3 slices" in tested.stdout
    assert " mL" in tested.stdout
    assert not (tmp_path / "scan_lungs.png").exists()


def test_output_whose_reader_leaves_is_no_traceback(tmp_path: Path) -> None:
    images_and_masks(tmp_path / "dataset", 3)
    words = f"set -o pipefail; {sys.executable} {SCRIPTS / 'preprocess.py'} | head -0"
    left = subprocess.run(["bash", "-c", words], cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert left.returncode == 1
    assert "Traceback" not in left.stderr
    words = f"set -o pipefail; {sys.executable} -u {SCRIPTS / 'train.py'} | head -0"
    left = subprocess.run(["bash", "-c", words], cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert "Traceback" not in left.stderr


@pytest.mark.parametrize("name", ["preprocess.py", "evaluate.py"])
def test_help_is_that_of_the_command_itself(tmp_path: Path, name: str) -> None:
    helped = run(tmp_path, name, "--help")
    assert helped.returncode == 0
    assert helped.stdout.startswith(f"usage: {name} [options]")
    assert not {"SOURCE", "REFERENCES", "val by default", "--fail-on-warning"} & set(helped.stdout.split())
    assert "val by default" not in helped.stdout


def test_inverted_masks_are_not_taken_for_misnamed_ones(tmp_path: Path) -> None:
    folder = images_and_masks(tmp_path / "dataset", 2)
    for path in (folder / "masks").iterdir():
        with Image.open(path) as mask:
            turned = 255 - np.asarray(mask)
        Image.fromarray(turned).save(path)
    refused = run(tmp_path, "preprocess.py")
    assert refused.returncode == 2
    assert "is it inverted?" in refused.stderr
    assert "named alike" not in refused.stderr


def test_missing_pictures_are_named(tmp_path: Path) -> None:
    for name in ("train.py", "preprocess.py"):
        done = run(tmp_path, name)
        assert done.returncode == 2
        assert done.stderr.startswith("pleura: error: no dataset/ or data/")
        assert "dataset/images" in done.stderr
    early = run(tmp_path, "evaluate.py")
    assert early.returncode == 2
    assert early.stderr.startswith("pleura: error:")
    assert "run train.py first" in early.stderr
    (tmp_path / "empty").mkdir()
    empty = run(tmp_path, "test.py", "--image_path", "empty")
    assert empty.returncode == 2
    assert "empty: there is no picture or scan in this folder" in empty.stderr
    absent = run(tmp_path, "test.py", "--image_path", "nowhere.png")
    assert absent.returncode == 2
    assert "Traceback" not in absent.stderr
