"""An archive says how many objects it has of a series, or that it does not say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from serving.conftest import free_port

from pleura.serving import c_find
from pleura.serving.c_find import count_instances
from pleura.serving.config import Peer
from pleura.serving.peer_errors import NotReached, PeerError

pytestmark = [
    # pynetdicom leaves sockets to the collector of garbage where nobody answers.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
FindResponses = Sequence[tuple[int, Any]]


@contextmanager
def archive_that_answers(responses: FindResponses, asked: list[Any] | None = None) -> Iterator[Peer]:
    from pynetdicom import AE, evt
    from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind as Find

    def find(event: Any) -> Iterator[tuple[int, Any]]:
        if asked is not None:
            asked.append(event.identifier)
        yield from responses

    entity: Any = AE(ae_title="ARCHIVE")
    entity.add_supported_context(Find)
    port = free_port()
    server = entity.start_server(("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_C_FIND, find)])
    try:
        yield Peer("ARCHIVE", "127.0.0.1", port)
    finally:
        server.shutdown()


def match(series_uid: str, count: str | None) -> tuple[int, Any]:
    from pydicom import Dataset

    found = Dataset()
    found.QueryRetrieveLevel = "SERIES"
    found.SeriesInstanceUID = series_uid
    if count is not None:
        found.NumberOfSeriesRelatedInstances = count
    return 0xFF00, found


@pytest.mark.parametrize(
    ("responses", "number"),
    [
        ([match("1.2.3", "133")], 133),
        ([match("1.2.9", "7"), match("1.2.3", "133")], 133),  # it answers more than it is asked
        ([match("1.2.3", "1"), match("1.2.3", "2")], None),  # in two studies
        ([match("1.2.3", None)], None),
        ([match("1.2.3", "")], None),
        ([], None),
    ],
)
def test_the_number_of_the_one_match_is_taken(responses: FindResponses, number: int | None) -> None:
    asked: list[Any] = []
    with archive_that_answers(responses, asked) as peer:
        assert count_instances(peer, "PLEURA", "1.2", "1.2.3") == number
    (query,) = asked
    assert (query.QueryRetrieveLevel, query.StudyInstanceUID, query.SeriesInstanceUID) == ("SERIES", "1.2", "1.2.3")


def test_an_archive_that_refuses_says_so() -> None:
    with archive_that_answers([(0xA700, None)]) as peer, pytest.raises(PeerError, match="status A700"):
        count_instances(peer, "PLEURA", "1.2", "1.2.3")


def test_answers_without_end_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(monotonic=count(0, 100).__next__)  # each match comes long after the one before
    with archive_that_answers([match("1.2.9", "7")] * 3) as peer:
        monkeypatch.setattr(c_find, "time", clock)
        with pytest.raises(PeerError, match="no end of answers"):
            count_instances(peer, "PLEURA", "1.2", "1.2.3")


def test_an_archive_that_is_not_there_is_not_reached() -> None:
    with pytest.raises(NotReached):
        count_instances(Peer("ARCHIVE", "127.0.0.1", free_port()), "PLEURA", "1.2", "1.2.3")
