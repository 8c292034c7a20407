"""Folders of images and masks as they were collected: known by what they hold, and prepared for as long as needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pleura.datasets.manifest import SPLITS
from pleura.errors import UnreadableInput
from pleura.preparation.find import is_collection, is_unfinished
from pleura.preparation.report import Report
from pleura.preparation.run import prepare
from pleura.preparation.settings import Settings
from pleura.temporary import temporary_folder


def is_unprepared(folder: Path) -> bool:
    """Say whether a folder holds images and masks as they were collected, not a data set that was made of them.

    Raises
    ------
    UnreadableInput : a data set of which making it was broken off (`no-manifest`)
    """
    if is_unfinished(folder):
        text = f"{folder}: this data set is not finished; the same pleura prepare goes on with it"
        raise UnreadableInput(text, code="no-manifest")
    return is_collection(folder)


@contextmanager
def temporary_dataset(folder: Path, split: str) -> Iterator[tuple[Path, Report]]:
    """Give a data set of a folder of images and masks, all of it of one split, and what came of preparing it.

    The data set is gone afterwards. Raises what `prepare` raises.
    """
    train, val, test = (float(part == split) for part in SPLITS)
    with temporary_folder() as made:
        data = made / "data"  # a folder of its own: `prepare` locks it, and would wait for the lock of `made` for ever
        yield data, prepare(folder, data, Settings(split=(train, val, test)))
