"""The quality of a mask that was read: the one that its sidecar states, where the mask is as it was made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pleura.quality.record import read_quality
from pleura.segmentation import Segmentation
from pleura.writing.sidecar import sidecar_of


def with_stated_quality(segmentation: Segmentation, mask: Path) -> Segmentation:
    """Return a mask that was read with the quality that its sidecar states.

    Parameters
    ----------
    mask : the file that it was read from; one that was changed since, or is of another scan, has no quality
    """
    return replace(segmentation, quality=read_quality(sidecar_of(mask, segmentation.volume) or {}))
