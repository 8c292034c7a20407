"""The benchmark of radiographs, run on one held-out picture of each convention."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

RADIOGRAPHS = Path(__file__).parents[2] / "benchmarks" / "radiographs.py"


@pytest.fixture
def data(shared: Path, tmp_path: Path) -> Path:
    """Return a data folder whose conventions have their first held-out picture alone."""
    for convention in ("heart-included", "heart-excluded"):
        source, folder = shared / "data" / "cxr" / convention, tmp_path / "cxr" / convention
        folder.mkdir(parents=True)
        lines = map(json.loads, (source / "manifest.jsonl").read_text().splitlines())
        first = next(line for line in lines if line["split"] == "val")
        paths = {name: str(source / first[name]) for name in ("image", "mask")}
        (folder / "manifest.jsonl").write_text(json.dumps({**first, **paths}) + "\n")
    return tmp_path


@pytest.mark.slow
def test_prints_a_line_for_each_position_source_and_age(data: Path, tmp_path: Path) -> None:
    command = [sys.executable, RADIOGRAPHS, "--data", data, "--model", "chest-radiograph", "--pictures", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    included, excluded = (part.split() for part in done.stdout.split("heart-excluded"))
    for words in (included, excluded):
        assert {"0", "90", "180", "270", "source", "age_group"} <= set(words)
    assert "v7labs-ieee8023" in included
    assert "gb-lung-minus-mediastinum" in excluded
    assert {path.name for path in tmp_path.glob("*.png")} == {"heart-included.png", "heart-excluded.png"}
