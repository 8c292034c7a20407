"""Many scans in one call: each has a result, and what is there already is not made again."""

from __future__ import annotations

import csv
import json
import shutil
from contextlib import nullcontext
from pathlib import Path

import nibabel
import numpy as np
import pytest
from PIL import Image

import pleura.segmenter
from pleura.inference import backends
from pleura.phantom import chest, write_dicom


def test_many_inputs_load_the_model_once(run, network, scan: Path, slice_picture: Path, elsewhere: Path) -> None:
    ran = run("segment", scan, slice_picture, "-o", "deep/out", "--threads", 2, "--backend", "torch")
    assert ran.code == 0
    names = sorted(path.name for path in (elsewhere / "deep/out").iterdir() if path.suffix != ".json")
    assert names == ["chest_lungs.nii.gz", "slice_lungs.png"]
    pictures = {"modality": "auto", "convention": ""}
    options = {"backend": "torch", "device": "auto", "threads": 2, "quality": "fast"}
    assert network == [{"model": None, **pictures, **options}]
    assert ran.err == ""  # no progress bar in a pipe
    assert [line[:5] for line in ran.out.splitlines() if " x " in line] == ["1/2: ", "2/2: "]


def test_many_pictures_go_side_by_side_and_are_reported_in_order(
    run, network, slice_picture: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backends, "cpu_count", lambda wanted=None: wanted or 2)  # as if there were many cores
    folder = elsewhere / "images"
    folder.mkdir()
    for number in range(12):
        shutil.copy(slice_picture, folder / f"{number:02}.png")
    (folder / "05.png").write_bytes((folder / "05.png").read_bytes()[:2000])
    ran = run("segment", folder, "--threads", 3)
    assert ran.code == 1
    assert network[-1]["threads"] == 1
    assert [line.split(":")[0] for line in ran.out.splitlines() if " x " in line] == [
        f"{number}/12" for number in range(1, 13) if number != 6
    ]
    assert len(ran.err.splitlines()) == 1
    assert len(list((elsewhere / "lungs").glob("*.png"))) == 11


def test_folder_of_images_is_many_scans(run, network, scan: Path, slice_picture: Path, elsewhere: Path) -> None:
    folder = elsewhere / "images"
    folder.mkdir()
    shutil.copy(scan, folder)
    shutil.copy(slice_picture, folder)
    (folder / "notes.txt").write_text("nothing to see")
    assert run("segment", folder).code == 0
    written = sorted(path.name for path in (elsewhere / "lungs").iterdir())
    masks = ["chest_lungs.nii.gz", "slice_lungs.png"]
    assert written == sorted([*masks, *(f"{mask}.json" for mask in masks)])
    assert run("segment", folder, "one.nii.gz").code == 2


def test_results_among_the_images_of_a_folder_are_replaced_and_not_segmented(
    run, network, scan: Path, slice_picture: Path, elsewhere: Path
) -> None:
    for source in (scan, slice_picture):
        shutil.copy(source, elsewhere)
    runs = [run("segment", elsewhere, "-o", elsewhere, "--preview", "--json") for _ in range(2)]
    assert [ran.code for ran in runs] == [0, 0]
    outputs = [[Path(json.loads(line)["output"]).name for line in ran.out.splitlines()] for ran in runs]
    assert outputs == [["chest_lungs.nii.gz", "slice_lungs.png"]] * 2


def test_resume_leaves_alone_what_is_there_of_the_same_scan_and_model(
    run, network, scan: Path, slice_picture: Path, elsewhere: Path
) -> None:
    shutil.copy(scan, elsewhere / "a.nii.gz")
    shutil.copy(slice_picture, elsewhere / "b.png")
    call = ("segment", "a.nii.gz", "b.png", "-o", "out", "--preview", "--resume")
    assert run(*call).code == 0
    first = [json.loads(line) for line in run(*call, "--json").out.splitlines()]
    assert [one["output"] for one in first] == ["out/a_lungs.nii.gz", "out/b_lungs.png"]
    assert all("labels" in one and one["seconds"] == {} for one in first)
    ran = run(*call)
    assert ran.out.splitlines() == [
        "1/2: a.nii.gz: there already: out/a_lungs.nii.gz",
        "2/2: b.png: there already: out/b_lungs.png",
        "2 of 2 segmented",
    ]
    assert len(pleura.segmenter.Segmenter.segmented) == 2
    (elsewhere / "out/a_lungs-preview.png").unlink()
    assert "2/2: b.png: there already" in run(*call).out
    assert len(pleura.segmenter.Segmenter.segmented) == 3  # the first again, as its picture is gone
    assert "already" not in run(*call, "--model", "another").out
    assert len(pleura.segmenter.Segmenter.segmented) == 5


def test_resume_repeats_the_warnings_of_what_is_there(run, network, elsewhere: Path) -> None:
    Image.fromarray(np.arange(100, 164, dtype=np.uint8).repeat(64).reshape(64, 64)).save(elsewhere / "full.png")
    runs = [run("segment", "full.png", "--resume", "--quiet") for _ in range(2)]
    assert [ran.err for ran in runs] == ["pleura: warning: full.png: no lung was found\n"] * 2
    assert [ran.out for ran in runs] == ["", ""]
    assert len(pleura.segmenter.Segmenter.segmented) == 1


def test_folder_of_dicom_is_one_scan(run, network, slice_picture: Path, elsewhere: Path) -> None:
    write_dicom(chest((24, 64, 64), (13.0, 6.0, 6.0)), elsewhere / "series")
    ran = run("segment", elsewhere / "series", "-o", "mask.mha")
    assert ran.code == 0
    assert (elsewhere / "mask.mha").exists()
    assert run("segment", "./series/").code == 0
    assert (elsewhere / "series_lungs.nii.gz").exists()
    shutil.copy(slice_picture, elsewhere / "series/photo.png")
    refused = run("segment", "series", "mask.mha")
    assert refused.code == 2
    assert "2 scans do not go into one file: series, series/photo.png;" in refused.err
    assert run("segment", "series", "-o", "out").code == 0
    assert sorted(path.name for path in (elsewhere / "out").glob("*[!n]")) == [
        "photo_lungs.png",
        "series_lungs.nii.gz",
    ]


def test_one_bad_file_does_not_stop_the_rest(run, network, scan: Path, elsewhere: Path) -> None:
    bad = elsewhere / "bad.nii.gz"
    bad.write_bytes(b"not a scan")
    ran = run("segment", bad, scan, "-o", "out")
    assert ran.code == 1
    assert ran.err.count("\n") == 1
    assert ran.err.startswith(f"pleura: error: {bad}: ")
    assert (elsewhere / "out/chest_lungs.nii.gz").exists()


def test_progress_bar_is_for_watchers_of_many_scans(
    run, network, scan: Path, slice_picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pleura.cli import segment

    moves: list[tuple[int, int | None, str]] = []
    monkeypatch.setattr(segment, "progress_bar", lambda: nullcontext(lambda *moved: moves.append(moved)))
    monkeypatch.setattr(segment, "is_watched", lambda: True)
    run("segment", scan, "-o", "a.nii.gz")
    run("segment", scan, slice_picture, "-o", "out", "--quiet")
    assert moves == []
    run("segment", scan, slice_picture, "-o", "out")
    assert moves == [(done, 2, "segmenting") for done in (0, 1, 2)]


def test_stale_mask_of_the_same_scan_under_another_name_is_warned_of(run, network, scan: Path, elsewhere: Path) -> None:
    for name in ("a/scan.nii.gz", "b/other.nii.gz"):
        (elsewhere / name).parent.mkdir()
        shutil.copy(scan, elsewhere / name)
    assert run("segment", "a", "-o", "out").err == ""
    shutil.move("a/scan.nii.gz", "a/moved.nii.gz")
    for resume in ([], ["--resume"]):
        ran = run("segment", "a", "-o", "out", "--json", *resume)
        assert "moved.nii.gz: the same scan has another mask beside this one: scan_lungs.nii.gz" in ran.err
        assert json.loads(ran.out)["warnings"][-1]["code"] == "same-scan-twice"
    assert "same scan" not in run("segment", "a/moved.nii.gz", "b/other.nii.gz", "-o", "two").err
    assert "same scan" not in run("segment", "a/moved.nii.gz", "b/other.nii.gz", "-o", "two").err


def test_table_has_a_row_for_each_scan_and_grows_with_the_next_run(run, network, scan: Path, elsewhere: Path) -> None:
    (elsewhere / "bad.nii").touch()
    assert run("segment", scan, "bad.nii", "-o", "out", "--table", "lungs.csv").code == 1
    rows = list(csv.DictReader(Path("lungs.csv").read_text().splitlines()))
    assert [(row["source"], row["error"]) for row in rows] == [(str(scan), ""), ("bad.nii", "empty-file")]
    right = int((nibabel.load("out/chest_lungs.nii.gz").get_fdata() == 1).sum())
    assert rows[0]["right_lung_voxels"] == str(right)
    shutil.copy(scan, "new.nii.gz")
    assert run("segment", scan, "new.nii.gz", "-o", "out", "--resume", "--table", "lungs.csv").code == 0
    again = list(csv.DictReader(Path("lungs.csv").read_text().splitlines()))
    assert [row["source"] for row in again] == [str(scan), "bad.nii", "new.nii.gz"]
    measured = {key: value for key, value in rows[0].items() if key not in {"seconds", "warnings"}}
    assert {key: again[0][key] for key in measured} == measured  # of the mask that was there already
