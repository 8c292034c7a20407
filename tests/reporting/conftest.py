"""An evaluation of three cases, counted by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from quick_network import small_pictures  # noqa: F401 - a fixture
from two_lungs import lungs, save

from pleura.evaluation.cases import CaseList, find_cases
from pleura.evaluation.run import Evaluation, evaluate_files


@pytest.fixture
def cases(tmp_path: Path) -> CaseList:
    """Return three cases: perfect, moved by half of a lung, and without a prediction."""
    for name in ("a", "b", "c<d>"):
        save(tmp_path / "ref" / f"{name}.png", lungs())
    save(tmp_path / "pred" / "a.png", lungs())
    save(tmp_path / "pred" / "b.png", lungs(5))
    return find_cases(tmp_path / "ref", tmp_path / "pred")


@pytest.fixture
def evaluation(cases: CaseList) -> Evaluation:
    """Return the scores of these cases; Dice of both lungs is 1, 0.5 and 0."""
    return evaluate_files(cases, title="first & only")
