"""The configuration of a node: what it may hold, and one line that names the field of what it may not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pleura.errors import PleuraError
from pleura.serving.config import NodeConfig, Peer, Query, Rule, Tls
from pleura.serving.config_file import read_config

ROOT = Path(__file__).parents[2]
WHOLE = """
folder = "node"
ae_title = "LUNGS"
calling_titles = ["PACS", "CT 1"]
addresses = ["10.0.0.7"]
quiet_seconds = 20
[tls]
certificate = "node.pem"
key = "node.key"
clients = "clients.pem"
[peers.pacs]
ae_title = "PACS"
address = "10.0.0.7"
port = 104
[[rules]]
modality = "CT"
min_slices = 40
formats = ["dicom-seg", "rtstruct"]
send_to = ["pacs"]
"""
LEAST = 'folder = "node"\ncalling_titles = ["PACS"]\n'
RULE = '[peers.archive]\nae_title = "PACS"\naddress = "10.0.0.7"\nport = 104\n[[rules]]\nsend_to = ["archive"]\n'
WEB = '[peers.web]\nurl = "https://pacs.example/dicom-web"\n'
PEER = '[peers.{name}]\nae_title = "PACS"\naddress = "10.0.0.7"\nport = {port}\n'


def read(text: str) -> NodeConfig:
    path = Path("node.toml")
    path.write_text(text, encoding="utf-8")
    return read_config(path)


@pytest.fixture(autouse=True)
def work_elsewhere(elsewhere: Path) -> None:
    """Work in a folder of its own."""


def test_a_whole_configuration() -> None:
    assert read(WHOLE) == NodeConfig(
        folder="node",
        ae_title="LUNGS",
        calling_titles=("PACS", "CT 1"),
        addresses=("10.0.0.7",),
        quiet_seconds=20,
        tls=Tls("node.pem", "node.key", "clients.pem"),
        peers={"pacs": Peer("PACS", "10.0.0.7", 104)},
        rules=(Rule("CT", min_slices=40, formats=("dicom-seg", "rtstruct"), send_to=("pacs",)),),
    )


def test_a_peer_has_a_title_or_a_url() -> None:
    config = read(LEAST + '[peers.web]\nurl = "https://pacs.example:8443/dicom-web"\n' + RULE)
    assert config.peers["web"] == Peer(url="https://pacs.example:8443/dicom-web")
    assert config.peers["archive"] == Peer("PACS", "10.0.0.7", 104)


def test_a_node_that_asks_an_archive_need_not_be_called() -> None:
    config = read('folder = "node"\n' + RULE + WEB + '[[queries]]\npeer = "web"\nseconds = 30\n')
    assert (config.calling_titles, config.queries) == ((), (Query("web", 30, 7),))


def test_a_node_listens_on_its_own_machine_alone_unless_the_configuration_says_so() -> None:
    assert read(LEAST + RULE).address == "127.0.0.1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "folder is missing"),
        ('folder = "node"\n', "calling_titles has to name who may call"),
        ('folder = "node"\ncalling_titles = []\n', "calling_titles has to name who may call"),
        (LEAST + 'colour = "blue"\n', "colour is not known; there are folder, calling_titles, ae_title"),
        ('folder = ""\ncalling_titles = ["PACS"]\n', "folder is empty"),
        (LEAST + 'address = "a\\u0000b"\n', "address has to be a text"),
        (LEAST + "time_limit = 0\n", "time_limit has to be more than 0"),
        (LEAST + "max_associations = 0\n", "max_associations has to be more than 0"),
        (LEAST + 'addresses = ["pacs.example"]\n', "addresses holds 'pacs.example', which is no address"),
        (LEAST + 'ae_title = "  "\n', "ae_title has to be an AE title"),
        (LEAST + 'port = "104"\n', "port has to be a whole number"),
        (LEAST + "port = 104.0\n", "port has to be a whole number"),
        (LEAST + "port = 70000\n", "port has to be a port, 1 to 65535"),
        (LEAST + "port = 0\n", "port has to be a port, 1 to 65535"),
        (LEAST + "http_port = 65536\n", "http_port has to be a port, 1 to 65535, or 0"),
        (LEAST + PEER.format(name="pacs", port=70000), "peers.pacs.port has to be a port"),
        (LEAST + PEER.format(name='"../x"', port=104), "peers.../x has to be named with letters, digits"),
        (LEAST + PEER.format(name='"a/b"', port=104), "peers.a/b has to be named"),
        (LEAST + PEER.format(name='""', port=104), "peers. has to be named"),
        (LEAST + "quiet_seconds = nan\n", "quiet_seconds has to be a number, 0 or more"),
        (LEAST + "time_limit = inf\n", "time_limit has to be a number, 0 or more"),
        (LEAST + "addresses = 2026-11-29\n", "addresses has to be a list of texts"),
        (LEAST + "ae_title = 2026-11-29\n", "ae_title has to be a text"),
        (LEAST + "[addresses]\nfirst = 1\n", "addresses has to be a list of texts"),
        (LEAST + "quiet_seconds = -1\n", "quiet_seconds has to be a number, 0 or more"),
        (LEAST + 'addresses = "10.0.0.7"\n', "addresses has to be a list"),
        (LEAST + "addresses = [7]\n", "addresses has to be a list of texts"),
        (LEAST + 'ae_title = "A NAME THAT IS TOO LONG"\n', "ae_title has to be an AE title"),
        (LEAST + 'archive = "pacs"\n', "archive names pacs, which is none of the peers"),
        (LEAST + '[peers.web]\nurl = "http://x/"\nport = 104\n', "peers.web has a url, which needs no ae_title"),
        (LEAST + '[peers.web]\nurl = "ftp://x/"\n', "peers.web.url has to be as https://"),
        (LEAST + '[peers.web]\nurl = "http://user:secret@x/"\n', "peers.web.url has to be as https://"),
        (LEAST + '[peers.web]\nurl = "http://x:99999/"\n', "peers.web.url has to be as https://"),
        (LEAST + '[peers.web]\nurl = "http://"\n', "peers.web.url has to be as https://"),
        (LEAST + 'archive = "web"\n[peers.web]\nurl = "http://x/"\n', "archive is asked by C-FIND: name a peer with"),
        (LEAST + '[peers.pacs]\nae_title = "PACS"\nport = 104\n', "peers.pacs.address is missing"),
        (LEAST + 'peers = "pacs"\n', "peers has to be a table"),
        (LEAST + WEB + 'token_file = "a"\nuser = "b"\n', "peers.web.token_file is there beside a user"),
        (LEAST + WEB + 'user = "b"\n', "peers.web.password_file is missing"),
        (LEAST + WEB + 'password_file = "b"\n', "peers.web.user is missing"),
        (LEAST + WEB + 'user = "a:b"\npassword_file = "b"\n', "peers.web.user has to be without a colon"),
        (LEAST + PEER.format(name="pacs", port=1) + 'user = "a"\n', "peers.pacs has a user, a password or a token"),
        (LEAST + RULE + '[[queries]]\npeer = "web"\n', "queries 1.peer names web, which is none of the peers"),
        (LEAST + RULE + '[[queries]]\npeer = "archive"\n', "queries 1.peer names archive, which has no url"),
        (LEAST + RULE + WEB + '[[queries]]\npeer = "web"\nseconds = 0\n', "queries 1.seconds has to be 1 or more"),
        (LEAST + RULE + WEB + '[[queries]]\npeer = "web"\ndays = 1000000\n', "queries 1.days has to be 36500 at"),
        (LEAST + RULE + WEB + "[[queries]]\nseconds = 5\n", "queries 1.peer is missing"),
        (LEAST + "queries = 3\n", r"queries has to be a list of tables, \[\[queries\]\]"),
        (LEAST + '[peers.pacs]\naddress = "x"\nport = 1\n', "peers.pacs.ae_title is missing"),
        (LEAST, r"rules has to hold a table \[\[rules\]\] at least: the node removes"),
        (LEAST + "rules = []\n", r"rules has to hold a table \[\[rules\]\]"),
        (LEAST + "rules = 3\n", "rules has to be a list of tables"),
        (LEAST + '[[rules]]\nsend_to = ["pacs"]\n', "rules 1.send_to names pacs, which is none of the peers"),
        (LEAST + '[[rules]]\nformats = ["nifti"]\n', "rules 1.formats has to hold formats of DICOM"),
        (LEAST + '[[rules]]\nmodality = "CT"\n', "rules 1.send_to has to name a peer"),
    ],
)
def test_what_cannot_be_is_refused_by_the_name_of_the_field(text: str, message: str) -> None:
    with pytest.raises(PleuraError, match=message) as caught:
        read(text)
    assert caught.value.code == "config-field"
    assert str(caught.value).startswith("node.toml: ")


def test_a_file_may_begin_with_the_mark_that_editors_of_windows_write() -> None:
    assert read("\ufeff" + LEAST + RULE) == read(LEAST + RULE)


def test_what_is_no_toml_is_refused() -> None:
    with pytest.raises(PleuraError) as caught:
        read("folder = ")
    assert caught.value.code == "not-toml"
    with pytest.raises(PleuraError) as caught:
        read_config(Path("gone.toml"))
    assert caught.value.code == "not-found"


def test_a_file_that_may_not_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refused)
    with pytest.raises(PleuraError, match="may not be read") as caught:
        read_config(Path("node.toml"))
    assert caught.value.code == "no-permission"


@pytest.mark.parametrize(("page", "count"), [("node.md", 2), ("container.md", 1)])
def test_a_node_takes_the_whole_configurations_of_the_pages_and_they_take_series_without_a_description(
    page: str, count: int
) -> None:
    blocks = re.findall(r"```toml\n(folder.*?)```", (ROOT / "docs" / "how-to" / page).read_text("utf-8"), re.DOTALL)
    assert len(blocks) == count
    assert [rule.description for block in blocks for rule in read(block).rules] == [""] * count
