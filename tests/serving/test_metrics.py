"""What a node says of itself over HTTP: its numbers, and whether it does its work."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path

import pytest

from pleura.errors import PleuraError
from pleura.serving import node as node_module
from pleura.serving.config import NodeConfig
from pleura.serving.metrics import metrics_text, serve_metrics
from pleura.serving.node import Node
from pleura.serving.storage import NodeStorage

DISK_FULL = "nothing is received: the disk is full"


@pytest.fixture
def node(config: NodeConfig) -> Iterator[Node]:
    node = Node(config)
    yield node
    node.close()


def get(port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@contextmanager
def running(node: Node) -> Iterator[None]:
    """Run a node, once it does its work but for what the disk keeps it from."""
    stopped = threading.Event()
    thread = threading.Thread(target=node.run, args=(stopped,))
    thread.start()
    until = time.monotonic() + 30
    while set(node.problems()) - {DISK_FULL} and time.monotonic() < until:
        time.sleep(0.02)
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def test_health_says_whether_the_loop_runs(node: Node) -> None:
    with serve_metrics(node, 0) as port:
        assert get(port, "/health")[0] == 503
        with running(node):
            assert get(port, "/health") == (200, "ok\n")
        assert get(port, "/health") == (
            503,
            "series are not segmented: the loop has ended\nresults are not sent: the thread has ended\n",
        )


def test_health_says_that_the_loop_hangs(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(node, "_take_all", lambda: released.wait(30))
    with running(node), serve_metrics(node, 0) as port:
        assert get(port, "/health") == (200, "ok\n")
        monkeypatch.setattr(node_module, "_RETRY_SECONDS", -node.config.time_limit)
        assert get(port, "/health") == (503, "series are not segmented: the loop hangs\n")
        released.set()


def test_health_says_that_the_disk_is_full(config: NodeConfig) -> None:
    node = Node(replace(config, min_free_mb=2**40))
    with running(node), serve_metrics(node, 0) as port:
        assert get(port, "/health") == (503, f"{DISK_FULL}\n")
    node.close()


def test_health_and_metrics_say_that_the_folder_is_lost(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(_: object) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(NodeStorage, "free_bytes", lost)
    with serve_metrics(node, 0) as port:
        assert "the folder of the node cannot be reached\n" in get(port, "/health")[1]
        assert get(port, "/metrics") == (503, "the folder of the node cannot be read\n")


def test_metrics_count_what_was_done_and_what_lies_there(node: Node) -> None:
    node.counts.add("results_sent")
    for folder in (node.storage.incoming / "1", node.storage.taken / "2", node.storage.outgoing / "3" / "archive"):
        folder.mkdir(parents=True)
    (node.storage.failed / "4").mkdir()
    with serve_metrics(node, 0) as port:
        status, text = get(port, "/metrics")
        assert get(port, "/")[0] == 404
    assert status == 200
    lines = text.splitlines()
    for line in (
        "# HELP pleura_results_sent_total Results taken by a peer as a whole, however many objects each has; "
        "one for each peer.",
        "# TYPE pleura_results_sent_total counter",
        "pleura_results_sent_total 1",
        "pleura_objects_received_total 0",
        "pleura_series_incoming 2",
        "pleura_results_waiting 1",
        "pleura_failed_kept 1",
    ):
        assert line in lines
    assert metrics_text(node).count("# TYPE") == metrics_text(node).count("# HELP") == len(lines) // 3


def test_a_port_that_is_taken_is_named(node: Node, config: NodeConfig) -> None:
    with pytest.raises(PleuraError) as caught, serve_metrics(node, config.port):
        pass
    assert caught.value.code == "port-in-use"


def test_a_client_that_goes_before_the_answer_costs_nothing(
    node: Node, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, gone = threading.Event(), threading.Event()

    def problems(_: object) -> list[str]:
        asked.set()
        gone.wait(30)
        return []

    monkeypatch.setattr(Node, "problems", problems)
    with serve_metrics(node, 0) as port:
        client = socket.create_connection(("127.0.0.1", port))
        client.sendall(b"GET /health HTTP/1.0\r\n\r\n")
        assert asked.wait(30)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # what is written now fails
        client.close()
        gone.set()
        until = time.monotonic() + 30
        while any("process_request" in thread.name for thread in threading.enumerate()) and time.monotonic() < until:
            time.sleep(0.02)
        assert get(port, "/metrics")[0] == 200
    assert "Traceback" not in capfd.readouterr().err


def test_the_folder_of_the_node_is_free_once_it_is_closed(config: NodeConfig) -> None:
    Node(config).close()
    NodeStorage(Path(config.folder)).close()
