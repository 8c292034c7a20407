"""What a node has received and has yet to send, on disk: an object is there as a whole, and no move loses one."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pydicom
import pytest

from pleura.errors import PleuraError
from pleura.serving.storage import NodeStorage, series_header


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[NodeStorage]:
    storage = NodeStorage(tmp_path / "node")
    yield storage
    storage.close()


def receive(storage: NodeStorage, files: list[Path]) -> Path:
    """File objects and return the folder of their series."""
    for file in files:
        storage.receive(file.read_bytes(), pydicom.dcmread(file).SOPInstanceUID)
    (folder,) = storage.incoming.iterdir()
    return folder


def test_objects_of_a_series_lie_together_and_one_that_comes_twice_is_one(
    storage: NodeStorage, series: list[Path]
) -> None:
    folder = receive(storage, [*series, series[0]])
    header, count = series_header(folder)
    assert count == len(series)
    assert header.series_uid == pydicom.dcmread(series[0]).SeriesInstanceUID
    assert {file.read_bytes() for file in folder.iterdir()} == {file.read_bytes() for file in series}
    assert list(storage.receiving.iterdir()) == []


def test_what_is_no_dicom_is_refused_and_leaves_nothing(storage: NodeStorage) -> None:
    with pytest.raises(PleuraError):
        storage.receive(b"\0" * 500, "1.2.3")
    assert [*storage.receiving.iterdir(), *storage.incoming.iterdir()] == []


def test_an_object_of_no_series_is_refused(storage: NodeStorage, series: list[Path], tmp_path: Path) -> None:
    dataset = pydicom.dcmread(series[0])
    del dataset.SeriesInstanceUID
    dataset.save_as(tmp_path / "bare.dcm")
    with pytest.raises(PleuraError):
        storage.receive((tmp_path / "bare.dcm").read_bytes(), dataset.SOPInstanceUID)


def test_a_series_is_quiet_when_nothing_was_added_for_some_time(storage: NodeStorage, series: list[Path]) -> None:
    folder = receive(storage, series[:2])
    assert storage.quiet_series(60.0) == []
    assert storage.quiet_series(0.0) == [folder]
    storage.began -= 1e7
    long_ago = folder.stat().st_mtime - 61
    os.utime(folder, (long_ago, long_ago))
    assert storage.quiet_series(60.0) == [folder]
    receive(storage, series[2:3])
    assert storage.quiet_series(60.0) == []
    os.utime(folder, (long_ago + 9e6, long_ago + 9e6))  # the clock was wrong
    assert storage.quiet_series(60.0) == [folder]


def test_time_in_which_the_node_was_down_is_not_quiet(storage: NodeStorage, series: list[Path], tmp_path: Path) -> None:
    folder = receive(storage, series[:2])
    os.utime(folder, (1e9, 1e9))
    storage.close()
    with closing(NodeStorage(tmp_path / "node")) as again:
        assert again.quiet_series(60.0) == []


def test_results_wait_for_each_peer_and_the_series_is_gone(
    storage: NodeStorage, series: list[Path], tmp_path: Path
) -> None:
    result = tmp_path / "lungs-seg.dcm"
    result.write_bytes(b"a segmentation")
    folder = receive(storage, series)
    storage.send_later(folder, [result], ("archive", "workstation"))
    assert not folder.exists()
    storage.close()
    with closing(NodeStorage(tmp_path / "node")) as again:  # after a kill
        waiting = list(again.waiting())
        assert [one.peer for one in waiting] == ["archive", "workstation"]
        assert [file.read_bytes() for one in waiting for file in one.files] == [b"a segmentation"] * 2
        for one in waiting:
            one.files[0].unlink()
            one.folder.rmdir()
        assert list(again.waiting()) == []
        assert list(again.outgoing.iterdir()) == []


def test_what_failed_is_kept_with_the_reason(storage: NodeStorage, series: list[Path]) -> None:
    folder = receive(storage, series)
    storage.fail(folder, {"error": "not-a-chest"})
    (kept,) = storage.failed.iterdir()
    assert json.loads((kept / "error.json").read_text()) == {"error": "not-a-chest"}
    assert len(list(kept.glob("*.dcm"))) == len(series)


def test_what_comes_while_a_series_is_segmented_is_kept_and_joined_to_it(
    storage: NodeStorage, series: list[Path]
) -> None:
    taken = storage.take(receive(storage, series[:5]))
    assert not storage.came_again(taken)
    folder = receive(storage, series[4:7])
    assert storage.came_again(taken)
    (storage.taken / "a-file-of-the-system").touch()
    storage.give_back()
    assert len(list(folder.glob("*.dcm"))) == 7
    assert not taken.exists()


def test_what_comes_while_a_result_is_put_on_its_way_is_kept(
    storage: NodeStorage, series: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lungs.dcm").write_bytes(b"a segmentation")
    copy = shutil.copy

    def slow_copy(source: Path, target: Path) -> None:
        receive(storage, series[5:6])
        copy(source, target)

    monkeypatch.setattr(shutil, "copy", slow_copy)
    storage.send_later(storage.take(receive(storage, series[:5])), [tmp_path / "lungs.dcm"], ["archive"])
    assert [file.read_bytes() for file in storage.incoming.glob("*/*.dcm")] == [series[5].read_bytes()]


def test_a_second_failure_of_a_series_keeps_the_objects_of_the_first(storage: NodeStorage, series: list[Path]) -> None:
    for files in (series[:5], series[5:]):
        storage.fail(receive(storage, files), {"error": "incomplete"})
    kept = {file.read_bytes() for file in storage.failed.glob("*/*.dcm")}
    assert kept == {file.read_bytes() for file in series}


def test_a_result_of_late_slices_leaves_the_one_that_waits_for_a_peer(
    storage: NodeStorage, series: list[Path], tmp_path: Path
) -> None:
    for files, content in ((series[:20], b"whole"), (series[20:], b"late")):
        (tmp_path / "lungs.dcm").write_bytes(content)
        storage.send_later(storage.take(receive(storage, files)), [tmp_path / "lungs.dcm"], ["archive"])
    assert [file.read_bytes() for one in storage.waiting() for file in one.files] == [b"whole", b"late"]


def test_no_failure_is_without_its_reason_where_the_node_is_killed(
    storage: NodeStorage, series: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = receive(storage, series[:2])
    move = Path.rename

    def killed(source: Path, target: Path) -> Path:
        move(source, target)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "rename", killed)
    with pytest.raises(KeyboardInterrupt):
        storage.fail(folder, {"error": "not-a-chest"})
    (kept,) = storage.failed.iterdir()
    assert json.loads((kept / "error.json").read_text()) == {"error": "not-a-chest"}


def test_two_nodes_do_not_share_a_folder(storage: NodeStorage, tmp_path: Path) -> None:
    (storage.receiving / "1.dcm").write_bytes(b"on its way")
    with pytest.raises(PleuraError, match="another node has the folder") as caught:
        NodeStorage(tmp_path / "node")
    assert caught.value.code == "node-running"
    assert (storage.receiving / "1.dcm").exists()
    storage.close()
    NodeStorage(tmp_path / "node").close()


def inodes(*paths: Path) -> set[int]:
    return {path.stat().st_ino for path in paths}


@pytest.mark.skipif(not hasattr(os, "O_DIRECTORY"), reason="no folder can be opened here")
def test_objects_and_the_folders_that_name_them_are_on_the_disk_before_the_answer(
    storage: NodeStorage, series: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[int] = set()
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.add(os.fstat(descriptor).st_ino))
    folder = receive(storage, series[:1])
    assert inodes(storage.incoming, folder, *folder.iterdir()) <= synced
    synced.clear()
    (tmp_path / "lungs.dcm").write_bytes(b"a segmentation")
    storage.send_later(storage.take(folder), [tmp_path / "lungs.dcm"], ["archive"])
    (result,) = storage.waiting()
    assert inodes(storage.outgoing, result.folder.parent, result.folder, *result.files) <= synced
