"""What cannot become a bundle is named before anything is written; the whole way is tried by pleura export."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pleura.errors import UnreadableInput, UnwritableOutput
from pleura.training.bundling import BundleOptions, _figures, write_bundle


def test_folder_without_weights_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match=r"no best\.safetensors there") as caught:
        write_bundle(tmp_path, tmp_path / "model", BundleOptions())
    assert caught.value.code == "no-weights"
    assert not (tmp_path / "model").exists()


def test_folder_of_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "best.safetensors").touch()
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "letter.txt").write_text("dear")
    with pytest.raises(UnwritableOutput, match="holds other files") as caught:
        write_bundle(tmp_path / "run", tmp_path / "letters", BundleOptions())
    assert caught.value.code == "folder-in-use"
    assert [path.name for path in (tmp_path / "letters").iterdir()] == ["letter.txt"]


def test_figures_are_those_of_the_best_step_and_none_of_an_unfinished_run(tmp_path: Path) -> None:
    assert _figures(tmp_path) == {}
    (tmp_path / "report.json").write_text(json.dumps({"best": {"score": 0.9, "step": 40, "val_loss": 0.1}}))
    assert _figures(tmp_path) == {"figures": {"validation": {"dice": 0.9, "step": 40}}}
