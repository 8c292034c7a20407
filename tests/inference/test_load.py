"""A bundle becomes the model that its output asks for, and refuses kinds of scans that it does not know."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pleura.errors import PleuraError
from pleura.inference.bundle import RADIOGRAPH, SHIPPED_FOR, load_bundle
from pleura.inference.load import MODELS, check_kind, load_model
from pleura.inference.lung_model import LungModel
from pleura.inference.probability_model import ProbabilityModel
from pleura.volume import Kind

OPTIONS = {"backend": "auto", "device": "auto", "threads": 1}


def test_the_output_of_a_bundle_decides_which_model_runs_it() -> None:
    assert isinstance(load_model(None, convention="", **OPTIONS), LungModel)
    radiographs = load_model(RADIOGRAPH, convention="heart-excluded", **OPTIONS)
    assert isinstance(radiographs, ProbabilityModel)
    assert radiographs.convention == "heart-excluded"
    assert {load_bundle(name).output for name in SHIPPED_FOR.values()} == set(MODELS)


def test_a_shipped_model_knows_the_kinds_that_it_is_taken_for() -> None:
    assert set(SHIPPED_FOR) == set(Kind)
    assert all(kind in load_bundle(name).kinds for kind, name in SHIPPED_FOR.items())


@pytest.mark.parametrize(
    ("kinds", "kind", "code"), [("radiograph", "hu", "not-a-radiograph"), ("hu", "radiograph", "radiograph")]
)
def test_a_kind_that_a_chosen_model_does_not_know_is_refused(kinds: str, kind: str, code: str) -> None:
    bundle = replace(load_bundle(), kinds=frozenset({Kind(kinds)}))
    with pytest.raises(PleuraError) as caught:
        check_kind(bundle, Kind(kind))
    assert caught.value.code == code
    check_kind(bundle, Kind(kinds))


def test_a_convention_has_to_be_one_of_a_chosen_model_and_is_left_alone_by_the_one_for_ct() -> None:
    assert load_model(None, convention="heart-excluded", **OPTIONS).bundle.conventions == ()
    for name, convention in (("chest-ct", "heart-excluded"), (RADIOGRAPH, "middle"), (None, "middle")):
        with pytest.raises(PleuraError, match=convention) as caught:
            load_model(name, convention=convention, **OPTIONS)
        assert caught.value.code == "unknown-convention"
