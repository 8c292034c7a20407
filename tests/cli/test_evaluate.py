"""`pleura evaluate` prints a table, keeps a report, and names what it cannot do."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from drawn import draw_folder
from PIL import Image
from two_lungs import lungs, save

import pleura
from pleura.cli import main
from pleura.phantom import chest


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    labels = np.zeros((40, 40), np.uint8)
    labels[5:15, 5:15], labels[5:15, 25:35] = 1, 2
    for kind in ("ref", "pred"):
        (tmp_path / kind).mkdir()
        for name in ("JOHN_SMITH", "b"):
            Image.fromarray(labels).save(tmp_path / kind / f"{name}.png")
    return [str(tmp_path / "ref"), str(tmp_path / "pred")]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Return a data set of one drawn slice, in the split val."""
    phantom = chest(shape=(3, 128, 128), spacing=(60.0, 3.0, 3.0))
    folder = tmp_path / "dataset"
    folder.mkdir()
    Image.fromarray(phantom.volume.voxels[1].astype(np.int16)).save(folder / "image.tif")
    Image.fromarray(phantom.labels[1].astype(np.uint8)).save(folder / "mask.png")
    record = {"id": "1", "patient": "1", "split": "val", "image": "image.tif", "mask": "mask.png", "sides": True}
    (folder / "manifest.jsonl").write_text(json.dumps(record))
    return folder


def test_table_and_report(folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", *folders, "-o", str(tmp_path / "out"), "--compare", folders[1]]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"both lungs +1\.0000", printed)
    assert "p = 1 (Wilcoxon)" in printed
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["summary"]["both lungs"]["dice"]["mean"] == 1.0
    assert report["compared"]["difference"]["both lungs"]["dice"]["mean"] == 0.0
    lines = list(csv.DictReader((tmp_path / "out" / "cases.csv").read_text().splitlines()))
    assert len(lines) == 2 * 2 * 3  # first and second, two cases; both lungs, right, left
    names = [folders[1]] * 6 + [f"{folders[1]} ({folders[1]})"] * 6
    assert [line["predictions"] for line in lines] == names
    assert {(line["case"], line["id"]) for line in lines} == {("JOHN_SMITH", "case-1"), ("b", "case-2")}
    page = (tmp_path / "out" / "report.html").read_text()
    assert "<svg" in page
    assert "data:image/webp;base64," in page
    assert not re.search(r"<script|https?://|<link(?! rel=\"icon\" href=\"data:)", page)  # holds everything itself
    assert "JOHN_SMITH</" in page
    assert "SMITH" not in (tmp_path / "out" / "report.json").read_text()  # programs know cases by their ids


def test_comparison_shows_the_figures_of_both(
    folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "half"
    other.mkdir()
    for path in Path(folders[1]).iterdir():
        labels = np.asarray(Image.open(path)).copy()
        labels[10:15] = 0  # half of each lung: Dice 2 * 50 / 150
        Image.fromarray(labels).save(other / path.name)
    assert main(["evaluate", *folders, "-o", str(tmp_path / "out"), "--compare", str(other)]) == 0
    printed = capsys.readouterr().out
    assert [line for line in printed.splitlines() if line in {folders[1], str(other)}] == [folders[1], str(other)]
    assert re.findall(r"both lungs +(\d\.\d{4})", printed) == ["1.0000", "0.6667"]
    assert f"{other} against {folders[1]}: Dice of both lungs -0.3333 on 2 pairs" in printed
    page = (tmp_path / "out" / "report.html").read_text()
    assert f"<h2>{other} against {folders[1]}</h2>" in page
    assert '<th scope="row">Dice</th><td>1.0000</td><td>0.6667</td><td>-0.3333' in page


def test_masks_of_pictures_belong_to_references_of_the_same_number(
    folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, path in enumerate(sorted(Path(folders[0]).iterdir())):
        path.rename(tmp_path / "ref" / f"mask{number}.png")
        (tmp_path / "pred" / path.name).rename(tmp_path / "pred" / f"image{number}_lungs.png")
    assert main(["evaluate", *folders]) == 0
    assert re.search(r"both lungs +1\.0000 +1\.0000", capsys.readouterr().out)


def test_cases_that_could_not_be_scored_are_counted_aloud(
    folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pred" / "b.png").unlink()
    Image.fromarray(np.zeros((40, 40), np.uint8)).save(tmp_path / "ref" / "c.png")
    Image.fromarray(np.zeros((9, 9), np.uint8)).save(tmp_path / "pred" / "c.png")
    assert main(["evaluate", *folders, "-o", str(tmp_path / "out"), "--compare", folders[0]]) == 0
    said = "2 of 3 cases could not be scored and count with overlap 0: grid-mismatch 1, no-prediction 1"
    why = "c: reference (1, 40, 40) and prediction (1, 9, 9) differ in size"
    assert capsys.readouterr().err == f"pleura: warning: {said}\npleura: warning: {why}\n"
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["notes"] == [{"code": "not-scored", "message": said}]
    assert report["compared"]["notes"] == []
    assert said in (tmp_path / "out" / "report.html").read_text()


def test_page_shows_what_was_taken_for_what_and_the_parts_of_each_mask(folders: list[str], tmp_path: Path) -> None:
    path = Path(folders[1]) / "b.png"
    labels = np.asarray(Image.open(path)).copy()
    labels[5:10, 25:35] = 1  # half of the left lung, of one case of two, goes to the right
    labels[30, 30] = 1
    Image.fromarray(labels).save(path)
    assert main(["evaluate", *folders, "-o", str(tmp_path / "out"), "--quiet"]) == 0
    page = (tmp_path / "out" / "report.html").read_text()
    assert '<th scope="row">right lung</th><td>0.00 %</td><td>100.00 %</td><td>0.00 %' in page
    assert '<th scope="row">left lung</th><td>0.00 %</td><td>25.00 %</td><td>75.00 %' in page
    # two squares and a speck; of 200 pixels that both call lung, 50 bear the other's name
    heads = ("parts of the reference", "parts found", "swapped")
    assert "".join(f'<th scope="col">{one}</th>' for one in heads) in page
    assert "<td>2</td><td>3</td><td>0.2500" in page


def test_same_input_gives_the_same_report(folders: list[str], tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert main(["evaluate", *folders, "-o", str(tmp_path / name), "--quiet"]) == 0
    for name in ("report.json", "cases.csv", "report.html"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def dice_of_lungs(printed: str) -> float:
    found = re.search(r"both lungs +([0-9.]+)", printed)
    assert found
    return float(found.group(1))


@pytest.mark.slow
def test_convention_of_the_set_is_what_the_model_is_asked_for(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = shared / "data" / "cxr" / "heart-excluded" / "val"
    for image in sorted((source / "images").iterdir())[-2:]:
        for path in (image, source / "masks" / f"{image.stem}.png"):
            (tmp_path / "in" / path.parent.name).mkdir(parents=True, exist_ok=True)
            shutil.copy(path, tmp_path / "in" / path.parent.name)
    lungs = str(tmp_path / "lungs")
    options = ["--convention", "heart-excluded", "--split", "0,1,0", "--workers", "1", "--quiet"]
    assert main(["prepare", str(tmp_path / "in"), lungs, *options]) == 0
    assert main(["evaluate", lungs, "-o", str(tmp_path / "report")]) == 0
    printed = capsys.readouterr().out
    assert "masks of radiographs: heart-excluded" in printed
    assert json.loads((tmp_path / "report" / "report.json").read_text())["model"]["convention"] == "heart-excluded"
    assert main(["evaluate", lungs, "--convention", "heart-included"]) == 0  # who asks goes before what is stated
    assert dice_of_lungs(capsys.readouterr().out) < 0.9 < dice_of_lungs(printed)


def test_a_model_without_conventions_is_not_asked_for_one(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = next((shared / "data" / "ct" / "covid" / "val" / "images").iterdir())
    for kind in ("images", "masks"):
        (tmp_path / "set" / kind).mkdir(parents=True)
        shutil.copy(source.parents[1] / kind / source.name, tmp_path / "set" / kind / "a.png")
    record = {"id": "a", "patient": "p", "split": "val", "image": "images/a.png", "mask": "masks/a.png"}
    (tmp_path / "set" / "manifest.jsonl").write_text(json.dumps(record))
    (tmp_path / "set" / "dataset.json").write_text(json.dumps({"convention": "heart-excluded"}))
    bundle = Path(pleura.__file__).parent / "inference" / "bundles" / "chest-ct"
    assert main(["evaluate", str(tmp_path / "set"), "--model", str(bundle)]) == 0
    assert "masks of radiographs" not in capsys.readouterr().out


def test_predictions_and_a_model_together_are_refused(folders: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", *folders, "--model", "somewhere"]) == 2
    assert "not both" in capsys.readouterr().err


def test_report_in_the_place_of_a_file_is_refused_in_one_line(
    folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["evaluate", *folders, "-o", str(tmp_path / "file")]) == 2
    printed = capsys.readouterr()
    assert "file is a file, not a folder; name another" in printed.err
    assert printed.out == ""


def test_nothing_to_compare_is_one_line_and_exit_code_2(
    folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["evaluate", folders[0], str(tmp_path / "empty")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_where_no_case_can_be_scored_the_reason_is_said_and_the_exit_code_is_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save(tmp_path / "ref.png", lungs())
    save(tmp_path / "pred.png", np.ones((10, 10)))
    assert main(["evaluate", str(tmp_path / "ref.png"), str(tmp_path / "pred.png"), "-o", str(tmp_path / "out")]) == 2
    printed = capsys.readouterr().err
    assert "could not be scored and counts with overlap 0: grid-mismatch 1" in printed
    assert "differ in size" in printed
    assert "ref" not in (tmp_path / "out" / "report.json").read_text().replace("reference", "")


@pytest.mark.slow
def test_models_that_come_with_pleura_are_called_by_name(dataset: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(dataset), "--model", "chest-ct", "--compare", "chest-ct"]) == 0
    printed = capsys.readouterr().out
    assert "Dice of both lungs +0.0000 on 1 pairs" in printed


@pytest.mark.slow
def test_folder_of_images_and_masks_is_evaluated_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = draw_folder(tmp_path / "dataset", 3)
    (folder / "images" / "alone.png").write_bytes((folder / "images" / "p0.png").read_bytes())
    assert main(["evaluate", str(folder), "-o", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr()
    assert "3 cases of 3 patients" in printed.out
    assert f"of {folder} 1 file was left out" in printed.err
    assert "data:image/webp;base64," in (tmp_path / "out" / "report.html").read_text()
    assert main(["evaluate", str(folder), str(folder / "masks")]) == 0
    assert re.search(r"left lung +1\.0000", capsys.readouterr().out)
