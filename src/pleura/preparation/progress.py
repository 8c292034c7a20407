"""What an earlier run has finished, so that a second one does only what is missing.

One line of JSON a finished piece of work, written as it is finished: a run that was killed loses the case it was at. A
piece is known by the hash of everything that it was made from, so a changed source or setting is simply another piece.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from pleura.datasets.manifest import Record, record_from
from pleura.errors import UnwritableOutput
from pleura.files import system_errors
from pleura.preparation.label_mapping import MaskInfo

PROGRESS_FILE = ".finished.jsonl"


class Progress:
    """The finished work of a dataset folder.

    Attributes
    ----------
    masks : what masks say, by the hash of their source
    records : finished cases, by the hash of all that they were made from

    Raises
    ------
    UnwritableOutput : what lies there under its name is no regular file (`folder-in-use`)
    """

    def __init__(self, folder: Path) -> None:
        self.masks: dict[str, MaskInfo] = {}
        self.records: dict[str, tuple[Record, ...]] = {}
        self._path = folder / PROGRESS_FILE
        if self._path.is_symlink() or (self._path.exists() and not self._path.is_file()):
            text = f"{self._path} is no file of ours but a link, a folder or a device; remove it, or name a new folder"
            raise UnwritableOutput(text, code="folder-in-use")
        self._file: TextIO | None = None
        self._read()

    def __enter__(self) -> Self:
        with system_errors(self._path):
            self._file = self._path.open("a", encoding="utf-8")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._file is not None:
            with system_errors(self._path):
                self._file.close()

    def save_mask(self, key: str, info: MaskInfo) -> None:
        """Keep what a mask says."""
        self.masks[key] = info
        self._write({"mask": key, **dataclasses.asdict(info)})

    def save_records(self, key: str, records: tuple[Record, ...]) -> None:
        """Keep the records of a case whose files are written."""
        self.records[key] = records
        self._write({"records": key, "lines": [json.loads(record.line()) for record in records]})

    def files(self) -> set[str]:
        """Return the files of all cases ever finished here, as paths below the dataset."""
        return {file for records in self.records.values() for one in records for file in one.files}

    def _write(self, entry: Mapping[str, object]) -> None:
        if self._file is not None:
            with system_errors(self._path):
                self._file.write(json.dumps(entry) + "\n")
                self._file.flush()

    def _read(self) -> None:
        try:
            lines = self._path.read_text(encoding="utf-8").splitlines()
        except OSError:
            return
        for line in lines:
            try:
                entry = json.loads(line)
                if "mask" in entry:
                    names = {int(value): name for value, name in entry["names"].items()}
                    mean_x = {int(value): x for value, x in entry["mean_x"].items()}
                    self.masks[entry["mask"]] = MaskInfo(tuple(entry["values"]), names, mean_x, entry["side_by_side"])
                else:
                    self.records[entry["records"]] = tuple(record_from(fields) for fields in entry["lines"])
            except (ValueError, KeyError, TypeError):
                continue  # the line that a killed run did not finish


def key_of(*parts: object) -> str:
    """Return a hash of values, by their JSON."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
