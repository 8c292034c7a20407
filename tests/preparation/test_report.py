"""What came of a source is counted, and written so that the report alone names files of the source."""

from __future__ import annotations

import json
from pathlib import Path

from pleura.datasets.manifest import Record, read_manifest
from pleura.preparation import Refusal, Report, Settings

CASES = tuple(
    Record(id=f"{k}", patient=f"p{k % 2}", split=split, image=f"images/{k}.png", notes=("mask-cut",), kind="windowed")
    for k, split in enumerate(("train", "train", "val"))
)
REPORT = Report(
    cases=CASES,
    refused=(Refusal("images/b", "damaged", "a file of it is damaged"),),
    labels={1: "lung"},
    notes=(),
    settings=Settings(patients="patients-of-miller.csv", convention="heart-excluded"),
    sources={case.id: "images/miller" for case in CASES},
)


def test_images_are_counted_by_split_and_by_patient() -> None:
    assert REPORT.counts == {"images": 3, "train": 2, "val": 1, "test": 0, "patients": 2, "refused": 1}


def test_slices_of_one_scan_are_looked_at_once() -> None:
    assert REPORT.case_warnings == (("images/miller", "mask-cut"),)


def test_only_the_report_names_files_of_the_source(tmp_path: Path) -> None:
    REPORT.write(tmp_path)
    assert read_manifest(tmp_path) == CASES
    texts = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert [name for name, text in texts.items() if "miller" in text] == ["report.json"]
    assert json.loads(texts["dataset.json"])["convention"] == "heart-excluded"
    assert json.loads(texts["report.json"])["reasons"] == {"damaged": 1}


def test_without_a_case_the_report_alone_is_written(tmp_path: Path) -> None:
    Report((), REPORT.refused, {}, (), Settings()).write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
