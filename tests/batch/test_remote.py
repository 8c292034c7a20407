"""Scans at addresses: what is asked, what is fetched, and what is refused before anything is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from pleura.batch.remote import check_address, fetched, is_address, without_secrets
from pleura.batch.scan_plan import plan_scans
from pleura.errors import PleuraError

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def memory() -> Iterator[object]:
    """Return a file system in memory, empty."""
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    yield system
    system.store.clear()


@pytest.mark.parametrize("source", ["s3://bucket/a.zip", "https://host/a.nii.gz", "memory://a"])
def test_addresses_have_a_scheme(source: str) -> None:
    assert is_address(source)


@pytest.mark.parametrize(
    "source", ["a/b.nii.gz", "C:/scans/a", "c://scans", "simplecache::s3://bucket/a", "s3:/a", "://"]
)
def test_paths_and_chains_of_addresses_are_no_addresses(source: str) -> None:
    assert not is_address(source)


def test_a_file_is_fetched_for_the_time_of_a_block(memory) -> None:
    memory.pipe("/bucket/DOE JOHN.nii.gz", b"scan")
    with fetched("memory://bucket/DOE JOHN.nii.gz") as path:
        assert (path.name, path.read_bytes()) == ("DOE_JOHN.nii.gz", b"scan")
        folder = path.parent
    assert not folder.exists()


def test_a_folder_is_fetched_with_all_below_it_and_nothing_beside_it(memory) -> None:
    memory.pipe({"/bucket/ct/1.dcm": b"1", "/bucket/ct/more/2.dcm": b"2", "/bucket/ct2/3.dcm": b"3"})
    with fetched("memory://bucket/ct") as path:
        files = {file.relative_to(path).as_posix(): file.read_bytes() for file in path.rglob("*.dcm")}
    assert files == {"1.dcm": b"1", "more/2.dcm": b"2"}


def test_a_name_that_leads_out_of_the_folder_is_refused(memory, monkeypatch: pytest.MonkeyPatch) -> None:
    memory.pipe("/bucket/ct/1.dcm", b"1")
    monkeypatch.setattr(type(memory), "find", lambda *_, **__: ["/bucket/ct/../../evil"])
    with pytest.raises(PleuraError) as caught, fetched("memory://bucket/ct"):
        pass
    assert caught.value.code == "not-fetched"


@pytest.mark.parametrize("end", ["..", ".", "", "ct/.."])
def test_an_address_that_ends_in_points_writes_nothing_outside_the_temporary_folder(
    memory, end: str, monkeypatch
) -> None:
    written: list[Path] = []
    monkeypatch.setattr(type(memory), "get_file", lambda _self, _path, local: written.append(Path(local)))
    monkeypatch.setattr(type(memory), "isdir", lambda *_: False)
    with fetched(f"memory://bucket/{end}") as path:
        assert written == [path]
        assert path.name in {"scan", "bucket"}


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """Return the address of a server whose `/there` leads to `/scan.nii`, and the list of what it is asked for."""
    asked: list[str] = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            leads = self.path == "/there"
            self.send_response(302 if leads else 200)
            if leads:
                self.send_header("Location", "/scan.nii")
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"page" if leads else b"scan")

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def test_redirections_of_http_are_refused_and_where_they_lead_is_not_asked(server: tuple[str, list[str]]) -> None:
    pytest.importorskip("aiohttp")
    host, asked = server
    with fetched(f"{host}/scan.nii") as path:
        assert path.read_bytes() == b"scan"
    asked.clear()
    with pytest.raises(PleuraError, match="leads to another address") as caught, fetched(f"{host}/there"):
        pass
    assert (caught.value.code, asked) == ("not-fetched", ["/there"])


@pytest.mark.parametrize(
    ("source", "cleaned"),
    [
        ("https://host/a.nii?sig=secret", "https://host/a.nii"),
        ("s3://bucket/a.zip#secret", "s3://bucket/a.zip"),
        ("scans/what?.nii", "scans/what?.nii"),
    ],
)
def test_a_signature_is_cut_off_an_address_and_a_path_stays_whole(source: str, cleaned: str) -> None:
    assert without_secrets(source) == cleaned


def test_the_container_of_an_address_of_azure_is_no_user() -> None:
    with pytest.raises(PleuraError) as caught:
        check_address("abfs://container@account.dfs.core.windows.net/a.nii")
    assert caught.value.code == "missing-extra"


def test_what_is_not_there_is_one_error_of_one_line(memory) -> None:
    address = "memory://bucket/gone.nii"
    with pytest.raises(PleuraError, match=rf"^{address} cannot be fetched") as caught, fetched(address):
        pass
    assert caught.value.code == "not-fetched"


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("nonsense://a?sig=secret", "bad-address"),
        ("https://me:secret@host/a", "bad-address"),
        ("https://secret@host/a", "bad-address"),
        ("s3://secret@bucket/a", "bad-address"),
        ("https://[host/a", "bad-address"),
        ("https://me:secret@[host/a", "bad-address"),
    ],
)
def test_addresses_that_cannot_be_are_refused_before_anything_is_asked(address: str, code: str) -> None:
    with pytest.raises(PleuraError) as caught:
        check_address(address)
    assert caught.value.code == code
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("missing", "address"), [("fsspec", "file:///a"), ("s3fs", "s3://bucket/a")])
def test_what_reads_an_address_is_named_where_it_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, missing: str, address: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    Path("list.csv").write_text(f"source\n{address}\n")
    with pytest.raises(PleuraError, match=r"pip install 'pleura\[remote\]'") as caught:
        list(plan_scans(Path("list.csv")))
    assert caught.value.code == "missing-extra"


def test_to_plan_nobody_is_asked(monkeypatch: pytest.MonkeyPatch, memory) -> None:
    monkeypatch.setattr("pleura.batch.remote.fetched", None)
    Path("list.csv").write_text("source,name\nmemory://bucket/gone.nii,a\nmemory://bucket/gone.nii,a\n")
    (row,) = plan_scans(Path("list.csv"), series="all")
    assert (row.name, row.source, row.series, row.reason) == ("a", "memory://bucket/gone.nii", "", "address")


def test_an_address_in_place_of_a_list_is_an_error_that_says_where_it_belongs() -> None:
    with pytest.raises(PleuraError, match="write addresses into a list"):
        list(plan_scans(Path("s3://bucket/scans")))
