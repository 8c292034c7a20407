"""A second run does only what is missing, and what depends on something that has changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from data_layouts import PHANTOM, nnunet, pictures

from pleura.datasets.manifest import Record
from pleura.errors import UnwritableOutput
from pleura.preparation import prepare
from pleura.preparation.label_mapping import MaskInfo
from pleura.preparation.progress import PROGRESS_FILE, Progress, key_of


def test_second_run_does_only_what_is_missing(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=4)
    prepare(tmp_path / "in", tmp_path / "out")
    first = (tmp_path / "out" / "manifest.jsonl").read_bytes()
    again = prepare(tmp_path / "in", tmp_path / "out")
    assert again.reused == 4
    assert (tmp_path / "out" / "manifest.jsonl").read_bytes() == first


def test_corrected_names_make_the_cases_anew(tmp_path: Path) -> None:
    nnunet(tmp_path / "in", 1, PHANTOM.labels, {"left lung": 1, "right lung": 2})
    assert not prepare(tmp_path / "in", tmp_path / "out").cases[0].sides
    (tmp_path / "in" / "dataset.json").write_text(json.dumps({"labels": {"right lung": 1, "left lung": 2}}))
    assert prepare(tmp_path / "in", tmp_path / "out").cases[0].sides


def test_what_was_finished_is_known_again_but_for_the_line_that_was_cut(tmp_path: Path) -> None:
    info = MaskInfo((1, 2), {1: "right lung"}, {1: -40.0, 2: 40.0}, True)
    records = (Record(id="a", image="images/a.png", mask="masks/a.png", shape=(4, 4), kind="windowed", sides=False),)
    with Progress(tmp_path) as progress:
        progress.save_mask("m", info)
        progress.save_records("r", records)
    with (tmp_path / PROGRESS_FILE).open("a") as file:
        file.write('{"records": "s", "lines": [{"id"')
    again = Progress(tmp_path)
    assert again.masks == {"m": info}
    assert again.records == {"r": records}
    assert again.files() == {"images/a.png", "masks/a.png"}


def test_a_key_depends_on_all_values_and_not_on_the_order_of_names() -> None:
    assert key_of("a", {"x": 1, "y": 2}) == key_of("a", {"y": 2, "x": 1})
    assert key_of("a", {"x": 1}) != key_of("a", {"x": 2})


def test_full_disk_is_said_with_the_file_that_could_not_be_written(tmp_path: Path) -> None:
    info = MaskInfo((1, 2), {1: "right lung"}, {1: -40.0, 2: 40.0}, True)
    full = Path("/dev/full").open("a", encoding="utf-8")  # noqa: SIM115 - the progress closes it
    with pytest.raises(UnwritableOutput, match=f"{PROGRESS_FILE} cannot be written: No space"):  # noqa: SIM117
        with Progress(tmp_path) as progress:
            assert progress._file
            progress._file.close()
            progress._file = full
            progress.save_mask("m", info)


def test_what_is_no_file_of_ours_is_neither_read_nor_written_through(tmp_path: Path) -> None:
    for target in ("/dev/zero", str(tmp_path / "mine.txt")):
        (tmp_path / "mine.txt").write_text("mine")
        (tmp_path / PROGRESS_FILE).unlink(missing_ok=True)
        (tmp_path / PROGRESS_FILE).symlink_to(target)
        with pytest.raises(UnwritableOutput, match=PROGRESS_FILE) as caught:
            Progress(tmp_path)
        assert caught.value.code == "folder-in-use"
        assert (tmp_path / "mine.txt").read_text() == "mine"


def test_files_outside_the_data_set_are_not_taken_for_finished_ones(tmp_path: Path) -> None:
    lines = [{"image": "images/a.png"}, {"image": "../a.png"}]
    entries = [{"records": line["image"], "lines": [line]} for line in lines]
    (tmp_path / PROGRESS_FILE).write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    assert Progress(tmp_path).files() == {"images/a.png"}
