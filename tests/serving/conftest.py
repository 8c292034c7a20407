"""A node on a free port of the loopback, and those who call it."""

from __future__ import annotations

import gc
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from socketserver import BaseServer
from typing import Any

import pytest
from serving.fetching_machine import Machine
from serving.web_archive import WebArchive, serving

from pleura.phantom import chest, write_dicom
from pleura.serving.config import NodeConfig, Peer, Rule
from pleura.serving.log import LOG

pynetdicom = pytest.importorskip("pynetdicom")

CLASSES = {f"1.2.840.10008.5.1.4.1.1.{number}" for number in ("2", "66.4", "88.33")}
"""CT image, segmentation, and report of measurements."""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="session")
def series(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return the files of a small CT series."""
    folder = tmp_path_factory.mktemp("series")
    write_dicom(chest((24, 64, 64), (13.0, 6.0, 6.0)), folder)
    return sorted(folder.iterdir())


@pytest.fixture(autouse=True)
def quick_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let servers end at once, and nodes take the classes that are sent here: to list all 171 takes longest of all."""
    monkeypatch.setattr(BaseServer.serve_forever, "__defaults__", (0.02,))
    contexts = [one for one in pynetdicom.AllStoragePresentationContexts if one.abstract_syntax in CLASSES]
    monkeypatch.setattr(pynetdicom, "AllStoragePresentationContexts", contexts)


@pytest.fixture
def config(tmp_path: Path) -> NodeConfig:
    rule = Rule(modality="CT", min_slices=10, send_to=("archive",))
    return NodeConfig(
        folder=str(tmp_path / "node"),
        calling_titles=("SCANNER",),
        port=free_port(),
        quiet_seconds=1.0,
        min_free_mb=1,
        peers={"archive": Peer("ARCHIVE", "127.0.0.1", free_port())},
        rules=(rule,),
    )


@pytest.fixture(autouse=True)
def pass_on_what_is_logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let pytest see the log of a node, which another test may have kept to itself."""
    monkeypatch.setattr(LOG, "propagate", True)
    level = LOG.level
    LOG.setLevel(logging.INFO)
    yield
    LOG.setLevel(level)


@pytest.fixture
def web() -> Iterator[WebArchive]:
    """Return an archive of DICOMweb."""
    with serving() as archive:
        yield archive


@pytest.fixture
def web_config(config: NodeConfig, web: WebArchive) -> NodeConfig:
    """Return a configuration by which what that archive lists is fetched at once."""
    rules = (Rule("CT", min_slices=10, send_to=("web",)),)
    return replace(config, quiet_seconds=0.0, peers={"web": web.peer}, rules=rules)


@pytest.fixture
def machine(web_config: NodeConfig) -> Iterator[Machine]:
    with closing(Machine(web_config)) as machine:
        yield machine


def send(
    config: NodeConfig, files: list[Path], title: str = "SCANNER", called: str = "", tls: Any = None
) -> list[int] | None:
    """Send files to a node and return its answers; None where it lets nobody in."""
    from pydicom import dcmread
    from pynetdicom import AE

    entity: Any = AE(ae_title=title)
    datasets = [dcmread(file) for file in files]
    for dataset in datasets:
        entity.add_requested_context(dataset.SOPClassUID, dataset.file_meta.TransferSyntaxUID)
    association = entity.associate(
        config.address, config.port, ae_title=called or config.ae_title, tls_args=tls and (tls, None)
    )
    if not association.is_established:
        del association
        gc.collect()  # pynetdicom leaves the sockets of calls that are refused to it
        return None
    answers = [int(association.send_c_store(dataset).Status) for dataset in datasets]
    association.release()
    return answers


@pytest.fixture
def archive(config: NodeConfig) -> Iterator[Callable[[], Any]]:
    """Return a function that starts the peer, which keeps what it is sent in a list that is returned."""
    from pynetdicom import AE, AllStoragePresentationContexts, evt

    servers = []

    def start() -> list[Any]:
        kept: list[Any] = []

        def store(event: Any) -> int:
            kept.append(event.dataset)
            return 0

        entity: Any = AE(ae_title="ARCHIVE")
        for context in AllStoragePresentationContexts:
            entity.add_supported_context(context.abstract_syntax)
        where = ("127.0.0.1", config.peers["archive"].port)
        servers.append(entity.start_server(where, block=False, evt_handlers=[(evt.EVT_C_STORE, store)]))
        return kept

    yield start
    for server in servers:
        server.shutdown()
