"""A series is taken as a whole or not at all, whatever comes in its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from serving.fetching_machine import Machine
from serving.web_archive import PARTS, Response, WebArchive, in_parts

from pleura.serving import pauses
from pleura.serving.config import NodeConfig

pytest.importorskip("dicomweb_client")


def cut(path: str, response: Response) -> Response:
    """Lose the end of a series: there is no sign that its last part is the last one."""
    return (200, PARTS, response[2][:-5000]) if "/series/" in path else response


def of_html(path: str, response: Response) -> Response:
    return (200, {"Content-Type": "text/html"}, b"<p>Welcome</p>") if "/series/" in path else response


def refused(path: str, response: Response) -> Response:
    return (404, {}, b"") if "/series/" in path else response


def empty(path: str, response: Response) -> Response:
    return (200, PARTS, b"\r\n--part--\r\n") if "/series/" in path else response


def noise(path: str, response: Response) -> Response:
    return (
        (200, PARTS, b"--part\r\n\r\n" + bytes(range(256)) * 9 + b"\r\n--part--\r\n")
        if "/series/" in path
        else response
    )


def moved(path: str, response: Response) -> Response:
    return (302, {"Location": "http://127.0.0.1:9/"}, b"") if "/series/" in path else response


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (cut, "its answer ends too soon"),
        (refused, "HTTP 404"),
        (empty, "0 of 24 objects came"),
        (of_html, "its answer cannot be read (ValueError)"),
        (noise, "its answer cannot be read (InvalidDicomError)"),
        (moved, "it names another address"),
    ],
)
def test_a_series_that_does_not_come_as_a_whole_costs_no_other_and_is_fetched_later(
    web: WebArchive,
    machine: Machine,
    series: list[Path],
    spoil: Callable[[str, Response], Response],
    why: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(pauses, "FIRST_SECONDS", 0.0)
    path = web.add(series)
    web.spoil = spoil
    assert machine.ask() == []
    assert why in caplog.text
    assert str(series[0].parent) not in caplog.text
    assert machine.counts["fetches_failed"] == 1
    web.spoil = lambda _, response: response
    assert machine.ask(2) == [24]
    assert web.fetched == [path] * 2


def test_half_a_series_is_not_taken(web: WebArchive, machine: Machine, series: list[Path], caplog) -> None:
    web.add(series)
    web.spoil = lambda path, response: (200, PARTS, in_parts(series[:13])) if "/series/" in path else response
    assert machine.ask() == []
    assert "13 of 24 objects came" in caplog.text
    web.add(series[:20])
    web.spoil = lambda path, response: (200, PARTS, in_parts(series)) if "/series/" in path else response
    machine.fetcher._pauses.forget(next(iter(machine.fetcher._listed)))
    assert machine.ask() == []
    assert "more than 20 objects came" in caplog.text


def test_objects_of_another_series_are_not_taken(
    web: WebArchive, machine: Machine, series: list[Path], tmp_path: Path, caplog
) -> None:
    web.add(series)
    other = pydicom.dcmread(series[0])
    other.SeriesInstanceUID = "1.2.3"
    other.save_as(tmp_path / "other.dcm")
    web.spoil = lambda path, response: (
        (200, PARTS, in_parts([tmp_path / "other.dcm"])) if "/series/" in path else response
    )
    assert machine.ask() == []
    assert "objects of another series" in caplog.text


def test_an_object_of_giant_size_is_given_up_at_once(
    web: WebArchive, web_config: NodeConfig, series: list[Path]
) -> None:
    path = web.add(series)
    body = b"--part\r\n\r\n" + bytes(9 << 20)  # where no part ever ends
    web.spoil = lambda path, response: (200, PARTS, body) if "/series/" in path else response
    with closing(Machine(replace(web_config, max_object_mb=1))) as machine:
        assert machine.ask(2) == []
        (kept,) = machine.storage.failed.iterdir()
        assert "more than 3 MB" in json.loads((kept / "error.json").read_text())["message"]
    assert web.fetched == [path]
