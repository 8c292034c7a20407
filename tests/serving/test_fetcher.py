"""Series that rules want are fetched from an archive, each once, again and again where it fails."""

from __future__ import annotations

import errno
import json
import logging
import re
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event

import pydicom
import pytest
from serving.fetching_machine import Machine
from serving.web_archive import Response, WebArchive

from pleura.serving import fetcher as module
from pleura.serving import pauses
from pleura.serving.config import NodeConfig, Rule
from pleura.serving.peer_errors import PeerError
from pleura.serving.qido import FoundSeries, series_key

pytest.importorskip("dicomweb_client")


def refused(path: str, response: Response) -> Response:
    return (404, {}, b"") if "/series/" in path else response


def test_a_series_is_fetched_once_also_by_a_node_that_starts_anew(
    web: WebArchive, web_config: NodeConfig, series: list[Path]
) -> None:
    path = web.add(series)
    with closing(Machine(web_config)) as machine:
        assert machine.ask(2) == [len(series)]
        (folder,) = machine.storage.incoming.iterdir()
        came = {one.SOPInstanceUID: one for one in map(pydicom.dcmread, folder.iterdir())}
        assert came == {one.SOPInstanceUID: one for one in map(pydicom.dcmread, series)}
    with closing(Machine(web_config)) as machine:
        machine.ask(2)
    assert web.fetched == [path]


def test_a_series_is_fetched_when_it_has_not_grown_for_the_quiet_time(
    web: WebArchive, web_config: NodeConfig, series: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    with closing(Machine(replace(web_config, quiet_seconds=10.0))) as machine:
        for seconds, objects in ((0.0, 12), (9.0, 20), (9.0, 24), (9.0, 24)):
            now[0] += seconds
            web.add(series[:objects])
            assert machine.ask() == []
        now[0] += 1.0
        assert machine.ask() == [24]


def test_a_series_that_the_archive_has_more_of_later_is_fetched_as_a_whole_again(
    web: WebArchive, machine: Machine, series: list[Path]
) -> None:
    path = web.add(series[:20])
    assert machine.ask() == [20]
    web.add(series)
    assert machine.ask(2) == [24]
    assert web.fetched == [path] * 2


def test_a_series_of_unknown_size_is_listed_until_the_node_has_had_it(
    web: WebArchive, machine: Machine, series: list[Path]
) -> None:
    web.more = {"00201209": None}
    path = web.add(series[:20])
    assert machine.ask() == [20]
    listed = len(web.requests)
    web.add(series)
    assert machine.ask(2) == [20]
    assert web.fetched == [path]
    assert not any(request.endswith("/instances") for request in web.requests[listed:])


def test_what_was_received_otherwise_is_not_fetched(web: WebArchive, machine: Machine, series: list[Path]) -> None:
    web.add(series)
    _, _, study, _, uid = web.add(series).split("/")
    machine.known.add(series_key(study, uid), 24)
    assert machine.ask() == []


def test_what_never_comes_is_named_among_what_failed_and_fetched_when_that_is_removed(
    web: WebArchive, web_config: NodeConfig, series: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pauses, "FIRST_SECONDS", 0.0)
    monkeypatch.setattr(pauses, "MOST_TRIES", 3)
    path = web.add(series)
    web.spoil = refused
    with closing(Machine(web_config)) as machine:
        machine.ask(5)
        (kept,) = machine.storage.failed.iterdir()
        why = {"error": "not-fetched", "message": "HTTP 404", "tries": 3}
        assert json.loads((kept / "error.json").read_text()) == why
    web.spoil = lambda _, response: response
    with closing(Machine(web_config)) as machine:
        assert machine.ask() == []
        (kept / "error.json").unlink()
        kept.rmdir()
        assert machine.ask() == [24]
    assert web.fetched == [path] * 4


def test_a_full_disk_is_no_fault_of_a_series(web: WebArchive, web_config: NodeConfig, series: list[Path]) -> None:
    web.add(series)
    with closing(Machine(replace(web_config, min_free_mb=1 << 40))) as machine:
        with pytest.raises(OSError, match="No space left"):
            machine.ask()
        assert not machine.fetcher._tries
    assert web.fetched == []


@pytest.mark.parametrize("step", ["add", "bring"])
def test_a_series_that_the_disk_holds_up_goes_on_when_the_archive_is_asked_again(
    web: WebArchive, machine: Machine, series: list[Path], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    path = web.add(series)
    with monkeypatch.context() as patch:
        patch.setattr(machine.known if step == "add" else machine.storage, step, full)
        for _ in range(2):
            with pytest.raises(OSError, match="full"):
                machine.ask()
    assert machine.ask() == [24]
    assert web.fetched == [path]


def test_nothing_is_fetched_while_much_that_was_fetched_waits(
    web: WebArchive, machine: Machine, series: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_WAITING", 1)
    machine.storage.incoming.joinpath("received").mkdir()  # what waits for more slices is no reason
    first = web.add(series)
    assert sorted(machine.ask()) == [0, 24]
    second = web.add(of_another_series(series, tmp_path))

    class Segmented(Event):
        def wait(self, timeout: float | None = None) -> bool:
            assert web.fetched == [first]
            for folder in machine.storage.incoming.iterdir():
                machine.storage.drop(folder)
            return False

    machine.fetcher.fetch_new(Segmented())
    assert machine.came == [24]
    assert web.fetched == [first, second]


def of_another_series(series: list[Path], folder: Path) -> list[Path]:
    for file in series:
        dataset = pydicom.dcmread(file)
        dataset.SeriesInstanceUID = "1.2.3"
        dataset.save_as(folder / file.name)
    return [folder / file.name for file in series]


def test_the_archive_is_shown_a_token_or_a_password_which_no_log_holds(
    web: WebArchive, web_config: NodeConfig, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    (tmp_path / "token").write_text("geheim-1\n")
    (tmp_path / "password").write_text("geheim-2\n")
    peers = {
        "token": replace(web.peer, token_file=str(tmp_path / "token")),
        "password": replace(web.peer, user="pleura", password_file=str(tmp_path / "password")),
    }
    web.spoil = lambda *_: (401, {}, b"")
    for peer in peers.values():
        machine = Machine(replace(web_config, peers={"web": peer}))
        with closing(machine), pytest.raises(PeerError, match="HTTP 401: it wants a user and a password, or a token"):
            machine.ask()
    assert web.authorizations == {"Bearer geheim-1", "Basic cGxldXJhOmdlaGVpbS0y"}  # base64 of pleura:geheim-2
    assert "geheim" not in caplog.text
    assert "cGxl" not in caplog.text


def test_a_token_is_shown_without_the_mark_of_editors_and_whatever_letters_it_holds(
    web: WebArchive, web_config: NodeConfig, tmp_path: Path
) -> None:
    for token in ("\ufefftoken", "token\u2026"):
        (tmp_path / "token").write_text(token, encoding="utf-8")
        peer = replace(web.peer, token_file=str(tmp_path / "token"))
        with closing(Machine(replace(web_config, peers={"web": peer}))) as machine:
            assert machine.ask() == []
    sent_as = "\u2026".encode().decode("latin-1")
    assert web.authorizations == {"Bearer token", f"Bearer token{sent_as}"}


def test_no_error_ends_the_asking(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped, errors = Event(), [ZeroDivisionError(), OSError(5, "Input/output error"), PeerError("HTTP 500")]

    def defect(_: Event) -> None:
        if errors:
            raise errors.pop()
        stopped.set()

    monkeypatch.setattr(pauses, "FIRST_SECONDS", 0.0)
    monkeypatch.setattr(machine.fetcher, "fetch_new", defect)
    machine.fetcher.run(stopped)
    assert machine.counts["fetches_failed"] == 3


def test_a_series_that_came_otherwise_since_it_was_listed_is_not_fetched(
    web: WebArchive, machine: Machine, series: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = web.add(series)
    due = machine.fetcher._due

    def meanwhile() -> list[FoundSeries]:
        found = due()
        machine.known.add(found[0].key, 24)  # by another archive, or by C-STORE
        return found

    monkeypatch.setattr(machine.fetcher, "_due", meanwhile)
    assert machine.ask() == []
    assert path not in web.fetched


def test_the_log_says_how_many_series_are_to_be_fetched_when_that_changes(
    web: WebArchive, web_config: NodeConfig, series: list[Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    web.add(series)
    web.add(of_another_series(series, tmp_path))
    with closing(Machine(replace(web_config, rules=(Rule("CT", min_slices=25),)))) as machine:
        machine.ask(3)
    with closing(Machine(web_config)) as machine:
        machine.ask(3)
    said = [record.getMessage() for record in caplog.records if "to be fetched" in record.getMessage()]
    counts = [re.findall("[0-9]+", text) for text in said]
    assert counts == [["2", "0"], ["2", "2"], ["2", "0"]]
