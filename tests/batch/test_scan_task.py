"""One scan as a task: its results in a folder of its own, and what comes of it as data without paths of the machine."""

from __future__ import annotations

import errno
import pickle
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pleura.batch import engine
from pleura.batch.engine import BatchOptions, SegmenterOptions
from pleura.batch.scan_task import BatchFolders, ScanTask
from pleura.errors import PleuraError

OPTIONS = BatchOptions(resume=True, measure=True)


@pytest.fixture
def task(network, scan: Path, tmp_path: Path) -> ScanTask:
    engine.load_segmenter.cache_clear()
    folders = BatchFolders(tmp_path / "scans", tmp_path / "masks")
    folders.scans.mkdir()
    folders.results.mkdir()
    shutil.copy(scan, folders.scans / "a.nii.gz")
    options = {"folders": folders, "segmenter": SegmenterOptions(quality="off"), "options": OPTIONS}
    return ScanTask(number=7, name="0a", source="a.nii.gz", **options)


def test_a_mask_lies_in_the_folder_of_its_scan_and_the_row_names_both_by_relative_paths(task: ScanTask) -> None:
    result = pickle.loads(pickle.dumps(task)).result()
    assert (result.number, result.error) == (7, "")
    assert (result.row["source"], result.row["mask"]) == ("a.nii.gz", "0a/lungs.nii.gz")
    assert float(result.row["both_lungs_volume_ml"]) > 0
    assert sorted(path.name for path in (task.folders.results / "0a").iterdir()) == [
        "lungs.nii.gz",
        "lungs.nii.gz.json",
    ]
    assert pickle.loads(pickle.dumps(result)) == result


def test_a_task_that_is_done_again_measures_the_mask_that_is_there(task: ScanTask, network) -> None:
    from quick_network import Threshold

    first = task.result()
    again = task.result()
    assert len(Threshold.segmented) == 1
    assert {**first.row, "seconds": ""} == {**again.row, "seconds": ""}


def test_an_error_is_a_row_without_paths_of_the_machine_and_leaves_no_folder(task: ScanTask) -> None:
    (task.folders.scans / "a.nii.gz").write_bytes(b"")
    result = task.result()
    assert (result.error, result.row["message"]) == ("empty-file", "a.nii.gz: the file is empty")
    assert not result.disk_full
    assert not result.attempt_alone
    assert list(task.folders.results.iterdir()) == []


def test_of_the_folder_of_the_scans_itself_no_path_is_in_the_row(task: ScanTask) -> None:
    (task.folders.scans / "a.nii.gz").unlink()
    result = replace(task, source=".").result()
    assert result.error
    assert str(task.folders.scans) not in result.row["message"]


def test_a_full_disk_and_a_want_of_memory_are_no_fault_of_the_scan(
    task: ScanTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pleura.batch.engine.write", full)
    assert task.result().disk_full

    def hungry(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("pleura.batch.engine.write", hungry)
    assert task.result().attempt_alone


def test_a_scan_whose_process_was_lost_has_a_row_with_that_error(task: ScanTask) -> None:
    lost = replace(task, series="1.2").lost(PleuraError("its process ended", code="worker-lost"))
    assert (lost.error, lost.attempt_alone) == ("worker-lost", True)
    assert lost.row == {
        "source": "a.nii.gz",
        "series": "1.2",
        "error": "worker-lost",
        "message": "its process ended",
    }
