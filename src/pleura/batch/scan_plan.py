"""What a batch will do, decided from names and headers before any scan is read: a row a series, with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pleura.batch.discover import discover
from pleura.batch.plan import ALL_SERIES
from pleura.batch.remote import check_address, is_address
from pleura.batch.scan_list import ListedScan, is_list, read_list
from pleura.errors import AmbiguousInput, InvalidOption, PleuraError, UnreadableInput
from pleura.file_format import Format, companions, detect_format
from pleura.reading.dicom import find_files
from pleura.reading.dicom.discover import find_series
from pleura.reading.dicom.series import Series, choose, reason
from pleura.reading.walk import files_below, resolve_dicomdir
from pleura.text import short_hash

_LIKE_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
"""What a path makes of an address."""

NOT_THERE = "not-found"
"""The reason of a row of a list whose path does not exist, which ends with the error of that code."""


@dataclass(frozen=True)
class PlannedScan:
    """One series, or one volume or picture.

    Attributes
    ----------
    name : of the folder of its results; made of path and series by a hash, so that it holds no patient's name and does
        not change when scans are added
    source : path below the folder of the scans, or as a list states it
    series : key of the series; empty where the source has none to choose from
    is_skipped : True where it is not segmented
    reason : why it is segmented, or the code that says why not
    slices : of DICOM; None of what is not looked into
    bytes : of its files
    stamp : changes when a file is added, removed or written anew
    """

    name: str
    source: str
    series: str
    is_skipped: bool
    reason: str
    slices: int | None
    bytes: int
    stamp: str

    def data(self) -> dict[str, object]:
        """Return it as plain data, with its state in place of `is_skipped`."""
        found = {key: value for key, value in vars(self).items() if key != "is_skipped"}
        return {**found, "state": "skipped" if self.is_skipped else "waiting"}


@dataclass(frozen=True)
class Shard:
    """One of several parts of a batch, each for a machine of its own: `number` from 1 to `count`."""

    number: int = 1
    count: int = 1

    def holds(self, name: str) -> bool:
        """Say whether a scan is in this part; that depends on its name alone."""
        return int(short_hash(name), 16) % self.count == self.number - 1

    @property
    def suffix(self) -> str:
        """What the files of the part are called by: nothing where there is one only."""
        return f"-{self.number}-of-{self.count}" if self.count > 1 else ""


def plan_scans(source: Path, *, series: str | None = None) -> Iterator[PlannedScan]:
    """Yield the rows of a plan, in an order that does not depend on the disk; a scan that is listed twice is one.

    Parameters
    ----------
    source : a folder of scans, however deep, one scan, or a list (`scan_list`), whose paths are those below its folder;
        an address in it is a scan that is not looked into
    series : which series of a study are segmented: the one that is the chest CT where it is None, each that can be
        where it is "all", else one by its key, its number or a part of its description; a list may state others

    Raises
    ------
    UnreadableInput : there is no such path, a folder holds no scan (`no-scans`), or a list is none
    InvalidOption : two scans of a list have one name (`name-twice`), or an address is none (`bad-address`)
    MissingExtra : addresses need fsspec
    """
    names: dict[str, tuple[str, str]] = {}
    for one in _rows(source, series):
        known = names.get(one.name.casefold())
        if known is None:
            names[one.name.casefold()] = one.source, one.series
            yield one
        elif known != (one.source, one.series):
            raise InvalidOption(f"{source}: two scans have the name {one.name}; give each its own", code="name-twice")


def base_folder(source: Path) -> Path:
    """Return the folder that the sources of a plan lie below."""
    source = resolve_dicomdir(source)
    return source if source.is_dir() else source.parent


def _rows(source: Path, series: str | None) -> Iterator[PlannedScan]:
    if not source.exists():
        more = "; write addresses into a list" if _LIKE_ADDRESS.match(str(source)) else ""
        raise UnreadableInput(f"{source}: there is no such file or folder{more}", code="not-found")
    base = base_folder(source)
    if not is_list(source):
        scans = discover(source).scans
        if scans == (base,):
            _refuse_without_scans(base)
        for scan in scans:
            yield from _planned(scan, ListedScan(_relative(scan, base), series or ""))
        return
    for row in read_list(source):
        wanted = replace(row, series=row.series or series or "")
        if is_address(row.source):
            check_address(row.source)
            yield _unread(wanted, (), why="address")
            continue
        path = base / row.source
        for scan in discover(path).scans if path.is_dir() else (path,):
            yield from _planned(scan, replace(wanted, source=_relative(scan, base)))


def _refuse_without_scans(folder: Path) -> None:
    """Raise where nothing in a folder is DICOM, which is the one image that is not a scan by itself."""
    unreadable: list[Path] = []
    files = files_below(folder, unreadable=unreadable)
    if not unreadable and not any(_what(file) == Format.DICOM.value for file in files):
        text = f"{folder}: there is no scan in it, neither DICOM nor a volume or picture; name the folder of the scans"
        raise UnreadableInput(text, code="no-scans")


def _relative(scan: Path, base: Path) -> str:
    return scan.relative_to(base).as_posix() if scan.is_relative_to(base) else str(scan)


def _planned(scan: Path, wanted: ListedScan) -> Iterator[PlannedScan]:
    """Yield the rows of one scan: of DICOM each of its series, else one."""
    try:
        files = _dicom_files(scan)
        if files is not None:
            found, _ = find_series(files)
            yield from _of_series(found, wanted)
            return
    except (PleuraError, OSError):
        pass  # whoever reads it says what is wrong with it
    yield _unread(wanted, companions(scan) if scan.is_file() else (), why=_what(scan))


def _unread(wanted: ListedScan, files: Iterable[Path], *, why: str) -> PlannedScan:
    """Return the row of a scan that is not looked into, whose series are therefore not known."""
    key = "" if wanted.series == ALL_SERIES else wanted.series
    return _row(replace(wanted, series=key), files, why=why)


def _dicom_files(scan: Path) -> Sequence[Path] | None:
    """Return the files of a scan of DICOM; None of any other, and of an archive, which is not unpacked to plan."""
    if scan.is_dir():
        return find_files(scan)
    return [scan] if detect_format(scan) == (Format.DICOM, False) else None


def _what(scan: Path) -> str:
    """Return in a word what is to be segmented, or that it is not there."""
    if not scan.exists():
        return NOT_THERE
    try:
        return detect_format(scan)[0].value
    except (PleuraError, OSError):
        return "unknown"


def _of_series(found: Sequence[Series], wanted: ListedScan) -> Iterator[PlannedScan]:
    skipped = dict(_skipped(found, wanted.series))
    for series in found:
        key = series.key or str(series.number)
        name = f"{wanted.name}_series{series.number}" if wanted.name and wanted.series == ALL_SERIES else wanted.name
        one = ListedScan(wanted.source, key, "" if key in skipped else name)
        usual = "radiograph" if series.is_radiograph else "chest-ct"
        row = _row(one, {frame.header.path for frame in series.frames}, why=skipped.get(key, usual))
        yield replace(row, slices=len(series.frames), is_skipped=key in skipped)


def _skipped(found: Sequence[Series], wanted: str) -> Iterator[tuple[str, str]]:
    """Yield the key of each series that is not segmented, and in a word why."""
    chosen: set[str] = set()
    several: dict[str, str] = {}
    try:
        if wanted == ALL_SERIES:
            chosen = {series.key for series in found if series.rejection is None}
        else:
            chosen = {choose(found, wanted or None)[0].key}
    except AmbiguousInput as error:
        choices = error.choices if error.code == "several-series" else [series.choice for series in found]
        several = {choice.key: error.code for choice in choices}
    except PleuraError:  # none of them can be read; each says why
        pass
    for series in found:
        if series.key not in chosen:
            unwanted = "other-series" if wanted and series.rejection is None else reason(series)
            yield series.key or str(series.number), several.get(series.key, unwanted)


def _row(one: ListedScan, files: Iterable[Path], *, why: str) -> PlannedScan:
    stats = sorted((file.name, *_size_and_time(file)) for file in files)
    stamp = short_hash(repr(stats))
    name = one.name or short_hash(f"{one.source}\0{one.series}")
    return PlannedScan(name, one.source, one.series, False, why, None, sum(size for _, size, _ in stats), stamp)


def _size_and_time(file: Path) -> tuple[int, int]:
    try:
        stat = file.stat()
    except OSError:
        return 0, 0
    return stat.st_size, stat.st_mtime_ns
