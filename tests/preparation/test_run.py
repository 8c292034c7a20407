"""Folders of every usual layout become one form of data set; what cannot be used is listed with its reason."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from data_layouts import pictures, save_picture
from PIL import Image

from pleura.errors import PleuraError
from pleura.preparation import Settings, prepare
from pleura.preparation.find import is_unfinished


def test_what_cannot_be_used_is_listed_and_never_fatal(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=6)
    folder = tmp_path / "in"
    (folder / "images" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    save_picture(folder / "masks" / "broken.png", np.ones((64, 64), np.uint8))
    save_picture(folder / "images" / "alone.png", np.arange(4096, dtype=np.uint8).reshape(64, 64))
    save_picture(folder / "masks" / "p1.png", np.ones((10, 12), np.uint8))  # of another size
    save_picture(folder / "masks" / "p2.png", np.zeros((64, 64), np.uint8))
    twin = np.asarray(Image.open(folder / "images" / "p3.png"))
    save_picture(folder / "images" / "twin.png", twin)
    save_picture(folder / "masks" / "twin.png", np.asarray(Image.open(folder / "masks" / "p3.png")))
    unknown = b"\x02\x00\x10\x00\x55\xdf\x04\x001.2\x00"  # an element of a type that DICOM does not know
    (folder / "masks" / "odd.dcm").write_bytes(bytes(128) + b"DICM" + unknown)
    report = prepare(folder, tmp_path / "out")
    codes = {one.name: one.code for one in report.refused}
    assert codes["masks/odd.dcm"] == "no-image"
    assert codes["images/alone.png"] == "no-mask"
    assert codes["images/twin"] == "duplicate-image"
    assert {"images/broken", "images/p1"} <= set(codes)
    written = {
        name: (tmp_path / "out" / name).read_text() for name in ("report.json", "dataset.json", "manifest.jsonl")
    }
    assert "images/alone.png" in written["report.json"]
    assert "p3" not in written["dataset.json"] + written["manifest.jsonl"]  # names of files may be names of patients
    findings = json.loads(written["report.json"])
    assert [(one["source"], one["code"]) for one in findings["case_warnings"]] == [("images/p2", "empty-mask")]
    assert sorted(findings["sources"].values()) == ["images/p0", "images/p2", "images/p3", "images/p4", "images/p5"]


def test_nothing_usable_is_an_error_by_name(tmp_path: Path) -> None:
    save_picture(tmp_path / "in" / "images" / "a.png", np.arange(4096, dtype=np.uint8).reshape(64, 64))
    with pytest.raises(PleuraError, match="nothing in the source") as caught:
        prepare(tmp_path / "in", tmp_path / "out")
    assert caught.value.code == "nothing-usable"


def test_what_comes_to_nothing_leaves_no_data_set_and_mended_it_becomes_one(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=3, mask="none_of_{}.png")
    with pytest.raises(PleuraError) as caught:
        prepare(tmp_path / "in", tmp_path / "out")
    assert "images/p0.png, there is no mask of this image" in str(caught.value)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [".finished.jsonl", "report.json"]
    assert is_unfinished(tmp_path / "out")
    pictures(tmp_path / "in", count=3)
    assert len(prepare(tmp_path / "in", tmp_path / "out").cases) == 3
    assert not is_unfinished(tmp_path / "out")


def test_data_set_outlives_a_source_that_has_gone(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=3)
    prepare(tmp_path / "in", tmp_path / "out")
    before = {path: path.read_bytes() for path in (tmp_path / "out").glob("*/*")}
    manifest_before = (tmp_path / "out" / "manifest.jsonl").read_bytes()
    for path in (tmp_path / "in" / "masks").iterdir():
        path.unlink()
    with pytest.raises(PleuraError):
        prepare(tmp_path / "in", tmp_path / "out")
    assert (tmp_path / "out" / "manifest.jsonl").read_bytes() == manifest_before
    assert {path: path.read_bytes() for path in (tmp_path / "out").glob("*/*")} == before


def test_source_is_never_written_into(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=2)
    with pytest.raises(PleuraError) as caught:
        prepare(tmp_path / "in", tmp_path / "in")
    assert caught.value.code == "output-is-input"
    with pytest.raises(PleuraError) as caught:
        prepare(tmp_path / "in", tmp_path)
    assert caught.value.code == "folder-in-use"


def test_convention_is_kept_with_the_set_and_with_what_is_made_of_it(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=3)
    prepare(tmp_path / "in", tmp_path / "silent")
    assert "convention" not in json.loads((tmp_path / "silent" / "dataset.json").read_text())
    prepare(tmp_path / "in", tmp_path / "first", Settings(convention="heart-excluded"))
    prepare(tmp_path / "first", tmp_path / "second", Settings(size=(32, 32)))
    prepare(tmp_path / "first", tmp_path / "other", Settings(convention="heart-included"))
    descriptions = {
        name: json.loads((tmp_path / name / "dataset.json").read_text()) for name in ("first", "second", "other")
    }
    assert {name: one["convention"] for name, one in descriptions.items()} == {
        "first": "heart-excluded",
        "second": "heart-excluded",
        "other": "heart-included",
    }
    with pytest.raises(PleuraError, match="convention has to be"):
        Settings(convention="fields")


@pytest.mark.parametrize(("inside", "refused"), [("", False), ("mine.txt", True)])
def test_empty_folders_of_a_run_that_was_stopped_at_once_are_not_in_the_way(
    tmp_path: Path, inside: str, refused: bool
) -> None:
    pictures(tmp_path / "in", count=2)
    for name in ("images", "masks"):
        (tmp_path / "out" / name).mkdir(parents=True)
    (tmp_path / "out" / "images" / (inside or "..")).touch()
    with pytest.raises(PleuraError) if refused else nullcontext():
        prepare(tmp_path / "in", tmp_path / "out")
    assert (tmp_path / "out" / "manifest.jsonl").is_file() is not refused


def test_two_runs_into_one_folder_wait_for_each_other(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=6)
    settings = [Settings(), Settings(size=(16, 16))]
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda one: prepare(tmp_path / "in", tmp_path / "out", one), settings))
    lines = [json.loads(line) for line in (tmp_path / "out" / "manifest.jsonl").read_text().splitlines()]
    assert len(lines) == 6
    assert all((tmp_path / "out" / line[name]).is_file() for line in lines for name in ("image", "mask"))
