"""What a node has received and has yet to send, as folders: each step is one move, so that a kill loses nothing.

``receiving`` holds objects that are not whole yet, ``incoming`` a folder for each series, ``taken`` the series that is
being segmented, ``outgoing`` a folder for each result with one for each peer, and ``failed`` what could not be
segmented or sent. Names are hashes; they hold no patient.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import IO

from pleura.errors import UnreadableInput, UnwritableOutput
from pleura.files import make_folder, system_errors, take_lock
from pleura.reading.dicom.elements import read_elements
from pleura.reading.dicom.header import Header, parse_header
from pleura.text import short_hash

_number = count()


@dataclass(frozen=True)
class Outgoing:
    """One result on its way to one peer: its folder, and whose it is."""

    folder: Path
    peer: str

    @property
    def name(self) -> str:
        """What the log calls it."""
        return f"{self.folder.parent.name}/{self.peer}"

    @property
    def files(self) -> list[Path]:
        """The objects that are still to be sent."""
        return sorted(self.folder.glob("*.dcm"))


class NodeStorage:
    """The folders of a node.

    One node at a time has them: what a second one finds in `receiving` it would remove.

    Parameters
    ----------
    folder : where they are; they are made where they are not there

    Attributes
    ----------
    receiving : objects that are not whole yet
    incoming : a folder for each series that comes
    taken : a folder for each series that is being segmented
    segmented : results of that, before they are on their way
    outgoing : a folder for each result, with one for each peer
    failed : what could not be segmented or sent
    began : the time from which on objects may come

    Raises
    ------
    UnwritableOutput : another node has the folder (`node-running`), or it cannot be written (`not-written`)
    """

    def __init__(self, folder: Path) -> None:
        names = ("receiving", "incoming", "taken", "segmented", "outgoing", "failed")
        self.receiving, self.incoming, self.taken, self.segmented, self.outgoing, self.failed = map(
            folder.joinpath, names
        )
        make_folder(folder)
        self._lock = _locked(folder)
        shutil.rmtree(self.receiving, ignore_errors=True)  # senders were not answered: they send it again
        shutil.rmtree(self.segmented, ignore_errors=True)
        for name in names:
            make_folder(folder / name)
        self.began = time.time()

    def close(self) -> None:
        """Let another node have the folders."""
        self._lock.close()

    def receive(self, content: bytes, instance_uid: str) -> None:
        """File one object under its series; it is on the disk when this returns.

        Raises
        ------
        UnreadableInput : it is no DICOM that can be read
        OSError : it cannot be written
        """
        part = self.receiving / f"{os.getpid()}-{next(_number)}.dcm"
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            header = _header(part)
            if not header.series_uid:
                raise UnreadableInput("the object names no series", code="damaged")
            self._add(part, self.incoming / _folder_of(header) / f"{short_hash(instance_uid)}.dcm")
        finally:
            part.unlink(missing_ok=True)

    def _add(self, part: Path, target: Path) -> None:
        """Move an object to its series, so that no loss of power takes it back."""
        with synced(self.incoming):
            while True:
                target.parent.mkdir(exist_ok=True)
                try:
                    with synced(target.parent):
                        part.replace(target)
                    break
                except FileNotFoundError:  # the series was taken for complete just now
                    if not part.exists():
                        raise

    def bring(self, series: Path, header: Header) -> str:
        """Move a folder with a series, its objects named as received ones, to what has come; return its name there."""
        target = self.incoming / _folder_of(header)
        with synced(self.incoming), suppress(OSError):
            series.rename(target)
            return target.name
        for file in sorted(series.glob("*.dcm")):  # some of it was received, too
            self._add(file, target / file.name)
        with suppress(OSError):  # what a network disk keeps of files that are open
            series.rmdir()
        return target.name

    def sync(self, series: Path) -> None:
        """Let the objects of a series outlast a loss of power."""
        with synced(series):
            for file in series.iterdir():
                _sync(file)

    def quiet_series(self, seconds: float) -> list[Path]:
        """Return the folders of the series to which nothing was added for some time, the oldest first.

        Time counts from when the node began: before that nobody could add anything.
        """
        by_age: list[tuple[float, Path]] = []
        for folder in self.incoming.iterdir():
            with suppress(OSError):
                by_age.append((folder.stat().st_mtime, folder))
        return [folder for changed, folder in sorted(by_age) if self._is_over(changed, seconds)]

    def is_quiet(self, series: Path, seconds: float) -> bool:
        """Say whether nothing was added to a series for some time, counted as in `quiet_series`."""
        try:
            return self._is_over(series.stat().st_mtime, seconds)
        except OSError:
            return False

    def _is_over(self, changed: float, seconds: float) -> bool:
        # What lies in the future was set by a clock that has been set back: it is not waited for.
        return not 0 <= time.time() - max(changed, self.began) < seconds

    def take(self, series: Path) -> Path:
        """Move a series out of reach of what comes, which opens another folder from now on; return where it is."""
        return series.rename(self.taken / series.name)

    def came_again(self, series: Path) -> bool:
        """Say whether more has come of a series since it was taken."""
        return (self.incoming / series.name).exists()

    def give_back(self) -> None:
        """Put what was taken back to what has come, beside the objects that have come meanwhile."""
        for series in filter(Path.is_dir, self.taken.iterdir()):
            folder = self.incoming / series.name
            try:
                series.rename(folder)
            except OSError:  # more has come: it lies in a folder that is not empty
                for file in series.iterdir():
                    if (folder / file.name).exists():
                        file.unlink()  # the object was sent again
                    else:
                        file.rename(folder / file.name)
                with suppress(OSError):  # what a network disk keeps of files that are open
                    series.rmdir()

    def send_later(self, series: Path, objects: Sequence[Path], peers: Sequence[str]) -> None:
        """Put objects on their way to peers in one move, and let go of the series that they were made of."""
        partial = self.receiving / f"{series.name}-{next(_number)}"
        try:
            for peer in peers:
                (partial / peer).mkdir(parents=True)
                with synced(partial), synced(partial / peer):
                    for number, file in enumerate(objects):
                        copy = partial / peer / f"{number:04}-{short_hash(file.name)}.dcm"
                        shutil.copy(file, copy)
                        _sync(copy)
            if peers:
                with synced(self.outgoing):
                    partial.rename(_unused(self.outgoing / series.name))  # an earlier result may wait for a peer
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        self.drop(series)

    def waiting(self) -> Iterator[Outgoing]:
        """Yield what waits to be sent; what is sent altogether is removed."""
        for folder in sorted(filter(Path.is_dir, self.outgoing.iterdir())):
            for peer in sorted(filter(Path.is_dir, folder.iterdir())):
                yield Outgoing(peer, peer.name)
            with suppress(OSError):  # not all is sent
                folder.rmdir()

    def fail(self, folder: Path, why: Mapping[str, str | int], name: str = "") -> None:
        """Keep a series, or a result that no peer takes, among what failed, with the reason."""
        of_series = folder.parent in {self.incoming, self.taken}
        name = name or (folder.name if of_series else f"{folder.parent.name}-{folder.name}")
        # The reason first: after a kill between the two, the folder is tried again.
        (folder / "error.json").write_text(json.dumps(why) + "\n", encoding="utf-8")
        folder.rename(_unused(self.failed / name))

    def drop(self, series: Path) -> None:
        """Remove a series: in one move, so that no kill leaves a part of it."""
        gone = self.receiving / f"gone-{next(_number)}"
        with suppress(FileNotFoundError):
            series.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def free_bytes(self) -> int:
        """Return how much the disk can take."""
        return shutil.disk_usage(self.incoming).free


def series_header(series: Path) -> tuple[Header, int]:
    """Return the header of one object of a series, and how many objects there are."""
    files = sorted(series.glob("*.dcm"))
    return _header(files[0]), len(files)


def _locked(folder: Path) -> IO[bytes]:
    """Return what keeps other nodes from a folder until it is closed, or the process is gone."""
    path = folder / "lock"
    with system_errors(path):
        file = path.open("ab")
    if not take_lock(file, exclusive=True):
        file.close()
        text = f"another node has the folder {folder}; stop it, or name another folder"
        raise UnwritableOutput(text, code="node-running")
    return file


@contextmanager
def synced(folder: Path) -> Iterator[None]:
    """Let what is moved into a folder, or made there, within the block outlast a loss of power."""
    if not hasattr(os, "O_DIRECTORY"):  # Windows, where no folder can be opened
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)  # before: it may be elsewhere afterwards
    try:
        yield
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync(file: Path) -> None:
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


def _folder_of(header: Header) -> str:
    """Return the name of the folder of a series; copies of a scan may be anonymised under one UID."""
    return short_hash(f"{header.series_uid}\0{header.patient}")


def _unused(path: Path) -> Path:
    """Return a path, or the first of those numbered from 2 on, at which there is nothing."""
    numbered = (path.with_name(f"{path.name}-{number}") for number in count(2))
    return next(candidate for candidate in chain([path], numbered) if not candidate.exists())


def _header(path: Path) -> Header:
    return parse_header(path, read_elements(path))
