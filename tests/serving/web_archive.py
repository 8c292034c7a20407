"""A small archive of DICOMweb on the loopback: what it lists and gives may be spoiled by a test."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pydicom

from pleura.serving.config import Peer

Response = tuple[int, dict[str, str], bytes]
Spoil = Callable[[str, Response], Response]
JSON = {"Content-Type": "application/dicom+json"}
PARTS = {"Content-Type": 'multipart/related; type="application/dicom"; boundary=part'}


def element(vr: str, *values: object) -> dict[str, Any]:
    return {"vr": vr, "Value": list(values)}


@dataclass
class WebArchive:
    """Its series by their paths, the requests that came, and what becomes of an answer."""

    peer: Peer
    series: dict[str, list[Path]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    authorizations: set[str | None] = field(default_factory=set)
    hosts: set[str | None] = field(default_factory=set)
    spoil: Spoil = lambda _, response: response
    more: dict[str, Any] = field(default_factory=dict)

    def add(self, files: list[Path]) -> str:
        """Have a series, or more of it; return its path."""
        header = pydicom.dcmread(files[0], stop_before_pixels=True)
        path = f"/studies/{header.StudyInstanceUID}/series/{header.SeriesInstanceUID}"
        self.series[path] = files
        return path

    @property
    def fetched(self) -> list[str]:
        """The paths of the series that were asked for."""
        return [request for request in self.requests if request in self.series]

    def answer(self, target: str) -> Response:
        """Return the answer to a request of QIDO-RS or WADO-RS."""
        parts = urlsplit(target)
        path, query = parts.path.removeprefix("/dicom-web"), parse_qs(parts.query)
        self.requests.append(path)
        if path in self.series:
            return self.spoil(path, (200, PARTS, in_parts(self.series[path])))
        if path.endswith("/instances"):
            files = self.series[path.removesuffix("/instances")]
            items = [{"00080018": element("UI", file.name)} for file in files]
        else:
            items = [self.listed(path) for path in self.series]
            items = [item for item in items if item["00080060"]["Value"] == query.get("Modality")]
        items = items[int(query["offset"][0]) :][: int(query["limit"][0])]
        return self.spoil(path, (200, JSON, json.dumps(items).encode()))

    def listed(self, path: str) -> dict[str, Any]:
        """Return what is listed of a series."""
        _, _, study, _, series = path.split("/")
        header = pydicom.dcmread(self.series[path][0], stop_before_pixels=True)
        items = {
            "00080060": element("CS", header.Modality),
            "0008103E": element("LO", header.get("SeriesDescription", "")),
            "0020000D": element("UI", study),
            "0020000E": element("UI", series),
            "00201209": element("IS", len(self.series[path])),
            **self.more,
        }
        return {tag: item for tag, item in items.items() if item is not None}


def in_parts(files: list[Path]) -> bytes:
    """Return files as the parts of one answer."""
    head = b"--part\r\nContent-Type: application/dicom\r\n\r\n"
    return b"".join(head + file.read_bytes() + b"\r\n" for file in files) + b"--part--\r\n"


@contextmanager
def serving(certificate: Path | None = None, host: str = "localhost") -> Iterator[WebArchive]:
    """Serve an archive without series; with a certificate, and its key in the same file, over TLS."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            archive.authorizations.add(self.headers["Authorization"])
            archive.hosts.add(self.headers["Host"])
            status, headers, content = archive.answer(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if host == "[::1]" else socket.AF_INET

        def handle_error(self, *_: Any) -> None:
            pass  # who has heard enough has gone

    with Server((host.strip("[]"), 0), Handler) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https" if certificate else "http"
        archive = WebArchive(Peer(url=f"{scheme}://{host}:{server.server_port}/dicom-web/"))
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield archive
        finally:
            server.shutdown()
            thread.join()
