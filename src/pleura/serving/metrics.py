"""Health and metrics of a node over HTTP, on the loopback alone, as Prometheus reads them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from pleura.serving.counts import COUNTED
from pleura.serving.listening import listening_errors
from pleura.serving.node import Node

_REQUEST_SECONDS = 10.0
"""Seconds in which a client on the same machine has sent its request."""


def health(node: Node) -> tuple[int, str]:
    """Return the status of HTTP and the text that say whether a node does its work."""
    problems = node.problems()
    return (503, "".join(f"{line}\n" for line in problems)) if problems else (200, "ok\n")


def metrics_text(node: Node) -> str:
    """Return what a node has done, and what waits, in the text format of Prometheus.

    Raises `OSError` where its folder cannot be read.
    """
    storage = node.storage
    gauges: dict[str, tuple[int, str]] = {
        "series_to_fetch": (node.to_fetch, "Series of archives that are to be fetched"),
        "series_incoming": (
            sum(1 for folder in (storage.incoming, storage.taken) for _ in folder.iterdir()),
            "Series that are not segmented yet",
        ),
        "results_waiting": (sum(1 for _ in storage.outgoing.glob("*/*")), "Results that wait for a peer"),
        "failed_kept": (sum(1 for _ in storage.failed.iterdir()), "Series and results among what failed"),
        "disk_free_bytes": (storage.free_bytes(), "What the disk can take"),
    }
    counted = [_metric(f"{name}_total", "counter", node.counts[name], text) for name, text in COUNTED.items()]
    return "".join([*counted, *(_metric(name, "gauge", *gauge) for name, gauge in gauges.items())])


def _metric(name: str, kind: str, value: int, text: str) -> str:
    return f"# HELP pleura_{name} {text}.\n# TYPE pleura_{name} {kind}\npleura_{name} {value}\n"


@contextmanager
def serve_metrics(node: Node, port: int) -> Iterator[int]:
    """Answer /health and /metrics within the block; yield the port, which is a free one for port 0.

    Raises `UnwritableOutput` (`port-in-use`, `cannot-listen`).
    """

    class Handler(BaseHTTPRequestHandler):
        timeout = _REQUEST_SECONDS

        def do_GET(self) -> None:
            status, text = _response(node, self.path)
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Print no line a request."""

    with listening_errors("127.0.0.1", port):
        server = _Server(("127.0.0.1", port), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Print nothing of a client that has gone."""


def _response(node: Node, path: str) -> tuple[int, str]:
    """Return the status of HTTP and the text that answer a request."""
    try:
        if path == "/health":
            return health(node)
        return (200, metrics_text(node)) if path == "/metrics" else (404, "")
    except OSError:
        return 503, "the folder of the node cannot be read\n"
