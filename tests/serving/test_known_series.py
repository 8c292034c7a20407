"""A node knows which series it has had, and one that was fetched is brought once, wherever a kill comes."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from pathlib import Path

import pytest

from pleura.errors import PleuraError
from pleura.reading.dicom.header import Header
from pleura.serving.known_series import KnownSeries
from pleura.serving.storage import NodeStorage

KEY = "0123456789abcdef"


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[NodeStorage]:
    with closing(NodeStorage(tmp_path)) as storage:
        yield storage


def fetched(storage: NodeStorage, series: list[Path], name: str = "fetched") -> Path:
    """Return a folder with a series as it was fetched."""
    folder = storage.receiving / name
    folder.mkdir()
    for file in series:
        shutil.copy(file, folder)
    return folder


def test_the_largest_number_of_objects_is_known_for_good(tmp_path: Path, storage: NodeStorage) -> None:
    for number in (20, 24, 22):
        with closing(KnownSeries(tmp_path, storage)) as known:
            known.add(KEY, number)
    with closing(KnownSeries(tmp_path, storage)) as known:
        assert (known.objects(KEY), known.objects("other")) == (24, 0)


def test_a_series_that_was_fetched_lies_among_what_has_come_and_is_known(
    tmp_path: Path, storage: NodeStorage, series: list[Path]
) -> None:
    with closing(KnownSeries(tmp_path, storage)) as known:
        name = known.take(fetched(storage, series), KEY)
        assert known.objects(KEY) == len(series)
    assert [(one.name, len(list(one.iterdir()))) for one in storage.incoming.iterdir()] == [(name, len(series))]


def test_what_is_received_and_fetched_at_the_same_time_is_one_series(
    tmp_path: Path, storage: NodeStorage, series: list[Path]
) -> None:
    for file in series[:5]:
        storage.receive(file.read_bytes(), file.name)
    with closing(KnownSeries(tmp_path, storage)) as known:
        known.take(fetched(storage, series[3:]), KEY)
    assert len(list(storage.incoming.glob("*/*.dcm"))) == 5 + len(series[3:])  # under other names here


def test_what_two_archives_give_at_the_same_time_is_one_series(
    tmp_path: Path, storage: NodeStorage, series: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = fetched(storage, series[:16], "first"), fetched(storage, series[8:], "second")
    bring, others = storage.bring, list[Future[str]]()

    def beside(whole: Path, header: Header) -> str:
        if not others:
            others.append(threads.submit(known.take, second, KEY))
            wait(others, timeout=0.2)
        return bring(whole, header)

    monkeypatch.setattr(storage, "bring", beside)
    with ThreadPoolExecutor(1) as threads, closing(KnownSeries(tmp_path, storage)) as known:
        name = known.take(first, KEY)
        assert others[0].result() == name
    assert len(list((storage.incoming / name).glob("*.dcm"))) == len(series)
    assert list((tmp_path / "fetched").iterdir()) == []


def test_what_a_disk_keeps_of_open_files_holds_up_no_series(
    tmp_path: Path, storage: NodeStorage, series: list[Path]
) -> None:
    storage.receive(series[0].read_bytes(), series[0].name)
    folder = fetched(storage, series)
    (folder / ".nfs0001").touch()
    with closing(KnownSeries(tmp_path, storage)) as known:
        name = known.take(folder, KEY)
        known.go_on()
    assert len(list((storage.incoming / name).glob("*.dcm"))) == 1 + len(series)  # one under two names here
    assert list((tmp_path / "fetched").iterdir()) == []


@pytest.mark.parametrize("step", ["add", "bring"])
def test_a_kill_at_any_step_loses_nothing(
    tmp_path: Path, storage: NodeStorage, series: list[Path], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with closing(KnownSeries(tmp_path, storage)) as known, monkeypatch.context() as patch:
        patch.setattr(known if step == "add" else storage, step, killed)
        with pytest.raises(KeyboardInterrupt):
            known.take(fetched(storage, series), KEY)
        assert list(storage.incoming.iterdir()) == []
    with closing(KnownSeries(tmp_path, storage)) as known:
        known.go_on()
        assert known.objects(KEY) == len(series)
    assert len(list(storage.incoming.glob("*/*.dcm"))) == len(series)


def test_a_series_that_a_disk_does_not_give_holds_up_no_other(
    tmp_path: Path, storage: NodeStorage, series: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    bring = storage.bring

    def unless_first(whole: Path, header: object) -> str:
        if whole.name == "0":
            raise OSError(errno.EIO, "the disk does not answer")
        return bring(whole, header)

    for key in ("0", "1"):
        shutil.copytree(fetched(storage, series, key), tmp_path / "fetched" / key)
    monkeypatch.setattr(storage, "bring", unless_first)
    with closing(KnownSeries(tmp_path, storage)) as known:
        with pytest.raises(OSError, match="does not answer"):
            known.go_on()
        assert known.objects("1") == len(series)
    assert len(list(storage.incoming.glob("*/*.dcm"))) == len(series)


@pytest.mark.parametrize("content", [None, b""])
def test_what_a_disk_has_lost_of_it_is_fetched_again(
    tmp_path: Path, storage: NodeStorage, content: bytes | None
) -> None:
    lost = tmp_path / "fetched" / KEY
    lost.mkdir(parents=True)
    if content is not None:
        (lost / "1.dcm").write_bytes(content)
    with closing(KnownSeries(tmp_path, storage)) as known:
        known.go_on()
        assert known.objects(KEY) == 0
    assert not lost.exists()


def test_what_cannot_be_read_is_not_taken(tmp_path: Path, storage: NodeStorage) -> None:
    folder = storage.receiving / "fetched"
    folder.mkdir()
    (folder / "1.dcm").write_bytes(b"noise")
    with closing(KnownSeries(tmp_path, storage)) as known:
        with pytest.raises(PleuraError):
            known.take(folder, KEY)
        assert known.objects(KEY) == 0


def test_a_file_of_other_making_is_named(tmp_path: Path, storage: NodeStorage) -> None:
    (tmp_path / "series.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(PleuraError, match=r"series\.sqlite cannot be read or written") as caught:
        KnownSeries(tmp_path, storage)
    assert caught.value.code == "not-written"


def test_a_full_disk_is_an_error_of_the_system(tmp_path: Path, storage: NodeStorage) -> None:
    with closing(KnownSeries(tmp_path, storage)) as known:
        known._database.execute("PRAGMA max_page_count = 3")
        with pytest.raises(OSError, match="full") as caught:
            for number in range(10_000):
                known.add(f"{number:016}", 1)
    assert caught.value.errno == errno.ENOSPC
