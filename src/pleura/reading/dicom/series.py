"""Which slices belong together, and which series of a folder is the chest scan.

A folder from an archive holds localizers, dose sheets, reformats and the same scan in several kernels. Slices are
grouped so that a group is one stack; one group is taken without asking only when it alone looks like a chest scan.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

import numpy as np

from pleura.errors import AmbiguousInput, Choice, PleuraError, UnsuitableInput
from pleura.reading.checks import CHEST_COVERAGE
from pleura.reading.dicom.frames import Frame
from pleura.reading.dicom.geometry import distances
from pleura.reading.dicom.header import Header
from pleura.reading.dicom.sop_classes import is_radiograph, rejection
from pleura.reading.dicom.stacks import SliceGroup, split_stacks
from pleura.text import quantity
from pleura.volume import Note

_FEWEST_SLICES = 8
"""Slices that a scan of the chest has at least: 10 mm, as thick as slices are, make twenty; localisers have three."""


@dataclass(frozen=True)
class Series:
    """One stack of slices.

    Attributes
    ----------
    key : the series UID, with `#1`, `#2`... where several stacks share one
    frames : in no particular order
    number : its place among the series of the input, from 1
    shared : how many positions were scanned with two neighbouring slabs, of which one slice was kept
    """

    key: str
    frames: tuple[Frame, ...]
    number: int = 1
    shared: int = 0

    @property
    def header(self) -> Header:
        """That of the first slice, in whatever all of them share."""
        return self.frames[0].header

    @cached_property
    def rejection(self) -> PleuraError | None:
        """Why the series cannot be read as a chest CT, or None."""
        found = rejection(self.header)
        if self.is_radiograph:
            return found
        if found is None and len(self.frames) < _FEWEST_SLICES and self.plane != "axial":
            found = UnsuitableInput(f"{self.plane} slices are not read; give the axial series", code="not-axial")
        return found

    @property
    def is_radiograph(self) -> bool:
        """True for a radiograph, which is a series of its own."""
        return is_radiograph(self.header)

    @cached_property
    def plane(self) -> str:
        """The body plane that the slices are closest to; an unknown orientation counts as axial."""
        orientation = self.frames[0].orientation
        if orientation is None:
            return "axial"
        return ("sagittal", "coronal", "axial")[int(np.argmax(np.abs(np.cross(orientation[:3], orientation[3:]))))]

    @cached_property
    def coverage(self) -> float:
        """Millimetres from the first to the last slice, along their normal."""
        if len(self.frames) < 2 or not all(frame.is_placed for frame in self.frames):
            return 0.0
        return float(np.ptp(distances(self.frames)))

    @property
    def is_chest_like(self) -> bool:
        """True for a volume long enough to hold lungs."""
        return self.coverage >= CHEST_COVERAGE and len(self.frames) >= _FEWEST_SLICES

    @property
    def choice(self) -> Choice:
        """What has to be known of the series to choose it."""
        header, frame = self.header, self.frames[0]
        step = self.coverage / max(len(self.frames) - 1, 1) or frame.thickness
        return Choice(
            number=self.number,
            key=self.key,
            description=header.description,
            kernel=header.kernel,
            what=self._what(),
            shape=(len(self.frames), header.rows, header.columns),
            spacing=(step, frame.spacing[0], frame.spacing[1]) if step and frame.spacing else None,
        )

    def _what(self) -> str:
        header = self.header
        size = f"{header.rows} x {header.columns}"
        if self.is_radiograph:
            return f"radiograph {header.view}".rstrip() + f" of {size}"
        over = f" over {self.coverage:.0f} mm" if self.coverage else ""
        return f"{quantity(len(self.frames), 'slice')} of {size}{over}"


def group(frames: Iterable[Frame]) -> list[Series]:
    """Group frames into stacks, the largest first.

    Frames belong together when they share patient, series, kind of object, size, orientation and pixel spacing, and
    what is to speak against them; each radiograph stands alone. Where positions are taken twice, see `stacks`.
    """
    frames = list(frames)
    patients = _patients_by_series(frames)
    kinds: dict[tuple[object, ...], list[list[Frame]]] = {}
    for frame in frames:
        patient = frame.header.patient if len(patients[frame.header.series_uid]) > 1 else ""
        stacks = kinds.setdefault((patient, *_kind(frame.header)), [])
        alike = next((stack for stack in stacks if _alike(stack[0], frame)), None)
        if alike is None:
            stacks.append([frame])
        else:
            alike.append(frame)
    parts = [part for stacks in kinds.values() for together in stacks for part in split_stacks(together)]
    parts.sort(key=_order)
    of_uid = Counter(part[0][0].header.series_uid for part in parts)
    seen: Counter[str] = Counter()
    found = []
    for number, (part, shared) in enumerate(parts, 1):
        uid = part[0].header.series_uid
        seen[uid] += 1
        key = uid if of_uid[uid] == 1 else f"{uid}#{seen[uid]}"
        found.append(Series(key, tuple(part), number, shared))
    return found


def _patients_by_series(frames: Iterable[Frame]) -> Mapping[str, set[str]]:
    """Return the patients of each series UID; more than one where copies of a scan were anonymised under one UID.

    Who states none is taken for the others' patient where that is one alone.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for frame in frames:
        found[frame.header.series_uid] |= {frame.header.patient} - {""}
    return found


def _order(part: SliceGroup) -> tuple[object, ...]:
    """Put the largest first, and phases and acquisitions of one size in the order of their numbers."""
    frames, _ = part
    first = frames[0]
    times = tuple((len(text), text) for text in (first.phase, first.header.acquisition))  # 2 before 10
    return (-len(frames), first.header.series_uid, *times, min(frame.instance_uid for frame in frames))


def choose(found: Sequence[Series], wanted: str | None) -> tuple[Series, tuple[Note, ...]]:
    """Choose the series to read.

    Parameters
    ----------
    found : the series of a folder, the largest first
    wanted : the key of a series, its number, its UID where that holds several, `#2`, or a part of its description; or
        None to choose the only one that can be meant

    Raises
    ------
    AmbiguousInput : several series could be meant, or none is `wanted`
    PleuraError : no series is a CT that can be segmented; why the largest one cannot be
    """
    if wanted is None:
        chosen = _one_of(found)
        return chosen, (*_put_aside(found, chosen), *_joined(chosen))
    matching = _matching(found, wanted)
    if not matching:
        text = f"there is no series {wanted}; choose with --series or series="
        raise AmbiguousInput(text, code="no-such-series", choices=[series.choice for series in found])
    chosen = matching[0] if len(matching) == 1 else _one_of(matching)
    if chosen.rejection is not None:
        raise chosen.rejection
    return chosen, _joined(chosen)


def _one_of(found: Sequence[Series]) -> Series:
    """Return the only series that can be meant."""
    rejections = [series.rejection for series in found if series.rejection is not None]
    if len(rejections) == len(found):
        raise _with_others(rejections)
    usable = [series for series in found if series.rejection is None]
    usable = [series for series in usable if not series.is_radiograph] or usable
    likely = [series for series in usable if series.is_chest_like] or usable
    likely = [series for series in likely if series.plane == "axial"] or likely
    if len(likely) > 1:
        others = _listed(reason(series) for series in found if series not in likely)
        beside = f"; put aside: {others}" if others else ""
        patients = len({series.header.patient for series in likely})
        of = f" of {patients} patients" if patients > 1 else ""
        number = f"{len(likely)} series{of} could be meant"
        text = f"{number}; choose with --series (or segment --series all) or series={beside}"
        raise AmbiguousInput(text, code="several-series", choices=[series.choice for series in likely])
    return likely[0]


def _matching(found: Sequence[Series], wanted: str) -> list[Series]:
    """Return the series with a key or number, else of a UID, else those whose description holds a text."""
    rules: tuple[Callable[[Series], bool], ...] = (
        lambda series: series.key == wanted,
        lambda series: str(series.number) == wanted,
        lambda series: series.header.series_uid == wanted,
        lambda series: wanted.startswith("#") and series.key.endswith(wanted),
        lambda series: not wanted.isdigit() and wanted.casefold() in series.header.description.casefold(),
    )
    matching = ([series for series in found if rule(series)] for rule in rules)
    return next(filter(None, matching), [])


def _joined(series: Series) -> tuple[Note, ...]:
    if not series.shared:
        return ()
    text = f"the scan was made in slabs that share slices; {series.shared} were left out of the upper slabs"
    return (Note("slabs-joined", text),)


def _put_aside(found: Sequence[Series], chosen: Series) -> tuple[Note, ...]:
    listed = _listed(reason(series) for series in found if series is not chosen)
    if not listed:
        return ()
    read = quantity(len(chosen.frames), "slice")
    text = f"of {len(found)} series the one of {read} was read; not part of this scan: {listed}"
    return (Note("series-chosen", text),)


def _with_others(rejections: Sequence[PleuraError]) -> PleuraError:
    """Return the first rejection, with a count of the others by their codes."""
    first = rejections[0]
    others = _listed(error.code for error in rejections[1:])
    return first.with_message(f"{first}; nor can the other series be read: {others}") if others else first


def _listed(reasons: Iterable[str]) -> str:
    """Return how often there is each reason, as words."""
    return ", ".join(f"{count} {reason}" for reason, count in sorted(Counter(reasons).items()))


def reason(series: Series) -> str:
    """Return in a word why a series is not the one to read."""
    if series.rejection is not None:
        return series.rejection.code
    if series.is_radiograph:
        return "radiograph"
    return "short-coverage" if not series.is_chest_like else "not-axial"


def _kind(header: Header) -> tuple[object, ...]:
    found = rejection(header)
    alone = header.path if is_radiograph(header) else None
    return header.series_uid, header.sop_class, header.rows, header.columns, found and found.code, alone


def _alike(one: Frame, other: Frame) -> bool:
    """Say whether two frames have the same directions and pixel spacing, but for rounding in the header."""
    grids = [(*(frame.orientation or ()), *(frame.spacing or ())) for frame in (one, other)]
    return all(math.isclose(a, b, abs_tol=0.002) for a, b in zip_longest(*grids, fillvalue=math.inf))
