"""Which parts of a batch were begun, of one that is divided by `--shard`."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

_QUEUE = re.compile(r"batch-(\d+)-of-(\d+)\.sqlite")


def parts_not_begun(folder: Path) -> dict[int, list[int]]:
    """Return number of parts -> those that have no queue in a folder; only of divisions that lack some."""
    begun: dict[int, set[int]] = defaultdict(set)
    for file in folder.iterdir():
        if found := _QUEUE.fullmatch(file.name):
            begun[int(found[2])].add(int(found[1]))
    lacking = {count: sorted({*range(1, count + 1)} - numbers) for count, numbers in sorted(begun.items())}
    return {count: numbers for count, numbers in lacking.items() if numbers}
