"""What came of a scan is data that programs can rely on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pleura.batch.plan import Job
from pleura.batch.results import Outcome
from pleura.errors import AmbiguousInput, Choice, UnreadableInput
from pleura.volume import Note

JOB = Job(Path("scan"), "scan", series="1.2.3")


def test_outcome_as_data_is_where_it_is_how_long_it_took_and_the_sidecar_with_all_warnings() -> None:
    sidecar = {"program": {"name": "pleura"}, "warnings": [], "notes": []}
    twin = Note("same-scan-twice", "there is another")
    outcome = Outcome(
        7, JOB, {"nifti": Path("out/a.nii.gz")}, sidecar=sidecar, seconds={"read": 0.12345}, warnings=(twin,)
    )
    assert json.loads(json.dumps(outcome.data())) == {
        "number": 7,
        "source": "scan",
        "series": "1.2.3",
        "output": "out/a.nii.gz",
        "outputs": {"nifti": "out/a.nii.gz"},
        "preview": None,
        "report": None,
        "pdf": None,
        "seconds": {"read": 0.123},
        "program": {"name": "pleura"},
        "warnings": [{"code": "same-scan-twice", "message": "there is another"}],
        "notes": [],
    }


def test_failure_as_data_is_its_code_and_message_and_what_there_is_to_choose_from() -> None:
    choice = Choice(1, "1.2.1", "Miller", "B30f", "9 slices", (9, 64, 64), (5, 1, 1))
    error = AmbiguousInput("which one", code="several-series", choices=[choice])
    found = Outcome(1, Job(Path("scan"), "scan"), error=error).data()
    assert (found["number"], found["source"], found["error"]) == (1, "scan", "several-series")
    assert found["choices"] == [choice.data()]
    assert "Miller" not in json.dumps(found["choices"])


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UnreadableInput("no", code="damaged"), "damaged"),
        (OSError(28, "No space left on device"), "not-written"),
        (KeyError("surprise"), "unexpected"),
    ],
)
def test_every_failure_has_a_code(error: Exception, code: str) -> None:
    assert Outcome(1, JOB, error=error).data()["error"] == code
