"""How long a slice takes, on every device that is here; of the others it is said that they were not measured."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from pleura.conventions import Device
from pleura.errors import PleuraError
from pleura.segmenter import Segmenter
from pleura.volume import Volume

REPEATS = 3
"""Runs of each scan, after one that warms up and is not counted."""


@dataclass(frozen=True)
class RunTime:
    """Milliseconds a slice on one device, from values in memory to labels; None, with the reason, if not measured."""

    device: str
    milliseconds: float | None
    scans: int
    slices: int
    reason: str = ""


def run_times(model: str | Path | None, volumes: Iterable[Volume]) -> tuple[RunTime, ...]:
    """Return the median over the scans' runs on the processor, and on CUDA where it is present.

    Parameters
    ----------
    model : folder of a bundle, or the name of a shipped one; the usual one if None
    volumes : scans that can be segmented
    """
    scans = list(volumes)
    devices: tuple[Device, ...] = ("cpu", "cuda")
    return tuple(_measured(device, model, scans) for device in devices)


def _measured(device: Device, model: str | Path | None, scans: list[Volume]) -> RunTime:
    slices = sum(scan.shape[0] for scan in scans)
    if not scans:
        return RunTime(device, None, 0, 0, "no scan was segmented")
    if device == "cuda" and not _has_cuda():
        return RunTime(device, None, 0, 0, "no CUDA device here")
    try:
        segmenter = Segmenter(model=model, device=device)
        segmenter(scans[0])
        seconds = [sum(segmenter(scan).timings.values()) / scan.shape[0] for scan in scans for _ in range(REPEATS)]
    except PleuraError as error:
        return RunTime(device, None, 0, 0, error.code)
    return RunTime(device, 1000 * statistics.median(seconds), len(scans), slices)


def _has_cuda() -> bool:
    """Say whether onnxruntime or PyTorch finds a CUDA device, without importing PyTorch where it is not needed."""
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        return True
    if find_spec("torch") is None:
        return False
    cuda = import_module("torch").cuda
    return bool(cuda.is_available())
