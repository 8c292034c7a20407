"""A recipe is a value whatever its file holds, or the field that is wrong is named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from spoiled_recipes import spoil

from pleura.errors import InvalidBundle
from pleura.inference.bundle import SHIPPED, load_bundle
from pleura.inference.recipe import GRAPHS, INT8, SIDED_LUNGS, hash_in_short, read_recipe, write_recipe
from pleura.networks.settings import NetworkSettings
from pleura.volume import Kind


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a folder with the recipe of the model for CT alone."""
    (tmp_path / "recipe.json").write_bytes((load_bundle().folder / "recipe.json").read_bytes())
    return tmp_path


def test_the_recipe_of_the_model_for_ct_says_what_its_network_sees(copy: Path) -> None:
    recipe = read_recipe(copy)
    assert (recipe.side, recipe.planes, recipe.context_mm, recipe.view) == (256, 3, 5.0, "lungs")
    assert recipe.window(Kind.HU) == (-1024, 400)
    assert recipe.window(Kind.WINDOWED) == (0, 255)
    assert recipe.network == NetworkSettings(3, 3, "unet", (16, 32, 96, 160, 192), (1, 1, 2, 2, 2), 2)
    assert recipe.facts["licence"] == "CC-BY-NC-SA-4.0"
    assert recipe.sha256 == recipe.graphs["network"]
    assert set(recipe.graphs) == {*GRAPHS, INT8}


def test_fields_that_older_records_leave_out_have_their_usual_values(copy: Path) -> None:
    record = json.loads((copy / "recipe.json").read_text())
    for name in ("output", "kinds", "conventions", "cases"):
        record.pop(name, None)
    del record["grid"]["planes"], record["grid"]["view"]
    (copy / "recipe.json").write_text(json.dumps(record))
    recipe = read_recipe(copy)
    assert (recipe.output, recipe.kinds, recipe.conventions) == (SIDED_LUNGS, {Kind.HU, Kind.WINDOWED}, ())
    assert (recipe.planes, recipe.view, recipe.cases) == (3, "lungs", {})


def test_a_bundle_is_read_as_it_was_written(copy: Path) -> None:
    recipe = read_recipe(copy)
    write_recipe(copy, replace(recipe, facts={**recipe.facts, "precision": "int8"}))
    assert read_recipe(copy) == replace(recipe, facts={**recipe.facts, "precision": "int8"})


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_recipe_says_the_same_when_it_is_written_again(tmp_path: Path, name: str) -> None:
    shipped = load_bundle(name).folder
    write_recipe(tmp_path, read_recipe(shipped))
    again, before = (json.loads((folder / "recipe.json").read_text()) for folder in (tmp_path, shipped))
    before["network"] = {"name": "unet", **before["network"]}
    assert again == {"conventions": [], **before}


def test_hashes_of_images_are_kept_by_part(copy: Path) -> None:
    spoil(copy, cases={"val": ["0" * 16], "train": []})
    assert read_recipe(copy).cases == {"train": [], "val": ["0" * 16]}
    assert len(hash_in_short("ab" * 32)) == 16


UNET = {"in_channels": 3, "classes": 3, "widths": [16, 32], "depths": [1, 1], "shuffle": 2}
WRONG = [
    ("name", ["a"], "name"),
    ("name", "a\x1b[2J", "name"),
    ("version", 2, "version"),
    ("classes", "background", "classes"),
    ("classes", ["background"], "classes"),
    ("classes", ["background", "lung", "lung"], "classes"),
    ("classes", ["background", 7], "classes"),
    ("classes", ["background", "lung"], "output"),  # two classes do not give right and left
    ("grid", [], "grid.side"),
    ("grid", {"side": 10**9, "context_mm": 5}, "grid.side"),
    ("grid", {"side": 256.0, "context_mm": 5}, "grid.side"),
    ("grid", {"side": True, "context_mm": 5}, "grid.side"),
    ("grid", {"side": 256, "context_mm": -5}, "grid.context_mm"),
    ("grid", {"side": 256, "context_mm": float("nan")}, "grid.context_mm"),
    ("grid", {"side": 256, "context_mm": 5, "planes": 2}, "grid.planes"),
    ("grid", {"side": 256, "context_mm": 5, "view": []}, "grid.view"),
    ("output", {}, "output"),
    ("kinds", ["hu", "mr"], "kinds"),
    ("kinds", [], "kinds"),
    ("cases", "all", "cases"),
    ("cases", {"test": []}, "cases"),
    ("cases", {"train": "all"}, "cases.train"),
    ("cases", {"val": [7]}, "cases.val"),
    ("conventions", [[]], "conventions"),
    ("intensity", None, "intensity.hu_window"),
    ("intensity", {"hu_window": [400, -1024], "windowed": [0, 255]}, "intensity.hu_window"),
    ("intensity", {"hu_window": [-1e999, 400], "windowed": [0, 255]}, "intensity.hu_window"),
    ("intensity", {"hu_window": [-40000, 400], "windowed": [0, 255]}, "intensity.hu_window"),
    ("intensity", {"hu_window": [-1024, 400], "windowed": [-5, 255]}, "intensity.windowed"),
    ("intensity", {"hu_window": [-1024, 400], "windowed": [0, 0]}, "intensity.windowed"),
    ("graphs", {"network": 1}, "graphs.network"),
    ("graphs", {"network": "0" * 63, "prepare": "0" * 64, "restore": "0" * 64}, "graphs.network"),
    ("network", "unet", "network.in_channels"),
    ("network", {"name": "resnet"}, "network.name"),
    ("network", {"in_channels": 3, "classes": "3"}, "network.classes"),
    ("network", {"in_channels": 3, "classes": 3}, "network.widths"),
    ("network", UNET | {"widths": [16, 1 << 40]}, "network.widths"),
    ("network", UNET | {"widths": []}, "network.widths"),
    ("network", UNET | {"widths": [16] * 99}, "network.widths"),
    ("network", UNET | {"depths": [1]}, "network.depths"),
    ("network", UNET | {"depths": [1, 0]}, "network.depths"),
    ("network", UNET | {"shuffle": 3}, "network.shuffle"),
    ("network", UNET | {"in_channels": 1}, "network.in_channels"),
    ("network", UNET | {"classes": 2}, "network.classes"),
    ("graphs", [], "graphs.network"),
]


@pytest.mark.parametrize(("field", "value", "named"), WRONG)
def test_a_wrong_field_is_named(copy: Path, field: str, value: object, named: str) -> None:
    spoil(copy, **{field: value})
    with pytest.raises(InvalidBundle, match=rf"\b{named} in recipe.json") as caught:
        load_bundle(copy)
    assert caught.value.code == "bundle-damaged"


@pytest.mark.parametrize("field", ["name", "version", "classes", "grid", "intensity", "graphs", "network"])
def test_a_missing_field_is_named(copy: Path, field: str) -> None:
    recipe = json.loads((copy / "recipe.json").read_text())
    del recipe[field]
    (copy / "recipe.json").write_text(json.dumps(recipe))
    with pytest.raises(InvalidBundle, match=field):
        load_bundle(copy)


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"null", b'"bundle"', b"\xff\xfe{", b"[" * 100_000, b'{"bundle": ' + b"1" * 9999, b"\0" * 9]
)
def test_a_record_that_is_none_is_no_bundle(copy: Path, text: bytes) -> None:
    (copy / "recipe.json").write_bytes(text)
    with pytest.raises(InvalidBundle, match=r"recipe\.json"):
        load_bundle(copy)


@pytest.mark.parametrize("version", [True, "1", None, [1], {"a": 1}, 1e999])
def test_a_version_of_any_type_is_refused(copy: Path, version: object) -> None:
    spoil(copy, bundle=version)
    with pytest.raises(InvalidBundle, match="version"):
        load_bundle(copy)
