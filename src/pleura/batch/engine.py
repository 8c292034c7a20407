"""Many small scans at a time, such as pictures, each on one thread; anything larger alone, on all of them.

A network gains little from a second thread on one picture, and reading and writing nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

MANY = 8
"""Scans from which it is worth while."""

SMALL = 16 << 20
"""Bytes of the largest file that counts as small: what it unfolds to is held once for each thread."""

Result = TypeVar("Result")


def abreast(sources: Sequence[Path], threads: int) -> int:
    """Return how many of the scans to work on at a time."""
    return threads if len(sources) >= MANY and all(map(_is_small, sources)) else 1


def in_order(work: Callable[[int], Result], count: int, workers: int) -> Iterator[Result]:
    """Yield what `work` returns for 0 .. count - 1, in that order; whoever stops asking stops the work."""
    if workers == 1:
        yield from map(work, range(count))
        return
    pool = ThreadPoolExecutor(workers)
    try:
        yield from pool.map(work, range(count))
    finally:
        pool.shutdown(cancel_futures=True)


def _is_small(source: Path) -> bool:
    try:
        return not source.is_dir() and source.stat().st_size <= SMALL
    except OSError:  # whatever it is, it is not read
        return True
