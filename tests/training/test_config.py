"""A configuration is checked field by field, and says which is wrong."""

from __future__ import annotations

import ast
import dataclasses
import re
from pathlib import Path

import pytest

from pleura.errors import PleuraError
from pleura.training.config import PRESETS, TrainingConfig, load_config, preset


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "run.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("learning_speed = 1", "learning_speed"),
        ('steps = "many"', "steps"),
        ("steps = 1.5", "steps"),
        ("steps = true", "steps"),
        ("steps = 0", "steps"),
        ("batch = 0", "batch"),
        ("augment_probability = 1.5", "augment_probability"),
        ("learning_rate = 0", "learning_rate"),
        ('optimiser = "adamax"', "optimiser"),
        ("slices = 2", "slices"),
        ("window = [400, -1000]", "window"),
        ("widths = [16, 32]", "depths"),
        ("accumulate = 3", "accumulate"),
        ("weights = { a = -1 }", "weights"),
        ('labels = ["a", 1]', "labels"),
        ("weights = { a = 0 }", "weights"),
        ('network = "notebook"\nencoder = "efficientnet-lite0"', "encoder"),
        ("shuffle = 3", "shuffle"),
        ("widths = [0, 32, 96, 160, 192]", "widths"),
        ("widths = []\ndepths = []", "widths"),
        ("depths = [1, 1, 2, 2, 0]", "depths"),
        ("learning_rate = nan", "learning_rate"),
        ("window = [-inf, 400]", "window"),
        ("seed = -1", "seed"),
    ],
)
def test_wrong_field_is_named(tmp_path: Path, line: str, field: str) -> None:
    with pytest.raises(PleuraError, match=f"the field {field} ") as caught:
        load_config(written(tmp_path, f'data = "x"\n{line}\n'))
    assert caught.value.code == "config-field"


@pytest.mark.parametrize(
    ("wrong", "meant"), [("epoch", "epochs"), ("learning-rate", "learning_rate"), ("Batch", "batch")]
)
def test_mistyped_field_is_named_with_the_one_that_is_meant(wrong: str, meant: str) -> None:
    with pytest.raises(PleuraError, match=f"the field {wrong} is not known, did you mean {meant}[?]"):
        preset("default", data="x", **{wrong: 1})


def test_mistyped_preset_is_named_with_the_one_that_is_meant() -> None:
    with pytest.raises(PleuraError, match=r"there is no preset orignal, did you mean original[?]") as caught:
        preset("orignal", data="x")
    assert caught.value.code == "unknown-preset"


def test_changed_steps_are_the_length_of_a_preset_that_counts_epochs() -> None:
    assert preset("original", data="x").epochs == 50
    assert (preset("original", data="x", steps=7).epochs, preset("original", data="x", steps=7).steps) == (0, 7)
    assert preset("original", data="x", steps=7, epochs=2).epochs == 2


def test_data_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(PleuraError, match="the field data is missing"):
        load_config(written(tmp_path, "steps = 5"))


def test_broken_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PleuraError, match="no readable TOML") as caught:
        load_config(written(tmp_path, "steps = ["))
    assert caught.value.code == "config-unreadable"


def test_paths_are_taken_from_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    assert load_config(written(tmp_path, 'data = "set"')).data == str(tmp_path / "set")


def test_whole_numbers_serve_where_fractions_are_asked_for(tmp_path: Path) -> None:
    assert load_config(written(tmp_path, 'data = "x"\nweight_decay = 0\nwindow = [-1000, 400]')).window == (
        -1000.0,
        400.0,
    )


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_sound(name: str) -> None:
    assert preset(name, data="x").data == "x"


def test_original_is_the_recipe_of_the_paper() -> None:
    config = preset("original", data="x")
    assert (config.network, config.encoder, config.loss, config.optimiser) == (
        "original",
        "efficientnet-lite0",
        "bce",
        "adam",
    )
    assert (config.learning_rate, config.batch, config.weight_decay) == (1e-4, 4, 0.01)
    assert (config.epochs, config.patience, config.choose) == (50, 5, "loss")
    assert (config.window, config.outputs) == ((-125.0, 275.0), 1)


def test_unknown_preset_is_refused() -> None:
    with pytest.raises(PleuraError, match="there is no preset fast"):
        preset("fast", data="x")


def test_defaults_are_those_that_the_page_states() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "training.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.+?) \| (`.*?`) \|", page.partition("## Presets")[0], re.MULTILINE)
    stated = {}
    for names, values in rows:
        fields = re.findall("`(.+?)`", names)
        stated |= dict(zip(fields, map(ast.literal_eval, re.findall("`(.*?)`", values)), strict=True))
    assert {"data": "x"} | stated == dataclasses.asdict(TrainingConfig(data="x"))
