"""A Dask cluster does what processes of this machine do, byte for byte."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from pleura.batch.batch_run import Batch, BatchSettings
from pleura.batch.cluster import _Cluster, connect
from pleura.batch.engine import BatchOptions, SegmenterOptions
from pleura.errors import PleuraError

distributed = pytest.importorskip("distributed")


@pytest.fixture
def cluster(request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the address of a scheduler with four workers, which are processes, or as many as a test asks for."""
    options = {"threads_per_worker": 1, "dashboard_address": None, "host": "127.0.0.1"}
    with distributed.LocalCluster(n_workers=getattr(request, "param", 4), **options) as cluster:
        yield cluster.scheduler_address


def segmented(folder: str, scheduler: str | None = None) -> dict[str, bytes]:
    """Run a batch and return the files of all scans."""
    settings = BatchSettings(Path("scans"), Path(folder), SegmenterOptions(), BatchOptions(), scheduler=scheduler)
    with Batch(settings) as batch:
        assert [result.error for result in batch.run()] == [""] * 4
    files = (path for path in Path(folder).rglob("*/*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def waited_for(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds:g} seconds"
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of Dask, about the machine
def test_a_cluster_writes_the_same_bytes_as_processes(cluster: str, scan: Path) -> None:
    Path("scans").mkdir()
    for name in "abcd":
        shutil.copy(scan, Path("scans") / f"{name}.nii.gz")
    assert segmented("processes") == segmented("cluster", cluster)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of Dask, about the machine
@pytest.mark.parametrize("cluster", [1], indirect=True)
def test_the_time_of_a_task_counts_from_where_a_worker_begins_it(cluster: str) -> None:
    patient, _ = connect(cluster, 15.0)  # seconds: many times what a short task takes on a busy machine
    with distributed.Client(cluster, set_as_default=False) as other:
        busy = other.submit(time.sleep, 20, priority=9)
        waited_for(lambda: any(other.processing().values()))
        assert patient.submit(str, 5).result() == "5"
        busy.result()
    hurried, _ = connect(cluster, 2.0)
    with pytest.raises(PleuraError) as caught:
        hurried.submit(time.sleep, 600).result()
    assert caught.value.code == "time-limit"
    assert patient.submit(str, 6).result() == "6"  # its worker was started anew
    for executor in (hurried, patient):
        executor.shutdown(cancel_futures=True)


def test_a_client_that_fails_to_close_is_not_closed_once_more_when_it_is_collected() -> None:
    client = Mock(status="running")
    client.close.side_effect = ValueError("IOStream is not idle; cannot convert to SSL")
    _Cluster(client, 1.0).shutdown()
    assert client.status == "closed"


def test_where_no_scheduler_answers_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pleura.batch.cluster._ANSWER_SECONDS", 1)
    with pytest.raises(PleuraError) as caught:
        connect("tcp://127.0.0.1:9", 60.0)
    assert caught.value.code == "no-cluster"
    monkeypatch.setattr(distributed, "Client", None)  # nobody is called by what is no address
    for address in ("nonsense://x", "http://127.0.0.1:8786", "tcp://[x", "8786"):
        with pytest.raises(PleuraError) as caught:
            connect(address, 60.0)
        assert caught.value.code == "no-cluster"
