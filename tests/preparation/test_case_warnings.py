"""What is to be looked at says what it was taken for."""

from __future__ import annotations

import pytest

from pleura.preparation.case_warnings import CASE_WARNINGS, explain


@pytest.mark.parametrize(("kind", "name"), [("radiograph", "radiograph"), ("windowed", "CT slice")])
def test_picture_of_an_unsure_kind_is_named_with_what_it_was_taken_for(kind: str, name: str) -> None:
    assert explain("modality-unsure", kind).startswith(f"taken for a {name}, but not surely")


def test_every_warning_can_be_explained() -> None:
    assert all("{" not in explain(code, "hu") for code in CASE_WARNINGS)
