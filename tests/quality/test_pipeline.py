"""The quality of a whole segmentation: judged by default, in two ways, and without touching the mask."""

from __future__ import annotations

import numpy as np
import pytest

import pleura
from pleura.conventions import QUALITY_MODES
from pleura.phantom import Phantom, chest


@pytest.fixture(scope="module")
def phantom() -> Phantom:
    return chest((24, 128, 128), (12.0, 3.0, 3.0))


def test_quality_is_judged_unless_it_is_not_wanted_and_the_mask_is_the_same(phantom: Phantom) -> None:
    off, fast, full = (pleura.segment(phantom.volume, quality=mode) for mode in QUALITY_MODES[::-1])
    assert off.quality is None
    assert fast.quality is not None
    assert full.quality is not None
    assert fast.quality.verdict == full.quality.verdict == "good"
    assert list(fast.quality.dice) == ["right lung", "left lung", "both lungs"]
    for one in (fast, full):
        assert np.array_equal(one.labels, off.labels)
    assert full.provenance["parameters"]["quality"] == "full"


def test_inverted_scan_is_rejected(phantom: Phantom) -> None:
    found = pleura.segment(-960 - phantom.volume.voxels, spacing=(24.0, 3.0, 3.0)).quality
    assert found is not None
    assert (found.verdict, found.flags[0].code) == ("reject", "inverted")


def test_unknown_way_to_judge_is_refused() -> None:
    with pytest.raises(pleura.PleuraError, match="choose from full, fast, off") as refused:
        pleura.Segmenter(quality="best")  # type: ignore[arg-type]
    assert refused.value.code == "unknown-quality"
