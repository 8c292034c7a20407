"""A node that asks an archive brings what it fetches the way of what is received."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from serving.running_node import empty, running, wait_for
from serving.web_archive import WebArchive

from pleura.serving import fetcher
from pleura.serving.config import NodeConfig, Query

pytest.importorskip("dicomweb_client")


def test_a_node_that_nobody_calls_fetches_and_makes_no_input_of_a_result_of_pleura(
    web_config: NodeConfig, web: WebArchive, series: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetcher, "_POLL_SECONDS", 0.05)
    files = [signed(file, tmp_path) for file in series]
    path = web.add(files)
    queries = (Query("web", seconds=0.05, days=0),)
    with running(replace(web_config, calling_titles=(), queries=queries)) as node:
        wait_for(lambda: node.counts["series_ignored"] == 1)
        wait_for(lambda: web.requests.count("/series") > 4)
        assert node.problems() == []
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((web_config.address, web_config.port))
        assert empty(node)
    assert web.fetched == [path]


def signed(file: Path, folder: Path) -> Path:
    """Return a copy of a slice that is signed as what pleura writes."""
    dataset = pydicom.dcmread(file)
    dataset.file_meta.PrivateInformationCreatorUID = "1.2.3"
    dataset.file_meta.PrivateInformation = b"pleura 0.1.0"
    dataset.save_as(folder / file.name)
    return folder / file.name
