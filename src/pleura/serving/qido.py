"""Which series an archive has, asked by QIDO-RS; of what it says of them only what rules ask for is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pleura.reading.dicom.header import one_line
from pleura.serving.dicomweb import ResponseMonitor, call_errors
from pleura.serving.peer_errors import PeerError
from pleura.text import short_hash

if TYPE_CHECKING:
    from dicomweb_client import DICOMwebClient

SEARCH_BYTES = 16 << 20
"""Of one page of an answer: 2 kB a series, where an archive gives all at a time. As tiny tables they hold 430 MB."""
_PAGE = 200
"""Series that are asked for at a time."""
_MOST_MATCHES = 100_000
"""Series or instances in an answer, which some archives give without end: they ignore which page is asked for."""
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
_LONGEST_UID = 64
"""PS3.5, 9.1; components that begin with 0 are not refused, for scanners make them."""
_DATE, _STUDY, _SERIES, _INSTANCE = "00080020", "0020000D", "0020000E", "00080018"
_MODALITY, _DESCRIPTION, _BODY_PART, _COUNT = "00080060", "0008103E", "00180015", "00201209"
"""The last one is the Number of Series Related Instances."""


@dataclass(frozen=True)
class FoundSeries:
    """One series of an archive.

    Attributes
    ----------
    instances : how many there are; None where the archive does not say
    unstated : fields of a rule of which the archive says nothing
    """

    study_uid: str
    series_uid: str
    modality: str
    description: str
    body_part: str
    instances: int | None
    unstated: frozenset[str]

    @property
    def key(self) -> str:
        """What the log calls it."""
        return series_key(self.study_uid, self.series_uid)


def series_key(study_uid: str, series_uid: str) -> str:
    """Return the hash of a series by which a node knows it, wherever it comes from."""
    return short_hash(f"{study_uid}\0{series_uid}")


def search_series(
    client: DICOMwebClient, monitor: ResponseMonitor, modality: str, from_date: str, *, body_part: bool
) -> Iterator[FoundSeries]:
    """Yield the series of a modality in studies from a date on; an archive may add others.

    Parameters
    ----------
    monitor : limits a page
    from_date : as DICOM writes it, YYYYMMDD; empty for any
    body_part : whether the archive is asked for it, too

    Raises
    ------
    NotReached : there is no connection
    PeerError : the archive does not answer as one
    """
    filters = {"Modality": modality} | ({"StudyDate": f"{from_date}-"} if from_date else {})
    fields = ["BodyPartExamined"] if body_part else []

    def page(offset: int) -> list[dict[str, dict[str, object]]]:
        return client.search_for_series(limit=_PAGE, offset=offset, fields=fields, search_filters=filters)

    for item in _items(page, monitor, (_STUDY, _SERIES)):
        is_old = _text(item, _DATE) and _text(item, _DATE) < from_date  # for an archive that looks at no filter
        if not is_old and _is_uid(_text(item, _STUDY)) and _is_uid(_text(item, _SERIES)):
            yield _series(item)


def count_instances(client: DICOMwebClient, monitor: ResponseMonitor, series: FoundSeries) -> int:
    """Return how many instances an archive lists of a series; it raises what `search_series` does."""

    def page(offset: int) -> list[dict[str, dict[str, object]]]:
        return client.search_for_instances(series.study_uid, series.series_uid, limit=_PAGE, offset=offset)

    return sum(1 for _ in _items(page, monitor, (_INSTANCE,)))


def _items(
    page: Callable[[int], list[dict[str, dict[str, object]]]], monitor: ResponseMonitor, keys: tuple[str, ...]
) -> Iterator[Mapping[str, object]]:
    """Yield what pages of an answer list, each once, until a page has nothing new."""
    seen: set[tuple[str, ...]] = set()
    offset = 0
    while True:
        monitor.renew()
        items = _page(page, offset)
        named = {tuple(_text(item, key) for key in keys): item for item in items}
        fresh = {name: item for name, item in named.items() if name not in seen}
        if not fresh:
            return
        yield from fresh.values()
        seen |= fresh.keys()
        offset += len(items)
        if len(seen) > _MOST_MATCHES:
            raise PeerError(f"it lists more than {_MOST_MATCHES}; ask of fewer days")


def _page(page: Callable[[int], list[dict[str, dict[str, object]]]], offset: int) -> list[Mapping[str, object]]:
    """Return one page, as the list of tables that it has to be."""
    with call_errors():
        try:
            items: object = page(offset)
        except (ValueError, RecursionError) as error:  # what is no JSON, or is nested without end
            raise PeerError("its answer is none of DICOMweb") from error
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        raise PeerError("its answer is none of DICOMweb")
    return items


def _series(item: Mapping[str, object]) -> FoundSeries:
    by_field = {"modality": _MODALITY, "description": _DESCRIPTION, "body_part": _BODY_PART}
    return FoundSeries(
        study_uid=_text(item, _STUDY),
        series_uid=_text(item, _SERIES),
        modality=_text(item, _MODALITY).upper(),
        description=one_line(_text(item, _DESCRIPTION)),
        body_part=_text(item, _BODY_PART).upper(),
        instances=int(_text(item, _COUNT)) if re.fullmatch("[0-9]{1,9}", _text(item, _COUNT)) else None,
        unstated=frozenset(field for field, tag in by_field.items() if tag not in item),
    )


def _text(item: Mapping[str, object], tag: str) -> str:
    """Return the first value of an element in the JSON of DICOM (PS3.18, F.2.2); empty where it has none."""
    element = item.get(tag)
    values = element.get("Value") if isinstance(element, Mapping) else None
    value = values[0] if isinstance(values, list) and values else ""
    return str(value).strip() if isinstance(value, str | int | float) else ""


def _is_uid(text: str) -> bool:
    return len(text) <= _LONGEST_UID and _UID.fullmatch(text) is not None
