"""Errors as JSON, for programs."""

from __future__ import annotations

import json

import pytest

from pleura.cli.json_errors import errors_as_json
from pleura.errors import UnreadableInput


@pytest.mark.parametrize("asked", [True, False])
def test_error_is_printed_as_one_object_where_asked_for_and_raised_in_any_case(
    asked: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UnreadableInput), errors_as_json(asked, source="scan"):
        raise UnreadableInput("it is cut off", code="damaged")
    printed = capsys.readouterr().out
    if asked:
        found = json.loads(printed)
        assert found["source"] == "scan"
        assert "damaged" in printed
    else:
        assert printed == ""


def test_work_without_an_error_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with errors_as_json(True):
        pass
    assert capsys.readouterr().out == ""
