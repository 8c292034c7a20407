"""Whatever a file holds, it is read or refused with a named error in one line; `benchmarks/fuzz.py` tries far more."""

from __future__ import annotations

import json
import string
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from fuzz_mutate import WORDS, mutate
from fuzz_parts import Seed
from fuzz_seeds import seeds
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import pleura
from pleura.errors import InvalidBundle, PleuraError
from pleura.inference.recipe import read_recipe
from pleura.reading import read_label_map, survey_path
from pleura.reading.array import from_array
from pleura.reading.dicom.rtstruct import structure_names
from pleura.reading.dicom.seg import read_seg

all_seeds = cache(seeds)
"""Made when the first test asks for them, not where this file is only imported."""
few = settings(
    max_examples=250,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
"""A test that tries the same examples every time, whatever the machine."""


def try_each(path: Path, seed: Seed) -> None:
    """Read a file in every way its format allows; only named errors may come of it, in one printable line."""
    ways: list[Any] = [pleura.read, survey_path, read_label_map]
    if seed.group == "seg":
        ways.append(lambda path: read_seg(path, {1, 2}))
    if seed.group == "rtstruct":
        ways.append(structure_names)
    for way in ways:
        try:
            way(path)
        except PleuraError as error:
            assert str(error).isprintable()
            assert not isinstance(error.__cause__, MemoryError)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@few
@given(
    seed=st.deferred(lambda: st.sampled_from([seed for seed in all_seeds() if seed.group != "bundle"])),
    number=st.integers(0, 1 << 32),
)
def test_a_changed_file_is_read_or_refused(tmp_path: Path, seed: Seed, number: int) -> None:
    files = mutate(seed, all_seeds(), Random(number))
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    try_each(tmp_path / next(iter(files)), seed)


FIELDS = ("ObjectType", "NDims", "DimSize", "ElementType", "ElementSpacing", "TransformMatrix", "Offset", "HeaderSize")
FIELDS += ("CompressedData", "BinaryDataByteOrderMSB", "ElementNumberOfChannels", "ElementDataFile")
NUMBERS = st.one_of(st.integers(), st.floats(), st.sampled_from(WORDS)).map(str)
LINES = st.lists(NUMBERS, max_size=10).map(" ".join) | st.text(string.printable, max_size=30)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@few
@given(fields=st.dictionaries(st.sampled_from(FIELDS), LINES), body=st.binary(max_size=99))
def test_a_metaimage_of_any_fields_is_read_or_refused(tmp_path: Path, fields: dict[str, str], body: bytes) -> None:
    usual = {"ObjectType": "Image", "NDims": "3", "DimSize": "33 33 2", "ElementType": "MET_CHAR"}
    lines = "".join(f"{name} = {value}\n" for name, value in {**usual, "ElementDataFile": "LOCAL", **fields}.items())
    (tmp_path / "a.mha").write_bytes(lines.encode() + body + bytes(33 * 33 * 2))
    with pytest.raises(PleuraError) as caught:
        pleura.read(tmp_path / "a.mha")
    assert str(caught.value).isprintable()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=6,
)


@cache
def recipes() -> list[dict[str, Any]]:
    return [json.loads(seed.files["recipe.json"]) for seed in all_seeds() if seed.group == "bundle"]


@pytest.mark.slow
@few
@given(
    recipe=st.deferred(lambda: st.sampled_from(recipes())),
    name=st.deferred(lambda: st.sampled_from([*recipes()[0], "conventions", "grid.side", "grid.view"])),
    value=JSON,
)
def test_a_recipe_of_any_value_is_sound_or_refused(
    tmp_path: Path, recipe: dict[str, Any], name: str, value: object
) -> None:
    outer, _, inner = name.partition(".")
    changed = {**recipe, outer: {**recipe[outer], inner: value} if inner else value}
    (tmp_path / "recipe.json").write_text(json.dumps(changed))
    try:
        read_recipe(tmp_path)
    except InvalidBundle as error:
        assert str(error).isprintable()


@pytest.mark.filterwarnings("ignore")
@few
@given(
    array=arrays.arrays(
        dtype=st.one_of(arrays.integer_dtypes(), arrays.floating_dtypes(), arrays.boolean_dtypes()),
        shape=st.sampled_from([(33, 34), (2, 33, 34), (34, 2, 33), (1, 33, 0), (5,), (1, 1, 33, 34)]),
        fill=st.nothing() | st.just(0),
        elements=None,
    ),
    spacing=st.none() | st.lists(st.floats(), max_size=4),
)
def test_an_array_of_any_kind_is_a_volume_or_refused(array: Any, spacing: list[float] | None) -> None:
    try:
        volume = from_array(array, spacing)
    except PleuraError as error:
        assert str(error).isprintable()
    else:
        assert np.isfinite(volume.voxels).all()
