"""A Dask cluster does what processes of this machine do, byte for byte."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pleura.batch.batch_run import Batch, BatchSettings
from pleura.batch.cluster import connect
from pleura.batch.engine import BatchOptions, SegmenterOptions
from pleura.errors import PleuraError

distributed = pytest.importorskip("distributed")


@pytest.fixture
def cluster() -> Iterator[str]:
    """Return the address of a scheduler with two workers, which are processes."""
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "host": "127.0.0.1"}
    with distributed.LocalCluster(**options) as cluster:
        yield cluster.scheduler_address


def segmented(folder: str, scheduler: str | None = None) -> dict[str, bytes]:
    """Run a batch and return the files of all scans."""
    settings = BatchSettings(Path("scans"), Path(folder), SegmenterOptions(), BatchOptions(), scheduler=scheduler)
    with Batch(settings) as batch:
        assert [result.error for result in batch.run()] == ["", "", ""]
    files = (path for path in Path(folder).rglob("*/*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of Dask, about the machine
def test_a_cluster_writes_the_same_bytes_as_processes(cluster: str, scan: Path) -> None:
    Path("scans").mkdir()
    for name in "abc":
        shutil.copy(scan, Path("scans") / f"{name}.nii.gz")
    assert segmented("processes") == segmented("cluster", cluster)


def test_where_no_scheduler_answers_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pleura.batch.cluster._TIMEOUT", 1)
    for address in ("tcp://127.0.0.1:9", "nonsense://x"):
        with pytest.raises(PleuraError) as caught:
            connect(address, 60.0)
        assert caught.value.code == "no-cluster"
