"""`pleura prepare` says what it found, what it could not use, and where the result is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pleura.cli import main


def folder(tmp_path: Path, count: int = 5) -> Path:
    rng = np.random.default_rng(0)
    for number in range(count):
        image = rng.integers(0, 255, (48, 48)).astype(np.uint8)
        mask = np.zeros((48, 48), np.uint8)
        mask[10:40, 8:20] = 1
        mask[10:40, 28:40] = 2
        for kind, array in (("images", image), ("masks", mask)):
            path = tmp_path / "in" / kind / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(array).save(path)
    return tmp_path / "in"


def test_counts_labels_and_folder_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder(tmp_path) / "images" / "4.png").rename(tmp_path / "in" / "images" / "alone.png")
    assert main(["prepare", str(tmp_path / "in"), str(tmp_path / "out"), "--workers", "1"]) == 0
    printed = capsys.readouterr().out
    assert "4 images with masks of 4 patients" in printed
    assert "1 right lung, 2 left lung" in printed
    assert "images/alone.png: there is no mask of this image" in printed
    assert str(tmp_path / "out") in printed


def test_one_image_is_counted_as_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prepare", str(folder(tmp_path, 1)), str(tmp_path / "out"), "--workers", "1"]) == 0
    printed = capsys.readouterr()
    assert "1 image with a mask of 1 patient: 1 train" in printed.out
    assert "1 image does not say whose it is" in printed.err


def test_cases_to_look_at_are_listed_by_name_and_not_endlessly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    masks = folder(tmp_path, count=25) / "masks"
    for path in masks.iterdir():
        Image.fromarray(np.zeros((48, 48), np.uint8)).save(path)
    assert main(["prepare", str(tmp_path / "in"), str(tmp_path / "out"), "--workers", "1"]) == 0
    printed = capsys.readouterr().out
    assert "to look at: 25 empty-mask, 25 not-a-chest" in printed
    assert "  images/0, images/1, images/10, images/11, images/12 and 20 more: nothing is marked" in printed
    assert printed.count("nothing is marked") == 1
    assert f"all of them are in {tmp_path / 'out' / 'report.json'}" in printed


def test_options_reach_the_pictures(tmp_path: Path) -> None:
    arguments = [
        "prepare",
        str(folder(tmp_path)),
        str(tmp_path / "out"),
        "--size",
        "32,40",
        "--split",
        "1,0,0",
        "--quiet",
    ]
    assert main([*arguments, "--workers", "1"]) == 0
    for path in (tmp_path / "out" / "images").iterdir():
        with Image.open(path) as picture:
            assert picture.size == (40, 32)


@pytest.mark.parametrize("window", [["--window", "-125,275"], ["--window=-125,275"]])
def test_window_may_begin_below_zero(window: list[str], tmp_path: Path) -> None:
    assert main(["prepare", *window, str(folder(tmp_path)), str(tmp_path / "out"), "--quiet", "--workers", "1"]) == 0
    made = json.loads((tmp_path / "out" / "dataset.json").read_text())
    assert made["settings"]["window"] == [-125, 275]


@pytest.mark.parametrize("split", ["1,1", "a,b,c", "0.5,0.5,0.5"])
def test_bad_shares_are_refused(tmp_path: Path, split: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main(["prepare", str(folder(tmp_path)), str(tmp_path / "out"), "--split", split])
    except SystemExit as stop:
        code = int(stop.code or 0)
    assert code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_missing_folder_is_one_line_and_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prepare", str(tmp_path / "nowhere"), str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("workers", ["0", "-1"])
def test_no_number_of_processes_is_refused(workers: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prepare", str(folder(tmp_path)), str(tmp_path / "out"), "--workers", workers]) == 2
    assert capsys.readouterr().err == f"pleura: error: {workers} is not a number of threads or processes, 1 or more\n"
    assert not (tmp_path / "out").exists()
