"""A node receives a series, segments it where a rule says so, and sends the result, also to a peer that was down."""

from __future__ import annotations

import errno
import json
import os
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from serving.conftest import send
from serving.running_node import empty, running, wait_for

from pleura.batch.scan_task import ATTEMPTS, ScanResult
from pleura.errors import PleuraError
from pleura.serving import completeness, pauses, sender
from pleura.serving import node as node_module
from pleura.serving.config import NodeConfig, Rule
from pleura.serving.metrics import metrics_text
from pleura.serving.node import Node
from pleura.serving.peer_errors import NotReached
from pleura.serving.storage import NodeStorage

pytestmark = [
    # pynetdicom leaves sockets to the collector of garbage where nobody answers.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(autouse=True)
def poll_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the tests quick."""
    for module in (node_module, sender):
        monkeypatch.setattr(module, "_POLL_SECONDS", 0.05)


def result_that_waits(storage: NodeStorage, name: str) -> None:
    """Put a result for the archive where a node finds it, in one move."""
    folder = storage.receiving / name
    (folder / "archive").mkdir(parents=True)
    (folder / "archive" / "1.dcm").write_bytes(b"a segmentation")
    folder.rename(storage.outgoing / name)


def bring(node: Node, files: list[Path], name: str = "scan") -> None:
    """Put a series where a node finds it, in one move: no slice comes late, however busy the machine is."""
    folder = node.storage.receiving / name
    folder.mkdir()
    for file in files:
        shutil.copy(file, folder / f"{file.stem}.dcm")
    folder.rename(node.storage.incoming / name)


def age(node: Node) -> None:
    """Let what has come be long ago: no slice comes late to a series whose quiet time is long."""
    node.storage.began = 0.0
    for folder in node.storage.incoming.iterdir():
        os.utime(folder, (0, 0))


@pytest.fixture
def damaged(tmp_path: Path) -> list[Path]:
    """Return the files of a series that cannot be read."""
    (tmp_path / "1.dcm").write_bytes(b"what a lost sector leaves")
    return [tmp_path / "1.dcm"]


@pytest.mark.slow
def test_a_series_comes_in_and_its_segmentation_goes_out(config: NodeConfig, series: list[Path], archive) -> None:
    kept = archive()
    with running(replace(config, quiet_seconds=1000.0)) as node:
        assert send(config, series) == [0] * len(series)
        age(node)
        wait_for(lambda: node.counts["results_sent"] == 1)
        wait_for(lambda: empty(node))
    assert [(one.Modality, one.StudyInstanceUID) for one in kept] == [
        ("SEG", pydicom.dcmread(series[0]).StudyInstanceUID)
    ]


@pytest.mark.slow
def test_a_result_waits_on_the_disk_for_a_peer_that_is_down(
    config: NodeConfig, series: list[Path], archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pauses, "FIRST_SECONDS", 0.1)
    with running(config) as node:
        bring(node, series)
        wait_for(lambda: node.counts["sends_failed"] > 1)
    kept = archive()
    with running(config) as node:  # and another process may send it
        wait_for(lambda: node.counts["results_sent"] == 1)
    assert len(kept) == 1


def test_what_no_rule_wants_is_not_segmented(config: NodeConfig, series: list[Path]) -> None:
    config = replace(config, rules=(Rule(modality="CR"),), quiet_seconds=1000.0)
    with running(config) as node:
        assert send(config, series[:5]) == [0] * 5
        age(node)
        wait_for(lambda: node.counts["series_ignored"] == 1)
        wait_for(lambda: empty(node))
        assert "pleura_series_ignored_total 1\n" in metrics_text(node)
        assert "pleura_objects_received_total 5\n" in metrics_text(node)


def test_a_series_that_lacks_slices_waits_for_them_and_is_kept_among_what_failed(
    config: NodeConfig, series: list[Path]
) -> None:
    config = replace(config, quiet_seconds=0.1)
    with running(replace(config, incomplete_seconds=1000.0)) as node:
        bring(node, series[:5])
        time.sleep(0.5)
        assert len(list(node.storage.incoming.glob("*/*.dcm"))) == 5
    with running(replace(config, incomplete_seconds=0.1)) as node:
        wait_for(lambda: node.counts["series_failed"] == 1)
        (kept,) = node.storage.failed.iterdir()
        assert len(list(kept.glob("*.dcm"))) == 5


def test_a_series_that_lacks_what_the_archive_has_is_kept_among_what_failed(
    config: NodeConfig, series: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completeness, "count_instances", lambda *_: 24)
    with running(replace(config, archive="archive", quiet_seconds=0.1, incomplete_seconds=1.0)) as node:
        bring(node, series[:20])
        wait_for(lambda: node.counts["series_failed"] == 1)
        (kept,) = node.storage.failed.iterdir()
        assert json.loads((kept / "error.json").read_text()) == {
            "error": "incomplete",
            "message": "20 objects came, and no more; the archive has 24",
        }


def test_a_series_that_is_too_small_even_in_the_archive_is_not_waited_for(
    config: NodeConfig, series: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completeness, "count_instances", lambda *_: 5)
    with running(replace(config, archive="archive", quiet_seconds=0.1)) as node:
        bring(node, series[:5])
        wait_for(lambda: node.counts["series_ignored"] == 1)


def test_a_series_whose_header_cannot_be_read_is_kept_among_what_failed(
    config: NodeConfig, damaged: list[Path]
) -> None:
    with running(config) as node:
        bring(node, damaged, "damaged")
        wait_for(lambda: node.counts["series_failed"] == 1)
        assert (node.storage.failed / "damaged" / "1.dcm").exists()
        assert (node.storage.failed / "damaged" / "error.json").exists()


def test_who_is_not_known_is_not_let_in(config: NodeConfig, series: list[Path]) -> None:
    with running(config) as node:
        assert send(config, series[:1], title="STRANGER") is None
        assert send(config, series[:1], called="OTHER") is None
        assert node.counts["associations_rejected"] == 2
    with running(replace(config, addresses=("10.0.0.1",))) as node:
        assert send(config, series[:1]) is None
        assert list(node.storage.incoming.iterdir()) == []


@pytest.mark.parametrize("limit", [{"max_object_mb": 0}, {"min_free_mb": 1 << 40}])
def test_what_is_too_large_is_refused_and_the_log_says_by_which_limit(
    config: NodeConfig, series: list[Path], limit: dict[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    with running(replace(config, **limit)):
        assert send(config, series[:3]) == [0xA700] * 3
    ((name, number),) = limit.items()
    (said,) = [text for text in caplog.messages if "an object is refused" in text]
    assert f"{name} ({number})" in said


def a_call_that(answers: Callable[[], object]) -> Callable[..., Future[object]]:
    """Return a `submit` that answers at once."""

    def submit(*_: object) -> Future[object]:
        future: Future[object] = Future()
        try:
            future.set_result(answers())
        except Exception as error:
            future.set_exception(error)
        return future

    return submit


def test_an_error_that_nobody_knows_costs_its_series_alone(
    config: NodeConfig, series: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect() -> object:
        raise ZeroDivisionError

    monkeypatch.setattr("pleura.serving.node._RETRY_SECONDS", 0.1)
    with running(replace(config, quiet_seconds=0.1)) as node:
        monkeypatch.setattr(node._pool, "submit", a_call_that(defect))
        bring(node, series)
        wait_for(lambda: node.counts["series_failed"] == 1)
        (kept,) = node.storage.failed.iterdir()
        assert len(list(kept.glob("*.dcm"))) == len(series)
        assert send(config, series[:1]) == [0]  # and the node is still there


def test_a_series_whose_process_is_lost_is_begun_as_often_as_a_scan_of_a_batch(
    config: NodeConfig, series: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[object] = []

    def lost() -> object:
        begun.append(None)
        raise PleuraError("its process ended", code="worker-lost")

    assert node_module.ATTEMPTS == ATTEMPTS
    monkeypatch.setattr(node_module, "ATTEMPTS", ATTEMPTS + 1)
    with running(replace(config, quiet_seconds=0.1)) as node:
        monkeypatch.setattr(node._pool, "submit", a_call_that(lost))
        bring(node, series)
        wait_for(lambda: node.counts["series_failed"] == 1)
    assert len(begun) == ATTEMPTS + 1


def test_the_reason_of_a_failure_says_which_field_of_the_configuration_helps(
    config: NodeConfig, series: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_long() -> object:
        raise PleuraError("not finished after 1800 seconds", code="time-limit")

    with running(replace(config, quiet_seconds=0.1)) as node:
        monkeypatch.setattr(node._pool, "submit", a_call_that(too_long))
        bring(node, series)
        wait_for(lambda: node.counts["series_failed"] == 1)
        (kept,) = node.storage.failed.iterdir()
        assert json.loads((kept / "error.json").read_text())["message"].endswith("with time_limit of the configuration")


@pytest.mark.parametrize("refused", [OSError(errno.ENOSPC, "full"), None])
def test_a_full_disk_makes_a_node_wait(
    config: NodeConfig, series: list[Path], monkeypatch: pytest.MonkeyPatch, refused: OSError | None
) -> None:
    begun: list[object] = []

    def full() -> object:
        begun.append(None)
        if refused is not None:
            raise refused
        return ScanResult(1, error="not-written", disk_full=True)

    with running(replace(config, quiet_seconds=0.1)) as node:
        monkeypatch.setattr(node._pool, "submit", a_call_that(full))
        bring(node, series)
        wait_for(lambda: bool(begun))
        time.sleep(0.5)
        assert len(begun) == 1
    node.storage.give_back()
    assert len(list(node.storage.incoming.glob("*/*.dcm"))) == len(series)


def test_a_peer_that_does_not_answer_holds_up_no_segmentation(
    config: NodeConfig, damaged: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    answered = threading.Event()

    def silent(*_: object) -> str:
        calls.append("archive")
        answered.wait(60)
        raise NotReached("no association")

    monkeypatch.setattr(sender, "store", silent)
    before = NodeStorage(Path(config.folder))
    for number in range(3):
        result_that_waits(before, f"{number}")
    before.close()
    with running(config) as node:
        wait_for(lambda: bool(calls))
        bring(node, damaged, "damaged")
        wait_for(lambda: node.counts["series_failed"] == 1)
        answered.set()
        wait_for(lambda: node.counts["sends_failed"] == 3)
        assert calls == ["archive"]
