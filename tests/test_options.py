"""The words of the options are the ones that the parts behind them know."""

from __future__ import annotations

import inspect
import typing

import pytest

import pleura
from pleura import options
from pleura.inference import backends
from pleura.inference.bundle import RADIOGRAPH, load_bundle
from pleura.modality import shown


def test_words_are_those_that_each_part_knows() -> None:
    assert set(options.MODALITIES) == set(shown.MODALITIES)
    assert load_bundle(RADIOGRAPH).conditions == options.CONVENTIONS
    assert set(options.BACKENDS) == {"auto", *backends.NAMES}
    assert set(options.DEVICES) == {"auto", *backends.DEVICES}


@pytest.mark.parametrize("function", [pleura.segment, pleura.Segmenter.__init__])
def test_editors_are_offered_the_words(function: typing.Callable[..., object]) -> None:
    hints = typing.get_type_hints(function)
    offered = {name: typing.get_args(hints[name]) for name in ("modality", "convention", "backend", "device")}
    assert offered == {
        "modality": options.MODALITIES,
        "convention": ("", *options.CONVENTIONS),
        "backend": options.BACKENDS,
        "device": options.DEVICES,
    }


@pytest.mark.parametrize("function", [pleura.segment, pleura.Segmenter])
def test_help_describes_every_parameter(function: typing.Callable[..., object]) -> None:
    text = inspect.getdoc(function) or ""
    names = [name for name in inspect.signature(function).parameters if f"\n{name} : " not in text]
    assert names == []
