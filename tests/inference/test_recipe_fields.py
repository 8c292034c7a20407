"""Fields of a record from anyone: of the right type and in range, or named in the error."""

from __future__ import annotations

from typing import Any

import pytest

from pleura.errors import InvalidBundle
from pleura.inference.recipe_fields import Fields


def fields(value: object) -> Fields:
    return Fields({"field": value}, "folder")


@pytest.mark.parametrize(
    ("method", "arguments", "sound", "wrong"),
    [
        ("text", ["a name"], ["a", "a b"], ["", 1, None, "a\nb", "a" * 201, ["a"]]),
        ("texts", [1, 2, "names"], [["a"], ["a", "b"]], [[], ["a", "b", "c"], ["a", "a"], ["a", 1], "a", {"a": 1}]),
        ("choice", [(1, 3), 3], [1, 3], [2, True, 1.0, "1", None]),
        ("integer", [range(5), "a count"], [0, 4], [5, -1, True, 1.0, "1", None, 10**400]),
        ("number", [0.0, 10.0, "a length"], [1, 0.5, 10], [0, 10.5, float("nan"), float("inf"), True, "1", 10**400]),
        ("window", [-10, 10], [[-10, 10], [0.5, 1]], [[1, 1], [2, 1], [-11, 0], [0], [0, 1, 2], [0, True], "01"]),
        ("integers", [2, range(1, 9), "counts"], [[1], [8, 1]], [[], [1, 2, 3], [0], [True], [1.0], 1, "1"]),
    ],
)
def test_a_value_is_returned_or_its_field_is_named(
    method: str, arguments: list[Any], sound: list[Any], wrong: list[Any]
) -> None:
    for value in sound:
        found = getattr(fields(value), method)("field", *arguments)
        assert found == (tuple(value) if isinstance(value, list) else value)
    for value in wrong:
        with pytest.raises(InvalidBundle, match=r"folder: field in recipe\.json is not .*; export the bundle again"):
            getattr(fields(value), method)("field", *arguments)


def test_a_missing_field_is_wrong_but_where_it_has_a_default() -> None:
    empty = Fields({}, "folder")
    assert empty.choice("field", (1, 3), 3) == 3
    with pytest.raises(InvalidBundle):
        empty.text("field", "a name")


@pytest.mark.parametrize("value", [None, [], "text", 7])
def test_what_is_no_object_has_no_fields(value: object) -> None:
    section = fields(value).section("field")
    assert not section.is_object
    assert not section.has("inner")
    with pytest.raises(InvalidBundle, match=r"field\.inner in recipe"):
        section.text("inner", "a name")


def test_fields_that_nobody_asks_for_are_kept() -> None:
    assert Fields({"a": 1, "b": [2]}, "folder").others({"a"}) == {"b": [2]}
