"""Health and metrics of a node over HTTP, on the loopback alone, as Prometheus reads them."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from pleura.errors import UnwritableOutput
from pleura.serving.node import Node

_COUNTS = (
    "associations_rejected",
    "objects_received",
    "objects_refused",
    "series_segmented",
    "series_ignored",
    "series_failed",
    "results_sent",
    "sends_failed",
)


def metrics_text(node: Node) -> str:
    """Return what a node has done, and what waits, in the text format of Prometheus."""
    storage = node.storage
    gauges = {
        "series_incoming": sum(1 for folder in (storage.incoming, storage.taken) for _ in folder.iterdir()),
        "results_waiting": sum(1 for _ in storage.outgoing.glob("*/*")),
        "dead_letters": sum(1 for _ in storage.failed.iterdir()),
        "disk_free_bytes": storage.free_bytes(),
    }
    kinds = {f"{name}_total": ("counter", node.counts[name]) for name in _COUNTS}
    kinds |= {name: ("gauge", value) for name, value in gauges.items()}
    return "".join(f"# TYPE pleura_{name} {kind}\npleura_{name} {value}\n" for name, (kind, value) in kinds.items())


def serve_metrics(node: Node, port: int) -> ThreadingHTTPServer:
    """Answer /health and /metrics until the server that is returned is shut down.

    Raises `UnwritableOutput` (`port-in-use`).
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = {"/health": "ok\n", "/metrics": metrics_text(node)}.get(self.path, "")
            self.send_response(200 if text else 404)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            """Print no line a request."""

    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    except OSError as error:
        text = f"the node cannot listen on 127.0.0.1 port {port}: {error.strerror or error}"
        raise UnwritableOutput(text, code="port-in-use") from error
    Thread(target=server.serve_forever, daemon=True).start()
    return server
