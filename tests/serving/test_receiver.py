"""Who may call a node: with TLS, those whose certificate the node's own authority has signed."""

from __future__ import annotations

import gc
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pydicom
import pytest
from serving.conftest import send

from pleura.errors import PleuraError, UnreadableInput
from pleura.serving import receiver
from pleura.serving.association_server import plain_address
from pleura.serving.config import NodeConfig, Tls
from pleura.serving.counts import Counts
from pleura.serving.receiver import Receiver
from pleura.serving.storage import NodeStorage

pytestmark = [
    # pynetdicom leaves sockets to the collector of garbage where a call is refused.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@contextmanager
def receiving(config: NodeConfig) -> Iterator[Counts]:
    counts, storage = Counts(), NodeStorage(Path(config.folder))
    try:
        running = Receiver(config, storage, counts)
        try:
            yield counts
        finally:
            running.close()
    finally:
        storage.close()


def certificate(folder: Path, name: str) -> Tls:
    """Make a key and a certificate that it signs itself, which is then the only client that may call."""
    key, certificate = folder / f"{name}.key", folder / f"{name}.pem"
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    command = ["openssl", *words, "-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)
    return Tls(str(certificate), str(key), str(certificate))


def client(node: Tls, own: Tls | None) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=node.certificate)
    context.check_hostname = False
    if own is not None:
        context.load_cert_chain(own.certificate, own.key)
    return context


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificates")
def test_only_clients_with_a_certificate_that_is_known_are_let_in(
    config: NodeConfig, series: list[Path], tmp_path: Path
) -> None:
    node, scanner, stranger = (certificate(tmp_path, name) for name in ("node", "scanner", "stranger"))
    config = replace(config, tls=replace(node, clients=scanner.certificate))
    with receiving(config):
        assert send(config, series[:1], tls=client(node, scanner)) == [0]
        assert send(config, series[:1], tls=client(node, stranger)) is None
        assert send(config, series[:1], tls=client(node, None)) is None
        assert send(config, series[:1]) is None
        assert send(config, series[:1], tls=client(node, scanner)) == [0]  # and the node is still there


def test_files_of_tls_that_are_not_there_are_named(config: NodeConfig) -> None:
    config = replace(config, tls=Tls("gone.pem", "gone.key", "gone.pem"))
    with pytest.raises(UnreadableInput, match="No such file") as caught, receiving(config):
        pass
    assert caught.value.code == "bad-tls"


def test_a_port_that_is_taken_is_named(config: NodeConfig, tmp_path: Path) -> None:
    other = replace(config, folder=str(tmp_path / "other"))
    with receiving(config), pytest.raises(PleuraError) as caught, receiving(other):
        pass
    assert caught.value.code == "port-in-use"


@pytest.mark.parametrize(("refused", "answer"), [(OSError(28, "full"), 0xA700), (ZeroDivisionError(), 0xC000)])
def test_what_cannot_be_filed_is_not_answered_with_success(
    config: NodeConfig, series: list[Path], monkeypatch: pytest.MonkeyPatch, refused: Exception, answer: int
) -> None:
    def receive(*_: object) -> None:
        raise refused

    with receiving(config) as counts:
        monkeypatch.setattr(NodeStorage, "receive", receive)
        assert send(config, series[:1]) == [answer]
        assert counts["objects_refused"] == 1


def test_nothing_is_taken_where_the_disk_cannot_be_asked(
    config: NodeConfig, series: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(_: object) -> int:
        raise OSError(5, "Input/output error")

    with receiving(config) as counts:
        monkeypatch.setattr(NodeStorage, "free_bytes", lost)
        assert send(config, series[:1]) == [0xA700]
        assert counts["objects_received"] == 0


def connection(config: NodeConfig, sent: bytes = b"") -> socket.socket:
    opened = socket.create_connection((config.address, config.port), timeout=30)
    opened.sendall(sent)
    return opened


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificates")
def test_a_client_of_tls_that_says_nothing_keeps_no_other_out(
    config: NodeConfig, series: list[Path], tmp_path: Path
) -> None:
    node = certificate(tmp_path, "node")
    config = replace(config, tls=node)
    with receiving(config), connection(config), connection(config, b"half a greeting"):
        assert send(config, series[:1], tls=client(node, node)) == [0]


def test_those_who_only_connect_keep_no_caller_out(config: NodeConfig, series: list[Path]) -> None:
    config = replace(config, max_associations=1)
    call_of_no_end = b"\x01\x00\x00\x00\x10\x00"
    with receiving(config), connection(config), connection(config, call_of_no_end):
        assert send(config, series[:1]) == [0]


def test_no_thread_waits_for_a_caller_that_has_gone(
    config: NodeConfig, series: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def acceptors() -> int:
        return sum("AcceptorThread" in thread.name for thread in threading.enumerate())

    monkeypatch.setattr(receiver, "_INTRODUCTION_SECONDS", 1000.0)
    with receiving(config):
        for sent in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\x01\x00\x00\x00\x10\x00"):
            connection(config, sent).close()
        assert send(config, series[:1]) == [0]
        until = time.monotonic() + 60
        while acceptors() and time.monotonic() < until:
            time.sleep(0.05)
        assert acceptors() == 0


def test_a_message_of_four_gigabytes_is_not_waited_for(config: NodeConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver, "_INTRODUCTION_SECONDS", 1000.0)
    call = b"\x01\x00\xff\xff\xff\xff" + b"x" * 1000
    with receiving(config), connection(config, call) as opened, suppress(ConnectionResetError):
        assert opened.recv(100) == b""


def test_an_object_that_is_far_too_large_is_not_held_in_memory(
    config: NodeConfig, series: list[Path], tmp_path: Path
) -> None:
    dataset = pydicom.dcmread(series[0])
    dataset.PixelData = bytes(20 << 20)
    dataset.save_as(tmp_path / "large.dcm")
    with receiving(replace(config, max_object_mb=1)) as counts:
        with pytest.raises((AttributeError, RuntimeError)):  # there is no answer
            send(config, [tmp_path / "large.dcm"])
        gc.collect()
        assert counts["objects_refused"] == 1
        assert send(config, series[:3]) == [0, 0, 0]


def test_all_connections_together_hold_no_more_than_one_may_and_slices_come_in_beside_them(
    config: NodeConfig, series: list[Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    dataset = pydicom.dcmread(series[0])
    dataset.PixelData = bytes(12 << 20)
    dataset.save_as(tmp_path / "large.dcm")
    filing, filed = threading.Event(), threading.Event()

    def slow(*_: object) -> None:
        filing.set()
        filed.wait(60)

    with receiving(replace(config, max_object_mb=1)) as counts:
        monkeypatch.setattr(Receiver, "_too_much", lambda *_: "")
        monkeypatch.setattr(NodeStorage, "receive", slow)
        first = threading.Thread(target=send, args=(config, [tmp_path / "large.dcm"]))
        first.start()
        assert filing.wait(60)
        with pytest.raises((AttributeError, RuntimeError)):  # there is no answer
            send(config, [tmp_path / "large.dcm"])
        monkeypatch.setattr(NodeStorage, "receive", lambda *_: None)
        assert send(config, series[:1]) == [0]
        filed.set()
        first.join()
        assert send(config, [tmp_path / "large.dcm"]) == [0]
        gc.collect()
        assert (counts["objects_refused"], counts["objects_received"]) == (1, 3)


def wait_for_a_line(caplog: pytest.LogCaptureFixture) -> None:
    until = time.monotonic() + 30
    while not caplog.messages and time.monotonic() < until:
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("title", "called", "addresses", "why"),
    [
        ("STRANGER", "", (), "its AE title 'STRANGER' is none of calling_titles"),
        ("SCANNER", "OTHER", (), "it calls 'OTHER', and ae_title is 'PLEURA'"),
        ("SCANNER", "", ("10.0.0.1",), "the address is none of addresses"),
    ],
)
def test_of_who_is_refused_the_log_says_why(
    config: NodeConfig,
    series: list[Path],
    caplog: pytest.LogCaptureFixture,
    title: str,
    called: str,
    addresses: tuple[str, ...],
    why: str,
) -> None:
    with receiving(replace(config, addresses=addresses)):
        assert send(config, series[:1], title, called) is None
        wait_for_a_line(caplog)
    assert f"a call from 127.0.0.1 is refused: {why}" in caplog.messages


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificates")
def test_of_who_has_no_certificate_that_is_known_the_log_says_so(
    config: NodeConfig,
    series: list[Path],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    node = certificate(tmp_path, "node")
    with receiving(replace(config, tls=node)):
        assert send(config, series[:1], tls=client(node, None)) is None
        wait_for_a_line(caplog)
    (line,) = caplog.messages
    assert line.startswith("a call from 127.0.0.1 is refused: it ended before it said who it is")


def test_no_more_associations_are_let_in_than_may_be(config: NodeConfig, series: list[Path]) -> None:
    from pynetdicom import AE
    from pynetdicom.sop_class import Verification

    config = replace(config, max_associations=2)
    entity = AE(ae_title="SCANNER")
    entity.add_requested_context(Verification)

    def call() -> Any:
        return entity.associate(config.address, config.port, ae_title=config.ae_title)

    with receiving(config) as counts:
        calls = [call() for _ in range(3)]
        assert [one.is_established for one in calls] == [True, True, False]
        assert counts["associations_rejected"] == 1
        calls[0].release()
        until = time.monotonic() + 30
        while not (again := call()).is_established and time.monotonic() < until:
            time.sleep(0.05)
        assert again.is_established
        for one in (calls[1], again):
            one.release()
    calls.clear()
    gc.collect()


def test_an_address_of_ipv4_is_known_where_ipv6_is_listened_to() -> None:
    assert plain_address("::ffff:10.0.0.7") == plain_address("10.0.0.7")
    assert plain_address("fe80::1%eth0") == plain_address("fe80::1")
