"""What calls of DICOMweb need is there before a node begins."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from serving.fetching_machine import Machine
from serving.web_archive import serving

from pleura.errors import MissingExtra, PleuraError
from pleura.serving import dicomweb
from pleura.serving.config import NodeConfig, Peer
from pleura.serving.dicomweb import ResponseMonitor, check_peers, web_client
from pleura.serving.peer_errors import NotReached

pytest.importorskip("dicomweb_client")
URL = "http://127.0.0.1/dicom-web"


def with_peers(config: NodeConfig, peers: Mapping[str, Peer]) -> NodeConfig:
    return replace(config, peers={**config.peers, **peers})


def test_a_node_says_at_once_what_to_install_for_its_peers(config: NodeConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dicomweb, "find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match=r"pleura\[node\]"):
        check_peers(config)
    with pytest.raises(MissingExtra, match=r"pleura\[dicomweb\]"):
        check_peers(replace(config, peers={"web": Peer(url=URL)}))


@pytest.mark.parametrize("content", [None, "", "two\nlines", "\0", "x" * 20000])
@pytest.mark.parametrize("field", ["token_file", "password_file"])
def test_a_node_says_at_once_which_secret_cannot_be_read(
    config: NodeConfig, tmp_path: Path, content: str | None, field: str
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_text(content)
    peer = replace(Peer(url=URL), **{field: str(file)})
    with pytest.raises(PleuraError, match=rf"peers\.web\.{field} (is not there|has to hold one line)") as caught:
        check_peers(with_peers(config, {"web": peer}))
    assert caught.value.code == "config-field"


@pytest.mark.parametrize("file", ["/", "/dev/zero"])
def test_a_folder_and_a_device_hold_no_secret(config: NodeConfig, file: str) -> None:
    with pytest.raises(PleuraError, match=r"peers\.web\.token_file is not there, or is no file"):
        check_peers(with_peers(config, {"web": Peer(url=URL, token_file=file)}))


def test_a_secret_that_is_gone_later_is_said_of_the_peer(tmp_path: Path) -> None:
    peer = Peer(url=URL, token_file=str(tmp_path / "gone"))
    with pytest.raises(NotReached, match="cannot be read"), web_client(peer, ResponseMonitor(1)):
        pass


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificate")
def test_an_archive_is_asked_once_its_certificate_is_trusted(
    web_config: NodeConfig, series: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "archive.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    words += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(tmp_path / "key.pem"), "-out", str(file)]
    subprocess.run(words, check=True, capture_output=True)
    file.write_bytes(file.read_bytes() + (tmp_path / "key.pem").read_bytes())
    with serving(file) as web, closing(Machine(replace(web_config, peers={"web": web.peer}))) as machine:
        web.add(series)
        with pytest.raises(NotReached, match="its certificate is not trusted"):
            machine.ask()
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
        assert machine.ask() == [24]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_an_archive_is_asked_by_the_name_and_port_of_its_url(
    web_config: NodeConfig, series: list[Path], host: str
) -> None:
    if host == "[::1]" and not has_ipv6():
        pytest.skip("this system has no loopback of IPv6")
    with serving(host=host) as web, closing(Machine(replace(web_config, peers={"web": web.peer}))) as machine:
        web.add(series)
        assert machine.ask() == [24]
        assert web.hosts == {urlsplit(web.peer.url).netloc}


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True
