"""The parsers and the options that they fill."""

from __future__ import annotations

from dataclasses import fields
from importlib import import_module

import pytest

from pleura.cli.parser import VERBS, nearest, options_of, verb_parser

POSITIONAL = {
    "segment": ["in.nii"],
    "batch": ["in", "out"],
    "convert": ["mask.dcm", "--like", "scan", "out.nii"],
    "measure": ["in.nii"],
    "compare": ["first.nii", "second.nii"],
    "table": ["masks"],
    "info": ["in.nii"],
    "node": ["--config", "node.toml"],
    "prepare": ["in", "out"],
    "export": ["run", "bundle"],
    "evaluate": ["set"],
    "completion": ["bash"],
}


@pytest.mark.parametrize("verb", VERBS)
def test_options_of_a_verb_are_its_arguments_and_nothing_else(verb: str) -> None:
    kind = import_module(f"pleura.cli.{verb}").Options
    found = verb_parser(verb).parse_args(POSITIONAL.get(verb, []))
    options = options_of(kind, found)
    assert {field.name for field in fields(kind)} | {"debug"} == set(vars(found))
    assert all(getattr(options, field.name) == getattr(found, field.name) for field in fields(kind))


def test_options_cannot_be_changed_on_the_way() -> None:
    for verb in VERBS:
        assert import_module(f"pleura.cli.{verb}").Options.__dataclass_params__.frozen


@pytest.mark.parametrize(("word", "meant"), [("segmnet", "segment"), ("eval", "evaluate"), ("--trian", "train")])
def test_misspelt_word_is_that_which_is_spelled_most_like_it(word: str, meant: str) -> None:
    assert nearest(word, VERBS) == f"; did you mean {meant}?"


def test_word_that_is_like_none_means_none() -> None:
    assert nearest("xyz", VERBS) == nearest("--", VERBS) == ""
