"""When results are sent to which peer: one that is not reached is left alone for a while, and holds up no other."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest

from pleura.serving import pauses
from pleura.serving import sender as module
from pleura.serving.config import NodeConfig, Peer
from pleura.serving.counts import Counts
from pleura.serving.peer_errors import NotReached, PeerError
from pleura.serving.sender import Sender
from pleura.serving.storage import NodeStorage

Taken = Generator[Path, None, None]


class Network:
    """Peers, by title: what each does with what it is sent; one that is not named takes all."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.does: dict[str, Callable[[Path], None]] = {}

    def store(self, peer: Peer, calling: str, files: Sequence[Path]) -> Taken:
        self.calls.append(peer.ae_title)
        for file in files:
            self.does.get(peer.ae_title, lambda _: None)(file)
            yield file


def down(_: Path) -> None:
    raise NotReached("no association")


def refuses(_: Path) -> None:
    raise PeerError("status C000")


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    network = Network()
    monkeypatch.setattr(module, "store", network.store)
    return network


@pytest.fixture
def storage(config: NodeConfig) -> Iterator[NodeStorage]:
    storage = NodeStorage(Path(config.folder))
    yield storage
    storage.close()


@pytest.fixture
def counts() -> Counts:
    return Counts()


@pytest.fixture
def sender(config: NodeConfig, storage: NodeStorage, counts: Counts, network: Network) -> Sender:
    peers = {name: Peer(name.upper(), "127.0.0.1", 104) for name in ("archive", "workstation")}
    return Sender(replace(config, peers=peers), storage, counts)


def put(storage: NodeStorage, name: str, peer: str, count: int = 1) -> Path:
    folder = storage.outgoing / name / peer
    folder.mkdir(parents=True)
    for number in range(count):
        (folder / f"{number}.dcm").write_bytes(b"a segmentation")
    return folder


def test_a_peer_that_is_not_reached_is_called_once_and_others_are_sent_theirs(
    sender: Sender, storage: NodeStorage, network: Network, counts: Counts
) -> None:
    for number in range(20):
        put(storage, f"{number:02}", "archive")
    put(storage, "30", "workstation")
    network.does["ARCHIVE"] = down
    for _ in range(3):  # in which its pause is not over
        sender.send_waiting(Event())
    assert network.calls == ["ARCHIVE", "WORKSTATION"]
    assert counts["results_sent"] == 1
    assert counts["sends_failed"] == 20
    assert len(list(storage.waiting())) == 20


def test_a_new_result_waits_for_the_pause_of_its_peer(sender: Sender, storage: NodeStorage, network: Network) -> None:
    put(storage, "1", "archive")
    network.does["ARCHIVE"] = down
    sender.send_waiting(Event())
    put(storage, "2", "archive")
    sender.send_waiting(Event())
    assert network.calls == ["ARCHIVE"]


def test_a_result_that_is_refused_waits_by_itself(
    sender: Sender, storage: NodeStorage, network: Network, counts: Counts
) -> None:
    refused = put(storage, "1", "archive") / "0.dcm"
    put(storage, "2", "archive")
    network.does["ARCHIVE"] = lambda file: refuses(file) if file == refused else None
    for _ in range(2):
        sender.send_waiting(Event())
    assert network.calls == ["ARCHIVE", "ARCHIVE"]
    assert (counts["results_sent"], counts["sends_failed"]) == (1, 1)
    assert refused.exists()


def test_pauses_grow_and_end_with_the_first_result_that_is_sent(
    sender: Sender, storage: NodeStorage, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(pauses.time, "monotonic", lambda: now)
    put(storage, "1", "archive")
    network.does["ARCHIVE"] = down
    called = []
    for _ in range(4000):
        before = len(network.calls)
        sender.send_waiting(Event())
        if len(network.calls) > before:
            called.append(now - 1000.0)
        now += 1.0
    assert called[:5] == [0.0, 5.0, 15.0, 35.0, 75.0]
    assert called[-1] - called[-2] == 600.0
    del network.does["ARCHIVE"]
    now += 600.0
    sender.send_waiting(Event())
    assert list(storage.waiting()) == []
    put(storage, "2", "archive")
    network.does["ARCHIVE"] = down
    sender.send_waiting(Event())
    now += 5.0
    sender.send_waiting(Event())
    assert len(network.calls) == len(called) + 3


def test_objects_that_were_taken_are_not_sent_again(sender: Sender, storage: NodeStorage, network: Network) -> None:
    folder = put(storage, "1", "archive", count=3)
    network.does["ARCHIVE"] = lambda file: refuses(file) if file.name == "1.dcm" else None
    sender.send_waiting(Event())
    assert [file.name for file in sorted(folder.iterdir())] == ["1.dcm", "2.dcm"]


def test_what_is_never_taken_lies_among_what_failed(
    sender: Sender, storage: NodeStorage, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pauses, "MOST_TRIES", 3)
    monkeypatch.setattr(pauses, "FIRST_SECONDS", 0.0)
    put(storage, "1", "archive")
    network.does["ARCHIVE"] = refuses
    for _ in range(5):
        sender.send_waiting(Event())
    (kept,) = storage.failed.iterdir()
    assert json.loads((kept / "error.json").read_text()) == {"error": "not-sent", "message": "status C000", "tries": 3}
    assert len(network.calls) == 3


def test_a_result_for_a_peer_that_the_configuration_lost_lies_among_what_failed(
    sender: Sender, storage: NodeStorage
) -> None:
    put(storage, "1", "former")
    sender.send_waiting(Event())
    (kept,) = storage.failed.iterdir()
    assert (kept / "0.dcm").exists()


def test_a_result_all_of_whose_objects_are_gone_is_sent(
    sender: Sender, storage: NodeStorage, network: Network, counts: Counts
) -> None:
    put(storage, "1", "archive", count=0)  # a kill came between the last object and its folder
    sender.send_waiting(Event())
    assert (network.calls, counts["results_sent"]) == ([], 1)


def test_of_a_result_that_is_sent_the_log_says_its_key_its_peer_and_how_many_objects_it_has(
    sender: Sender, storage: NodeStorage, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("INFO", module.LOG.name)
    put(storage, "3dca3bbe7c04ef53", "archive", count=2)
    sender.send_waiting(Event())
    assert caplog.messages == ["3dca3bbe7c04ef53/archive: 2 objects sent"]


def test_a_stray_file_is_no_result(sender: Sender, storage: NodeStorage, network: Network) -> None:
    put(storage, "1", "archive")
    (storage.outgoing / "1" / ".nfs0001").touch()
    sender.send_waiting(Event())
    assert network.calls == ["ARCHIVE"]


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), ZeroDivisionError()])
def test_no_error_ends_the_sending(
    sender: Sender, storage: NodeStorage, counts: Counts, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    put(storage, "1", "archive")
    monkeypatch.setattr(pauses, "FIRST_SECONDS", 0.01)
    monkeypatch.setattr(module, "_POLL_SECONDS", 0.01)
    listed, failed = storage.waiting, []

    def waiting() -> object:
        if not failed:
            failed.append(error)
            raise error
        return listed()

    monkeypatch.setattr(storage, "waiting", waiting)
    stopped = Event()
    thread = Thread(target=sender.run, args=(stopped,))
    thread.start()
    while thread.is_alive() and not counts["results_sent"]:
        stopped.wait(0.01)
    stopped.set()
    thread.join()
    assert counts["results_sent"] == 1
