"""Every figure has a code of its own, short enough for the standard, and the docs list those that are ours."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import get_args

from pleura.measurement import Asymmetry, Density
from pleura.measurement.regions import Part
from pleura.writing.dicom.measurement_codes import CONCEPTS, OWN_SCHEME, PARTS

FORMATS = Path(__file__).parents[3] / "docs" / "reference" / "formats.md"
CODES = [code for one in CONCEPTS.values() for code in (one.name, one.derivation) if code]


def test_every_figure_has_a_code_and_each_code_is_another() -> None:
    keys = {field.name for kind in (Density, Asymmetry) for field in fields(kind)}
    assert keys | {"volume_ml", "mass_g", "perc15_at_6_l_g_per_l"} <= CONCEPTS.keys()
    assert len({(one.name, one.derivation) for one in CONCEPTS.values()}) == len(CONCEPTS)
    assert PARTS.keys() == {*get_args(Part)} - {"whole"}


def test_codes_are_as_short_as_the_standard_allows() -> None:
    for value, _, meaning in (*CODES, *PARTS.values()):
        assert len(value) <= 16
        assert len(meaning) <= 64


def test_docs_list_every_code() -> None:
    page = FORMATS.read_text(encoding="utf-8")
    codes = {(value, scheme) for value, scheme, _ in (*CODES, *PARTS.values())}
    assert [value for value, _ in sorted(codes) if f"`{value}`" not in page] == []
    assert OWN_SCHEME in page
