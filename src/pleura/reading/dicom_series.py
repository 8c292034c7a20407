"""Which slices belong together, and which series of a folder is the chest scan.

A folder from an archive holds localizers, dose sheets, reformats and the same scan in several kernels. Slices are
grouped so that a group is one stack; one group is taken without asking only when it alone looks like a chest scan.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

import numpy as np

from pleura.errors import AmbiguousInput, PleuraError, UnsuitableInput
from pleura.reading.dicom_frames import Frame
from pleura.reading.dicom_geometry import distances, places
from pleura.reading.dicom_headers import Header
from pleura.reading.dicom_objects import is_radiograph, objection
from pleura.volume import Note

CHEST_COVERAGE = 100.0
"""Millimetres along the body below which a series does not hold whole lungs."""
_FEWEST_SLICES = 8


@dataclass(frozen=True)
class Series:
    """One stack of slices.

    Attributes
    ----------
    key : the series UID, with `#2`, `#3`... where several stacks share one
    frames : in no particular order
    """

    key: str
    frames: tuple[Frame, ...]

    @cached_property
    def objection(self) -> PleuraError | None:
        """Why the series cannot be read as a chest CT, or None."""
        found = objection(self.frames[0].header)
        if self.is_radiograph:
            return found
        if found is None and len(self.frames) < _FEWEST_SLICES and self.plane != "axial":
            found = UnsuitableInput(f"{self.plane} slices are not read; give the axial series", code="not-axial")
        return found

    @property
    def is_radiograph(self) -> bool:
        """True for a radiograph, which is a series of its own."""
        return is_radiograph(self.frames[0].header)

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
        if len(self.frames) < 2 or any(f.position is None or f.orientation is None for f in self.frames):
            return 0.0
        return float(np.ptp(distances(self.frames)))

    @property
    def is_chest_like(self) -> bool:
        """True for a volume long enough to hold lungs."""
        return self.coverage >= CHEST_COVERAGE and len(self.frames) >= _FEWEST_SLICES

    def __str__(self) -> str:
        header = self.frames[0].header
        size = f"{header.rows} x {header.columns}"
        if self.is_radiograph:
            return f"radiograph {header.view}".rstrip() + f" of {size} (series {self.key})"
        kernel = f", kernel {header.kernel}" if header.kernel else ""
        return f"{counted(len(self.frames))} of {size} over {self.coverage:.0f} mm{kernel} (series {self.key})"


def counted(slices: int) -> str:
    """Return a number of slices in words."""
    return "1 slice" if slices == 1 else f"{slices} slices"


def group(frames: Iterable[Frame]) -> list[Series]:
    """Group frames into stacks, the largest first.

    Frames belong together when they share series, kind of object, size, orientation and pixel spacing, and what is to
    be objected to them; each radiograph stands alone. Where places are taken twice and the acquisitions tell the two
    apart, each acquisition is a stack of its own.
    """
    kinds: dict[tuple[object, ...], list[list[Frame]]] = {}
    for frame in frames:
        stacks = kinds.setdefault(_kind(frame.header), [])
        alike = next((stack for stack in stacks if _alike(stack[0], frame)), None)
        if alike is None:
            stacks.append([frame])
        else:
            alike.append(frame)
    parts = [part for stacks in kinds.values() for together in stacks for part in _by_acquisition(together)]
    parts.sort(key=lambda part: (-len(part), part[0].header.series_uid, min(f.instance_uid for f in part)))
    seen: Counter[str] = Counter()
    found = []
    for part in parts:
        uid = part[0].header.series_uid
        seen[uid] += 1
        found.append(Series(uid if seen[uid] == 1 else f"{uid}#{seen[uid]}", tuple(part)))
    return found


def choose(found: Sequence[Series], wanted: str | None) -> tuple[Series, tuple[Note, ...]]:
    """Choose the series to read.

    Parameters
    ----------
    found : the series of a folder, the largest first
    wanted : the key of a series, or None to choose the only one that can be meant

    Raises
    ------
    AmbiguousInput : several series could be meant, or none has the key `wanted`
    PleuraError : no series is a CT that can be segmented; the objection to the largest one
    """
    if wanted is not None:
        return _by_key(found, wanted), ()
    objections = [series.objection for series in found if series.objection is not None]
    if len(objections) == len(found):
        raise objections[0]
    usable = [series for series in found if series.objection is None]
    usable = [series for series in usable if not series.is_radiograph] or usable
    likely = [series for series in usable if series.is_chest_like] or usable
    likely = [series for series in likely if series.plane == "axial"] or likely
    if len(likely) > 1:
        raise AmbiguousInput(
            f"{len(likely)} series could be meant; choose one of: {_listed(likely)}", code="several-series"
        )
    return likely[0], _put_aside(found, likely[0])


def _by_key(found: Sequence[Series], wanted: str) -> Series:
    for series in found:
        if series.key == wanted:
            if series.objection is not None:
                raise series.objection
            return series
    raise AmbiguousInput(f"there is no series {wanted}; there are: {_listed(found)}", code="no-such-series")


def _listed(found: Sequence[Series]) -> str:
    shown = "; ".join(str(series) for series in found[:8])
    return shown + (f"; and {len(found) - 8} more" if len(found) > 8 else "")


def _put_aside(found: Sequence[Series], chosen: Series) -> tuple[Note, ...]:
    reasons = Counter(_reason(series) for series in found if series is not chosen)
    if not reasons:
        return ()
    listed = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    text = f"of {len(found)} series the one of {counted(len(chosen.frames))} was read; put aside: {listed}"
    return (Note("series-chosen", text),)


def _reason(series: Series) -> str:
    """Return in a word why a series is not the one to read."""
    if series.objection is not None:
        return series.objection.code
    if series.is_radiograph:
        return "radiograph"
    return "short-coverage" if not series.is_chest_like else "not-axial"


def _kind(header: Header) -> tuple[object, ...]:
    found = objection(header)
    alone = header.path if is_radiograph(header) else None
    return header.series_uid, header.sop_class, header.rows, header.columns, found and found.code, alone


def _alike(one: Frame, other: Frame) -> bool:
    """Say whether two frames have the same directions and pixel spacing, but for rounding in the header."""
    grids = [(*(frame.orientation or ()), *(frame.spacing or ())) for frame in (one, other)]
    return all(math.isclose(a, b, abs_tol=0.002) for a, b in zip_longest(*grids, fillvalue=math.inf))


def _by_acquisition(frames: list[Frame]) -> list[list[Frame]]:
    acquisitions: dict[str, list[Frame]] = {}
    for frame in frames:
        acquisitions.setdefault(frame.header.acquisition, []).append(frame)
    if len(acquisitions) == 1 or not _has_doubles(frames):
        return [frames]
    parts = list(acquisitions.values())
    return [frames] if any(_has_doubles(part) for part in parts) else parts


def _has_doubles(frames: list[Frame]) -> bool:
    if any(frame.position is None or frame.orientation is None for frame in frames):
        return False
    return len(places(frames)) < len(frames)
