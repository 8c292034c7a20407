"""What `pleura segment` says of the quality of masks, and the exit code that follows from it."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
from pathlib import Path

import onnx
import pytest
from spoiled_recipes import spoil

from pleura.inference.bundle import load_bundle


@pytest.fixture(scope="session")
def another_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bundle that marks as the shipped one does, and whose network is another file."""
    shipped, folder = load_bundle(), tmp_path_factory.mktemp("model") / "another"
    shutil.copytree(shipped.folder, folder)
    network = onnx.load(folder / "network.onnx")
    network.doc_string = "another"
    onnx.save(network, folder / "network.onnx")
    digest = hashlib.sha256((folder / "network.onnx").read_bytes()).hexdigest()
    spoil(folder, name="another", graphs={**shipped.graphs, "network": digest})
    return folder


def test_quality_is_said_in_words_and_beside_the_mask(run, slice_picture: Path) -> None:
    ran = run("segment", slice_picture)
    assert re.search(r"^quality: good; Dice about 0\.9\d \(0\.\d\d to [01]\.\d\d\)$", ran.out, re.MULTILINE)
    assert json.loads(Path("slice_lungs.png.json").read_text())["quality"]["verdict"] == "good"


def test_mask_below_what_is_asked_for_is_written_and_the_exit_code_is_3(run, slice_picture: Path) -> None:
    assert run("segment", slice_picture, "--fail-below", "1").code == 3
    assert Path("slice_lungs.png").is_file()
    ran = run("segment", slice_picture, "--fail-below", "1", "--resume", "--json")
    assert ran.code == 3
    assert re.fullmatch(
        rf"pleura: warning: {re.escape(str(slice_picture))}: the Dice to expect, 0\.9\d, is below 1 \(--fail-below\)\n",
        ran.err,
    )
    assert run("segment", slice_picture, "--fail-below", "0.5").code == 0


def test_each_scan_of_a_folder_that_falls_below_has_its_line(run, slice_picture: Path) -> None:
    Path("scans").mkdir()
    for name in ("a.png", "b.png"):
        shutil.copy(slice_picture, Path("scans") / name)
    ran = run("segment", "scans", "-o", "masks", "--fail-below", "1", "--quiet")
    assert ran.code == 3
    lines = [line for line in ran.err.splitlines() if line.endswith("is below 1 (--fail-below)")]
    assert [Path(line.split(": ")[2]).name for line in lines] == ["a.png", "b.png"]


def test_what_is_not_judged_cannot_fall_below(run, slice_picture: Path) -> None:
    ran = run("segment", slice_picture, "--fail-below", "0.9", "--quality", "off")
    assert (ran.code, "--fail-below needs the quality" in ran.err) == (2, True)
    assert run("segment", slice_picture, "--quality", "off").code == 0
    assert "quality" not in json.loads(Path("slice_lungs.png.json").read_text())


def test_no_dice_is_expected_of_a_model_that_was_not_calibrated(run, slice_picture: Path, another_model: Path) -> None:
    ran = run("segment", slice_picture, "--model", another_model, "--table", "lungs.csv", "--report")
    assert re.search(r"^quality: good; not-calibrated$", ran.out, re.MULTILINE)
    quality = json.loads(Path("slice_lungs.png.json").read_text())["quality"]
    assert (quality["verdict"], quality["dice"]) == ("good", {})
    with Path("lungs.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["flags"], row["both_lungs_dice_expected"], row["verdict"]) == ("not-calibrated", "", "good")
    page = Path("slice_lungs.html").read_text()
    assert "no Dice is expected" in page
    assert "Expected agreement" not in page


def test_what_is_expected_of_no_mask_cannot_be_asked_for(run, slice_picture: Path, another_model: Path) -> None:
    ran = run("segment", slice_picture, "--model", another_model, "--fail-below", "0.9", "--json")
    assert (ran.code, json.loads(ran.out)["error"]) == (2, "quality-unknown")
    assert not Path("slice_lungs.png").exists()
    assert run("segment", slice_picture, "--model", "chest-ct", "--fail-below", "0.5").code == 0
