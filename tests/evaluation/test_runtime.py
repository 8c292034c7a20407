"""Run times are measured where a device is, else the reason is given."""

from __future__ import annotations

import numpy as np
import pytest

from pleura.evaluation.runtime import run_times
from pleura.geometry import affine_from_spacing
from pleura.volume import Volume


def test_without_a_scan_nothing_is_measured() -> None:
    assert [(time.device, time.milliseconds, time.reason) for time in run_times(None, [])] == [
        ("cpu", None, "no scan was segmented"),
        ("cuda", None, "no scan was segmented"),
    ]


def test_cuda_that_is_not_there_is_said_not_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pleura.evaluation.runtime._has_cuda", lambda: False)
    monkeypatch.setattr("pleura.evaluation.runtime.Segmenter", _Clockwork)
    volume = Volume(np.zeros((4, 8, 8), np.int16), affine_from_spacing((1.0, 1.0, 1.0)))
    processor, cuda = run_times(None, [volume])
    assert (processor.milliseconds, processor.scans, processor.slices) == (pytest.approx(500.0), 1, 4)
    assert (cuda.milliseconds, cuda.reason) == (None, "no CUDA device here")


class _Clockwork:
    """A segmenter that says it took two seconds."""

    def __init__(self, **_: object) -> None:
        self.timings = {"network": 1.5, "read": 0.5}

    def __call__(self, _: Volume) -> _Clockwork:
        return self
