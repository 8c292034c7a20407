"""A rule wants a series by its header and the number of its objects; where none does, the log says by which fields."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pleura.reading.dicom.header import Header
from pleura.serving.config import Rule
from pleura.serving.rules import mismatches, rule_for, why_unwanted
from pleura.serving.storage import series_header


@pytest.fixture
def header(series: list[Path]) -> Header:
    return series_header(series[0].parent)[0]


def test_rules_look_at_the_header_and_the_number_of_objects(header: Header) -> None:
    assert mismatches(Rule(), header, 1) == ()
    assert mismatches(Rule(modality="ct", min_slices=24), header, 24) == ()
    assert mismatches(Rule(modality="MR"), header, 24) == ("modality",)
    assert mismatches(Rule(min_slices=25), header, 24) == ("min_slices",)
    assert mismatches(Rule(description="no such words"), header, 24) == ("description",)
    assert mismatches(Rule(body_part="HEAD"), header, 24) == ("body_part",)


def test_the_first_rule_that_fits_holds(header: Header) -> None:
    rules = [Rule(modality="MR"), Rule(modality="CT"), Rule()]
    assert rule_for(rules, header, 24) is rules[1]
    assert rule_for(rules[:1], header, 24) is None


def test_a_series_without_a_description_is_unwanted_by_name_of_the_field_and_by_no_value(header: Header) -> None:
    rules = [Rule(modality="CT", description="thorax"), Rule(modality="CR", min_slices=200)]
    bare = replace(header, description="")
    assert why_unwanted(rules, bare, 133) == "rule 1: description; rule 2: modality, min_slices"
    described = replace(header, description="Doe^Johanna")
    assert why_unwanted(rules, described, 133) == why_unwanted(rules, bare, 133)
