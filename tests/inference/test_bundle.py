"""A bundle is whole or it is refused, with the reason."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pleura.errors import InvalidBundle
from pleura.inference.bundle import load_bundle


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(load_bundle().folder, tmp_path / "copy"))


def test_shipped_bundle_is_small_and_says_what_it_is() -> None:
    bundle = load_bundle()
    assert sum(file.stat().st_size for file in bundle.folder.iterdir()) < 12_000_000
    assert bundle.recipe["licence"]
    assert bundle.recipe["classes"] == ["background", "right lung", "left lung"]
    assert len(bundle.sha256) == 64


@pytest.mark.parametrize("name", ["chest-ct", "chest-radiograph"])
def test_shipped_bundle_has_a_name_however_it_is_given(name: str) -> None:
    assert load_bundle(name).name == load_bundle(Path(name)).name == name


def test_changed_graph_is_refused(copy: Path) -> None:
    with (copy / "network.onnx").open("ab") as file:
        file.write(b"0")
    with pytest.raises(InvalidBundle) as caught:
        load_bundle(copy)
    assert caught.value.code == "bundle-damaged"


def test_missing_graph_is_refused(copy: Path) -> None:
    (copy / "restore.onnx").unlink()
    with pytest.raises(InvalidBundle) as caught:
        load_bundle(copy)
    assert caught.value.code == "bundle-incomplete"


def test_bundle_of_another_version_is_refused(copy: Path) -> None:
    recipe = json.loads((copy / "recipe.json").read_text())
    (copy / "recipe.json").write_text(json.dumps({**recipe, "bundle": 99}))
    with pytest.raises(InvalidBundle) as caught:
        load_bundle(copy)
    assert caught.value.code == "bundle-version"


def test_folder_without_a_recipe_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(InvalidBundle) as caught:
        load_bundle(tmp_path)
    assert caught.value.code == "bundle-missing"
