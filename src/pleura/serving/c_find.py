"""How many objects an archive has of a series, asked by C-FIND."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pleura.serving.association import associated
from pleura.serving.config import Peer
from pleura.serving.peer_errors import PeerError

if TYPE_CHECKING:
    from pydicom import Dataset

_CONNECT_SECONDS = 5.0
"""Seconds in which an archive that is there has answered; no series is begun meanwhile."""
_ANSWER_SECONDS = 10.0
"""Seconds in which it has found a series by its UID."""
_PENDING = (0xFF00, 0xFF01)
"""Of a status that comes with a match (PS3.4, C.4.1.1.4)."""


def count_instances(peer: Peer, calling: str, study_uid: str, series_uid: str) -> int | None:
    """Return the Number of Series Related Instances; None where the archive does not know the series, or the number.

    Parameters
    ----------
    calling : AE title of the node

    Raises
    ------
    NotReached : there is no association
    PeerError : the archive refuses to answer, or the association is lost
    """
    from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind  # type: ignore[attr-defined]

    find = str(StudyRootQueryRetrieveInformationModelFind)
    seconds = {"connect": _CONNECT_SECONDS, "answer": _ANSWER_SECONDS}
    with associated(peer, calling, [(find, None)], **seconds) as association:
        try:
            return _count(association.send_c_find(_query(study_uid, series_uid), find), series_uid)
        except (ValueError, RuntimeError) as error:  # not negotiated, or the association is lost
            raise PeerError(type(error).__name__) from error


def _query(study_uid: str, series_uid: str) -> Dataset:
    from pydicom import Dataset

    query = Dataset()
    query.QueryRetrieveLevel = "SERIES"
    query.StudyInstanceUID = study_uid
    query.SeriesInstanceUID = series_uid
    query.NumberOfSeriesRelatedInstances = None
    return query


def _count(answers: Iterable[tuple[Dataset, Dataset | None]], series_uid: str) -> int | None:
    """Return the number in the one match of a series."""
    counts, until = [], time.monotonic() + _ANSWER_SECONDS
    for status, match in answers:
        if time.monotonic() > until:  # each match has its own time, and they may be without end
            raise PeerError("no end of answers")
        code = int(getattr(status, "Status", -1))
        if code not in {0, *_PENDING}:
            raise PeerError(f"status {code:04X}" if code > 0 else "no answer")
        if code and match is not None and match.get("SeriesInstanceUID") == series_uid:
            counts.append(match.get("NumberOfSeriesRelatedInstances"))
    return int(counts[0]) if len(counts) == 1 and counts[0] else None
