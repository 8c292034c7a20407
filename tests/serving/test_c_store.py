"""Objects go to a peer by C-STORE, and the reason is known where it does not take one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from serving.conftest import free_port

from pleura.errors import UnreadableInput
from pleura.serving.c_store import store
from pleura.serving.config import Peer
from pleura.serving.peer_errors import NotReached, PeerError

pytestmark = [
    # pynetdicom leaves sockets to the collector of garbage where nobody answers.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@contextmanager
def peer_that_answers(*statuses: int, sop_class: str = "1.2.840.10008.5.1.4.1.1.2") -> Iterator[Peer]:
    """Be a peer for objects of CT that answers each with the next status."""
    from pynetdicom import AE, evt

    answers = iter(statuses)
    entity: Any = AE(ae_title="ARCHIVE")
    entity.add_supported_context(sop_class)
    port = free_port()
    handlers: list[Any] = [(evt.EVT_C_STORE, lambda _: next(answers))]
    server = entity.start_server(("127.0.0.1", port), block=False, evt_handlers=handlers)
    try:
        yield Peer("ARCHIVE", "127.0.0.1", port)
    finally:
        server.shutdown()


def test_each_object_that_is_taken_is_yielded(series: list[Path]) -> None:
    stored, with_a_warning, stored_before = 0x0000, 0xB000, 0x0111
    with peer_that_answers(stored, with_a_warning, stored_before) as peer:
        assert list(store(peer, "PLEURA", series[:3])) == series[:3]


@pytest.mark.parametrize(("status", "why"), [(0xA700, "status A700"), (0xC000, "status C000")])
def test_what_follows_a_refusal_is_not_sent(series: list[Path], status: int, why: str) -> None:
    taken = []
    with peer_that_answers(0, status) as peer, pytest.raises(PeerError, match=why):
        for file in store(peer, "PLEURA", series[:3]):
            taken.append(file)  # noqa: PERF402 - a list would be lost with the error
    assert taken == series[:1]


def test_a_class_that_the_peer_does_not_know_is_not_sent(series: list[Path]) -> None:
    with peer_that_answers(sop_class="1.2.840.10008.1.1") as peer, pytest.raises(PeerError):
        list(store(peer, "PLEURA", series[:1]))


def test_a_peer_that_is_not_there_is_not_reached(series: list[Path]) -> None:
    with pytest.raises(NotReached, match="no association"):
        list(store(Peer("ARCHIVE", "127.0.0.1", free_port()), "PLEURA", series[:1]))


def test_a_file_that_is_no_dicom_is_not_sent(tmp_path: Path) -> None:
    (tmp_path / "1.dcm").write_bytes(b"what a lost sector leaves")
    with pytest.raises(UnreadableInput):
        list(store(Peer("ARCHIVE", "127.0.0.1", free_port()), "PLEURA", [tmp_path / "1.dcm"]))
