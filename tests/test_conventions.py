"""A modality, a convention, a backend and a device are named in one place, from which all offer and check them."""

from __future__ import annotations

import inspect
import re
import typing
from pathlib import Path

import pytest

import pleura
from pleura.conventions import BACKENDS, CONVENTIONS, DEVICES, MODALITIES
from pleura.inference.bundle import RADIOGRAPH, load_bundle


def test_conventions_are_those_that_the_shipped_model_knows() -> None:
    assert load_bundle(RADIOGRAPH).conventions == CONVENTIONS


def test_modalities_and_conventions_are_listed_once() -> None:
    root = Path(pleura.__file__).parent
    listed = re.compile(r"[({\[][^\n(){}\[\]]*(\"ct\", ?\"cr\"|\"heart-included\", ?\"heart-excluded\")")
    files = {str(file.relative_to(root)) for file in root.rglob("*.py") if listed.search(file.read_text("utf-8"))}
    assert files == {"conventions.py"}


@pytest.mark.parametrize("function", [pleura.segment, pleura.Segmenter.__init__])
def test_editors_are_offered_the_words(function: typing.Callable[..., object]) -> None:
    hints = typing.get_type_hints(function)
    offered = {name: typing.get_args(hints[name]) for name in ("modality", "convention", "backend", "device")}
    assert offered == {
        "modality": MODALITIES,
        "convention": ("", *CONVENTIONS),
        "backend": BACKENDS,
        "device": DEVICES,
    }


@pytest.mark.parametrize("function", [pleura.segment, pleura.Segmenter])
def test_help_describes_every_parameter(function: typing.Callable[..., object]) -> None:
    text = inspect.getdoc(function) or ""
    names = [name for name in inspect.signature(function).parameters if f"\n{name} : " not in text]
    assert names == []
