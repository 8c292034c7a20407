"""A node that asks an archive brings what it fetches the way of what is received."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from serving.fetching_machine import Machine
from serving.running_node import empty, running, wait_for
from serving.web_archive import WebArchive

from pleura.serving import fetcher
from pleura.serving.config import NodeConfig, Query
from pleura.serving.metrics import metrics_text

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


def test_metrics_say_how_many_series_are_to_be_fetched(
    web_config: NodeConfig, web: WebArchive, series: list[Path]
) -> None:
    web.add(series)
    config = replace(web_config, calling_titles=(), quiet_seconds=1000.0, queries=(Query("web", days=0),))
    with running(config) as node:
        wait_for(lambda: "pleura_series_to_fetch 1\n" in metrics_text(node))


def test_health_says_which_archive_ends_no_answer(web_config: NodeConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetcher.Fetcher, "hangs", lambda _: True)
    with running(replace(web_config, calling_titles=(), queries=(Query("web"),))) as node:
        wait_for(lambda: node.problems() == ["web is not asked: it does not end an answer"])


def test_an_answer_that_does_not_end_is_seen_after_a_while(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    now, hanging = [100.0], []
    monkeypatch.setattr(fetcher.time, "monotonic", lambda: now[0])

    def silent(*_: object, **__: object) -> list[object]:
        for seconds in (1000.0, 1000.0):
            now[0] += seconds
            hanging.append(machine.fetcher.hangs())
        return []

    monkeypatch.setattr(fetcher, "search_series", silent)
    machine.ask()
    assert hanging == [False, True]
