"""A setting that no data set can be made by is refused when it is stated."""

from __future__ import annotations

from typing import Any

import pytest

from pleura.errors import InvalidOption
from pleura.preparation import PRESETS, Settings


@pytest.mark.parametrize(
    "fields",
    [
        {"window": (275, -125)},
        {"spacing": (1.0, 0.0, 1.0)},
        {"spacing": (1.0, float("inf"), 1.0)},
        {"size": (8, 256)},
        {"slices": 0},
        {"split": (0.7, 0.2, 0.2)},
        {"split": (1.2, -0.1, -0.1)},
        {"modality": "mr"},
        {"convention": "heart"},
    ],
)
def test_settings_that_cannot_be_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidOption, match=next(iter(fields))) as caught:
        Settings(**fields)
    assert caught.value.code == "bad-setting"


def test_the_preset_of_the_paper_is_its_preprocessing() -> None:
    original = PRESETS["original"]
    assert (original.window, original.spacing) == ((-125, 275), (1.0, 1.0, 1.0))
    assert (original.size, original.slices) == ((256, 256), 1)
