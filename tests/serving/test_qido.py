"""What an archive lists is looked through for what rules want, however it answers."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from serving.fetching_machine import Machine
from serving.web_archive import Response, WebArchive

from pleura.serving import fetcher as module
from pleura.serving.config import NodeConfig, Query, Rule
from pleura.serving.peer_errors import NotReached, PeerError

pytest.importorskip("dicomweb_client")


def test_what_no_rule_can_want_is_not_fetched(web: WebArchive, web_config: NodeConfig, series: list[Path]) -> None:
    web.add(series)
    for rule in (Rule("CR"), Rule("CT", min_slices=25), Rule("CT", description="bone")):
        with closing(Machine(replace(web_config, rules=(rule,)))) as machine:
            assert machine.ask() == []
    assert web.fetched == []


def test_what_an_archive_does_not_say_is_seen_when_the_series_is_there(
    web: WebArchive, web_config: NodeConfig, series: list[Path]
) -> None:
    web.add(series)
    web.more = {"0008103E": None, "00201209": None}
    rule = Rule("CT", min_slices=20, description="chest", body_part="CHEST")
    with closing(Machine(replace(web_config, rules=(rule,)))) as machine:
        assert machine.ask(2) == [24]
    assert len([request for request in web.requests if request.endswith("/instances")]) == 2


@pytest.mark.parametrize(
    "content",
    [b"<p>Welcome</p>", b'{"0": ', b'"text"', b"[1, 2]", b"[" * 100_000, b"\xff\xfe", b'[{"0020000D": []}, 1]'],
)
def test_an_answer_that_is_none_of_dicomweb_is_said(web: WebArchive, machine: Machine, content: bytes) -> None:
    web.spoil = lambda *_: (200, {"Content-Type": "application/dicom+json"}, content)
    with pytest.raises(PeerError, match="its answer"):
        machine.ask()


def test_lists_without_end_and_of_giant_size_end(
    web: WebArchive, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pleura.serving.qido._MOST_MATCHES", 5)
    asked: list[None] = []

    def endless(_: str, response: Response) -> Response:
        asked.append(None)
        uid = {"vr": "UI", "Value": [f"1.2.{len(asked)}"]}
        page = [{"0020000D": uid, "0020000E": uid, "00201209": {"vr": "IS", "Value": ["24"]}}]
        return 200, response[1], json.dumps(page).encode()

    web.spoil = endless
    with pytest.raises(PeerError, match="more than 5"):
        machine.ask()
    monkeypatch.setattr(module, "SEARCH_BYTES", 1 << 20)
    web.spoil = lambda _, response: (200, response[1], b" " * (2 << 20))
    with pytest.raises(PeerError, match="more than 1 MB"):
        machine.ask()


def test_an_archive_that_gives_all_it_has_for_any_page_is_asked_twice(
    web: WebArchive, machine: Machine, series: list[Path]
) -> None:
    web.add(series)
    page = json.dumps([web.listed(path) for path in web.series]).encode()
    web.spoil = lambda path, response: response if "/series/" in path else (200, response[1], page)
    assert machine.ask() == [24]
    assert web.requests.count("/series") == 2


@pytest.mark.parametrize("uid", ["../../../series", "1.2/../3", "1.2?x=1", "%2e%2e", "1" * 65, "", 7])
def test_what_is_no_uid_is_asked_for_nowhere(
    web: WebArchive, machine: Machine, series: list[Path], uid: object
) -> None:
    web.add(series)
    web.more = {"0020000E": {"vr": "UI", "Value": [uid]}}
    assert machine.ask() == []
    assert {*web.requests} <= {"/series", f"{next(iter(web.series)).rpartition('/')[0]}/{uid}"}


def test_studies_from_some_days_ago_on_are_asked_for(
    web: WebArchive, web_config: NodeConfig, series: list[Path]
) -> None:
    web.add(series)
    web.more = {"00080020": {"vr": "DA", "Value": ["19991231"]}}  # as an archive lists it that looks at no filter
    with closing(Machine(web_config)) as machine:
        assert machine.ask() == []
    with closing(Machine(web_config)) as machine:
        machine.fetcher._query = Query("web", days=0)
        assert machine.ask() == [24]


def test_an_archive_that_is_not_there_is_not_reached(web_config: NodeConfig) -> None:
    web_config = replace(web_config, peers={"web": replace(web_config.peers["web"], url="http://127.0.0.1:9/")})
    with closing(Machine(web_config)) as machine, pytest.raises(NotReached, match="no connection"):
        machine.ask()
