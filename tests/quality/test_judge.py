"""A judge is called while the mask lies on the model's grid, knows what was warned of before, and keeps the quality."""

from __future__ import annotations

import numpy as np
import pytest
from drawn_evidence import evidence, labels

from pleura import Segmenter
from pleura.inference import lung_model
from pleura.inference.bundle import load_bundle
from pleura.labels import LUNGS
from pleura.phantom import chest
from pleura.quality import QualityJudge
from pleura.volume import Note, Volume


def test_warnings_of_before_and_of_the_model_are_flags() -> None:
    volume = Volume(np.zeros((6, 32, 40), np.int16), np.eye(4)[[2, 1, 0, 3]])
    judge = QualityJudge("fast", volume, [Note("hu-doubtful", "no HU")], load_bundle().sha256)
    assert judge.quality is None
    judge(evidence(labels()), LUNGS, [Note("one-lung", "no left lung")])
    assert judge.quality is not None
    assert [flag.code for flag in judge.quality.flags] == ["hu-doubtful", "one-lung"]
    assert judge.quality.verdict == "check"


def test_mask_is_judged_before_it_takes_the_memory_of_the_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    order = []
    judged, restored = QualityJudge.__call__, lung_model.resample_to_scan
    monkeypatch.setattr(QualityJudge, "__call__", lambda *given: (order.append("judged"), judged(*given))[1])
    monkeypatch.setattr(lung_model, "resample_to_scan", lambda *given: (order.append("restored"), restored(*given))[1])
    volume = chest((24, 64, 64), (13.0, 6.0, 6.0)).volume
    assert Segmenter(quality="fast")(volume).quality is not None
    assert order == ["judged", "restored"]
    order.clear()
    assert Segmenter(quality="off")(volume).quality is None
    assert order == ["restored"]
