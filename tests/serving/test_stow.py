"""Objects go to a peer by STOW-RS, each is confirmed, and nobody else is asked."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import struct
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pydicom
import pytest
from serving.conftest import free_port

from pleura.serving.config import Peer
from pleura.serving.peer_errors import NotReached, PeerError
from pleura.serving.stow import store_over_web

pytest.importorskip("dicomweb_client")
Response = tuple[int, dict[str, str], bytes]
chunked: list[str] = []
"""Paths of the requests that came in chunks."""
DICOM_JSON = {"Content-Type": "application/dicom+json"}


def stored(body: bytes) -> Response:
    """Say that the one object of a request is there."""
    content = body.split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0]
    found = pydicom.dcmread(pydicom.filebase.DicomBytesIO(content))
    item = {"00081150": uid(found.SOPClassUID), "00081155": uid(found.SOPInstanceUID)}
    return 200, DICOM_JSON, json.dumps({"00081199": {"vr": "SQ", "Value": [item]}}).encode()


def refused(instance: str, reason: int, status: int) -> Response:
    item = {"00081155": uid(instance), "00081197": {"vr": "US", "Value": [reason]}}
    return status, DICOM_JSON, json.dumps({"00081198": {"vr": "SQ", "Value": [item]}}).encode()


def uid(value: str) -> dict[str, Any]:
    return {"vr": "UI", "Value": [str(value)]}


@contextmanager
def server(respond: Callable[[bytes], Response], requests: list[str] | None = None) -> Iterator[Peer]:
    """Be a peer that answers each request in that way."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            if requests is not None:
                requests.append(f"{self.path} {self.headers['Content-Type'].partition(';')[0]}")
            status, headers, content = respond(b"".join(self.pieces()))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def pieces(self) -> Iterator[bytes]:
            """Yield what is sent, as a whole or in chunks."""
            if self.headers["Transfer-Encoding"] != "chunked":
                yield self.rfile.read(int(self.headers["Content-Length"]))
                return
            chunked.append(self.path)
            while size := int(self.rfile.readline(), 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()

        def do_GET(self) -> None:
            raise AssertionError("nothing is to be asked for")

        def log_message(self, *_: Any) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=listening.serve_forever, daemon=True).start()
    try:
        yield Peer(url=f"http://127.0.0.1:{listening.server_port}/dicom-web")
    finally:
        listening.shutdown()
        listening.server_close()


def test_each_object_that_is_confirmed_is_yielded(series: list[Path]) -> None:
    requests: list[str] = []
    with server(stored, requests) as peer:
        assert list(store_over_web(peer, series[:2])) == series[:2]
    assert requests == ["/dicom-web/studies multipart/related"] * 2


def test_an_object_of_more_than_a_megabyte_is_sent_in_chunks(series: list[Path], tmp_path: Path) -> None:
    dataset = pydicom.dcmread(series[0])
    dataset.PixelData = bytes(3 << 20)
    dataset.save_as(tmp_path / "large.dcm")
    sizes: list[int] = []

    def measured(body: bytes) -> Response:
        sizes.append(len(body))
        return stored(body)

    with server(measured) as peer:
        chunked.clear()
        assert list(store_over_web(peer, [tmp_path / "large.dcm"])) == [tmp_path / "large.dcm"]
    assert sizes[0] > 3 << 20
    assert chunked == ["/dicom-web/studies"]


def test_proxies_of_the_environment_are_not_asked(series: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("no_proxy", "")
    with server(stored) as peer:
        assert list(store_over_web(peer, series[:1])) == series[:1]


def test_no_redirection_is_followed(series: list[Path]) -> None:
    others: list[str] = []
    with server(stored, others) as other:
        for status in (302, 307, 308):
            moved = (status, {"Location": f"{other.url}/studies"}, b"")
            with server(lambda _, moved=moved: moved) as peer, pytest.raises(PeerError, match="another address"):
                list(store_over_web(peer, series[:1]))
    assert others == []


@pytest.mark.parametrize(
    ("response", "why"),
    [
        ((200, {"Content-Type": "text/html"}, b"<p>Welcome</p>"), "does not say that it has the object"),
        ((200, DICOM_JSON, b"{}"), "does not say that it has the object"),
        ((503, {"Content-Type": "text/plain"}, b"busy"), "HTTP 503"),
        ((404, {"Content-Type": "text/html"}, b"<p>Nothing here</p>"), "HTTP 404"),
    ],
)
def test_what_is_not_confirmed_is_not_sent(series: list[Path], response: Response, why: str) -> None:
    with server(lambda _: response) as peer, pytest.raises(PeerError, match=why):
        list(store_over_web(peer, series[:1]))


@pytest.mark.parametrize("status", [202, 409])
def test_an_object_that_is_refused_is_not_sent_and_one_that_is_there_already_is(
    series: list[Path], status: int
) -> None:
    instance = pydicom.dcmread(series[0]).SOPInstanceUID
    with (
        server(lambda _: refused(instance, 0xA700, status)) as peer,
        pytest.raises(PeerError, match="reason A700"),
    ):
        list(store_over_web(peer, series[:1]))
    with server(lambda _: refused(instance, 0x0111, status)) as peer:
        assert list(store_over_web(peer, series[:1])) == series[:1]


def test_a_server_that_is_not_there_is_not_reached(series: list[Path]) -> None:
    with pytest.raises(NotReached, match="no connection"):
        list(store_over_web(Peer(url=f"http://127.0.0.1:{free_port()}/dicom-web"), series[:1]))


def test_a_connection_that_is_lost_meanwhile_says_nothing_of_the_peer(series: list[Path]) -> None:
    def reset(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        connection.recv(1000)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=reset, args=(listening,))
        thread.start()
        peer = Peer(url=f"http://127.0.0.1:{listening.getsockname()[1]}/dicom-web")
        with pytest.raises(PeerError, match="the connection was lost") as caught:
            list(store_over_web(peer, series[:1]))
        thread.join()
    assert not isinstance(caught.value, NotReached)


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificate")
def test_a_server_whose_certificate_nobody_knows_is_not_reached(series: list[Path], tmp_path: Path) -> None:
    files = ["-keyout", tmp_path / "key.pem", "-out", tmp_path / "certificate.pem"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", *files]
    subprocess.run(made, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")

    def greet(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with suppress(OSError):
            context.wrap_socket(connection, server_side=True).close()
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=greet, args=(listening,))
        thread.start()
        with pytest.raises(NotReached, match="its certificate is not trusted"):
            list(store_over_web(Peer(url=f"https://127.0.0.1:{listening.getsockname()[1]}/"), series[:1]))
        thread.join()
