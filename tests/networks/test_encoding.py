"""Bytes of scores: a logit is sixteen steps, and what is added is likelier than not."""

from __future__ import annotations

import math

import pytest

from pleura.networks import encoding


def test_bytes_span_eight_logits_either_way() -> None:
    assert encoding.ZERO / encoding.STEPS_PER_LOGIT == 8.0
    assert 1 / (1 + math.exp(-8.0)) > 0.9996


def test_what_is_added_is_marked_and_not_certain() -> None:
    logit = (encoding.ADDED - encoding.ZERO) / encoding.STEPS_PER_LOGIT
    assert 1 / (1 + math.exp(-logit)) == pytest.approx(0.731, abs=0.001)
