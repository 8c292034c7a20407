"""Who may call a node: with TLS, those whose certificate the node's own authority has signed."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from serving.conftest import send

from pleura.errors import PleuraError, UnreadableInput
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
        receiver = Receiver(config, storage, counts)
        try:
            yield counts
        finally:
            receiver.close()
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
    def receive(*_: object) -> str:
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
