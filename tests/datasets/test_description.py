"""A dataset.json names labels as we, as the Decathlon and as nnU-Net write them; what is neither is an error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pleura.datasets.description import (
    Description,
    label_names_by_value,
    names_by_value,
    read_description,
    write_description,
)
from pleura.errors import PleuraError


def describe(folder: Path, **fields: object) -> Path:
    (folder / "dataset.json").write_text(json.dumps(fields))
    return folder


def test_what_is_written_is_read(tmp_path: Path) -> None:
    fields = {"labels": {"1": "lung"}, "convention": "heart-excluded", "settings": {"slices": 1}, "seed": 0}
    write_description(tmp_path, fields)
    assert read_description(tmp_path) == Description({1: "lung"}, "heart-excluded", {"slices": 1})


def test_a_folder_without_description_says_nothing(tmp_path: Path) -> None:
    assert read_description(tmp_path) == Description()


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ({"0": "background", "2": "aorta"}, {2: "aorta"}),
        ({"background": 0, "aorta": 2}, {2: "aorta"}),
        ({"background": "0", "aorta": "2"}, {2: "aorta"}),
        ({"background": 0, "lung": [1, 2]}, {1: "lung", 2: "lung"}),
        # the lung holds the tumour: a value has the name of the smallest region that it lies in
        ({"background": 0, "lung": [1, 2, 3], "tumour": [3]}, {1: "lung", 2: "lung", 3: "tumour"}),
        ({"tumour": 3, "lung": [1, 2, 3]}, {1: "lung", 2: "lung", 3: "tumour"}),
    ],
)
def test_names_are_read_as_everybody_writes_them(labels: dict[str, object], names: dict[int, str]) -> None:
    assert names_by_value(labels) == names


@pytest.mark.parametrize(
    "text",
    ["[]", "{", '{"labels": ["lung"]}', '{"labels": {"lung": "x"}}', '{"labels": 5}', '{"labels": {"1": null}}'],
)
def test_another_form_is_an_error_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "dataset.json").write_text(text)
    with pytest.raises(PleuraError, match=r"dataset\.json") as caught:
        read_description(tmp_path)
    assert caught.value.code == "bad-manifest"


def test_one_region_is_one_label_and_several_have_to_be_prepared_first(tmp_path: Path) -> None:
    assert label_names_by_value(describe(tmp_path, labels={"lung": [1, 2]})) == {1: "lung"}
    assert label_names_by_value(describe(tmp_path, labels={"heart": 3, "aorta": 5})) == {3: "heart", 5: "aorta"}
    with pytest.raises(PleuraError, match="pleura prepare") as caught:
        label_names_by_value(describe(tmp_path, labels={"lung": [1, 2], "heart": 3}))
    assert caught.value.code == "bad-manifest"
