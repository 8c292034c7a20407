"""A whole batch: planned, done in processes that may be killed, gone on with, and listed in a table."""

from __future__ import annotations

import csv
import errno
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import active_children
from pathlib import Path

import pytest
from in_process import InProcess

from pleura.batch import batch_run, engine, table_file
from pleura.batch.batch_run import Batch, BatchSettings, batch_progress
from pleura.batch.engine import BatchOptions, SegmenterOptions
from pleura.batch.scan_plan import Shard
from pleura.batch.worker_pool import WorkerPool
from pleura.errors import PleuraError, UnwritableOutput

SCANS, MASKS = Path("scans"), Path("masks")


@pytest.fixture
def in_process(network, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in this process, with a stand-in for the network."""
    engine.load_segmenter.cache_clear()
    InProcess.made.clear()
    monkeypatch.setattr(batch_run, "WorkerPool", InProcess)


@pytest.fixture
def scans(scan: Path) -> Path:
    SCANS.mkdir()
    for name in "abc":
        shutil.copy(scan, SCANS / f"{name}.nii.gz")
    (SCANS / "half.nii.gz").write_bytes(scan.read_bytes()[:5000])
    return SCANS


def settings(**more) -> BatchSettings:
    return BatchSettings(SCANS, MASKS, SegmenterOptions(quality="off"), BatchOptions(), **more)


def run(**more) -> list[str]:
    """Run a batch and return the sources of what was done, those with an error behind a minus."""
    with Batch(settings(**more)) as batch:
        return [("-" if result.error else "") + result.row["source"] for result in batch.run()]


def table(file: str = "table.csv") -> list[dict[str, str]]:
    with (MASKS / file).open(newline="") as text:
        return list(csv.DictReader(text))


def test_each_scan_has_a_folder_and_a_row_and_a_second_run_does_only_what_is_new(
    in_process, scans: Path, scan: Path
) -> None:
    assert sorted(run()) == ["-half.nii.gz", "a.nii.gz", "b.nii.gz", "c.nii.gz"]
    rows = table()
    assert [row["source"] for row in rows] == ["a.nii.gz", "b.nii.gz", "c.nii.gz", "half.nii.gz"]
    assert [row["error"] for row in rows] == ["", "", "", "damaged"]
    assert all((MASKS / row["mask"]).is_file() for row in rows[:3])
    assert len({row["mask"] for row in rows[:3]}) == 3
    assert run() == []
    shutil.copy(scan, SCANS / "d.nii.gz")
    assert run() == ["d.nii.gz"]
    shutil.copy(scan, SCANS / "half.nii.gz")
    assert run() == ["half.nii.gz"]
    assert [row["error"] for row in table()] == [""] * 5


def test_what_failed_is_tried_again_where_that_is_wanted(in_process, scans: Path) -> None:
    run()
    assert run(retry=True) == ["-half.nii.gz"]
    assert batch_progress(MASKS).errors == {"damaged": 1}


@pytest.mark.parametrize(("wanted", "threads"), [(None, 1), (4, 4)])
def test_workers_of_a_cluster_are_given_no_threads_by_the_cores_of_this_machine(
    in_process, network, scans: Path, monkeypatch: pytest.MonkeyPatch, wanted: int | None, threads: int
) -> None:
    monkeypatch.setattr(batch_run, "cpu_count", lambda wanted=None: wanted or 64)
    monkeypatch.setattr("pleura.batch.cluster.connect", lambda *_: (InProcess(), 2))
    asked = settings(scheduler="tcp://host:8786")
    with Batch(replace(asked, segmenter=replace(asked.segmenter, threads=wanted))) as batch:
        assert len(list(batch.run())) == 4
    assert network[-1]["threads"] == threads


def test_threads_are_shared_out_among_workers_and_memory_is_divided(
    in_process, network, scans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_run, "cpu_count", lambda wanted=None: wanted or 8)
    monkeypatch.setattr(batch_run, "available_bytes", lambda: 10 << 30)
    run(workers=2)
    assert (InProcess.made[-1].count, network[-1]["threads"]) == (2, 4)
    assert InProcess.made[-1].limits.memory == int(4.5 * (1 << 30))
    shutil.rmtree(MASKS)
    run()  # eight cores, but memory for five and four scans
    assert InProcess.made[-1].count == 4
    monkeypatch.setattr(batch_run, "available_bytes", lambda: 5 << 30)
    shutil.rmtree(MASKS)
    run()
    assert InProcess.made[-1].count == 2


def test_shards_do_all_between_them_with_a_table_each(in_process, scans: Path) -> None:
    done = [run(shard=Shard(number, 2)) for number in (1, 2)]
    assert sorted(done[0] + done[1]) == ["-half.nii.gz", "a.nii.gz", "b.nii.gz", "c.nii.gz"]
    assert len(table("table-1-of-2.csv")) + len(table("table-2-of-2.csv")) == 4
    assert batch_progress(MASKS).states == {"done": 3, "failed": 1}


def test_a_folder_without_a_batch_is_an_error() -> None:
    with pytest.raises(PleuraError) as caught:
        batch_progress(Path())
    assert caught.value.code == "no-batch"


def test_a_model_that_is_not_there_is_one_error_and_all_scans_wait(in_process, scans: Path, monkeypatch) -> None:
    def missing(**_: object) -> None:
        raise PleuraError("no such model", code="no-bundle")

    monkeypatch.setattr("pleura.segmenter.Segmenter", missing)
    with pytest.raises(PleuraError, match="no such model"):
        run()
    assert batch_progress(MASKS).states == {"waiting": 4}


@contextmanager
def no_space(_: Path) -> Iterator[None]:
    raise UnwritableOutput("no table", code="not-written") from OSError(errno.ENOSPC, "No space left on device")
    yield


@pytest.mark.parametrize("code", ["disk-full", "cluster-lost"])
def test_what_ends_a_run_is_its_error_also_where_no_table_can_be_written(
    in_process, scans: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    def lost(_: object) -> Iterator[None]:
        raise PleuraError("the run ends here", code=code)
        yield

    monkeypatch.setattr(batch_run.Scheduler, "results", lost)
    monkeypatch.setattr(table_file, "atomic_write", no_space)
    with pytest.raises(PleuraError, match="the run ends here") as caught:
        run()
    assert caught.value.code == code


def test_a_disk_that_is_full_when_the_table_is_written_is_called_so(
    in_process, scans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_file, "atomic_write", no_space)
    with pytest.raises(PleuraError) as caught:
        run()
    assert caught.value.code == "disk-full"


def test_the_table_is_written_as_parquet_too_with_numbers_as_numbers(in_process, scans: Path) -> None:
    read_table = pytest.importorskip("pyarrow.parquet").read_table
    run(parquet=True)
    rows = read_table(MASKS / "table.parquet").to_pylist()
    assert [row["source"] for row in rows] == [row["source"] for row in table()]
    assert [str(row["right_lung_volume_ml"]) for row in rows[:3]] == [
        row["right_lung_volume_ml"] for row in table()[:3]
    ]
    assert rows[3]["right_lung_volume_ml"] is None
    assert run(parquet=True, retry=True) == ["-half.nii.gz"]  # it may be replaced
    shutil.copy(SCANS / "a.nii.gz", SCANS / "d.nii.gz")
    assert run() == ["d.nii.gz"]
    assert len(read_table(MASKS / "table.parquet")) == len(table()) == 5  # not an old one beside a new one
    other = MASKS / "table.parquet"
    other.write_bytes(b"of other making")
    with pytest.raises(PleuraError) as caught:
        run(parquet=True)
    assert (caught.value.code, other.read_bytes()) == ("output-exists", b"of other making")


def test_a_scan_at_an_address_is_done_as_one_beside_the_list_is_and_nothing_of_it_stays(
    in_process, scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("fsspec")
    spare = tmp_path / "temporary"
    spare.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(spare))
    shutil.copytree(SCANS, "far")
    address = Path("far").resolve().as_uri()
    listed = Path("list.csv")
    listed.write_text(
        f"source,name\n{address}/a.nii.gz,far\nscans/a.nii.gz,near\n{address}/gone,lost\n{address}/half.nii.gz,half\n"
    )
    with Batch(replace(settings(), source=listed)) as batch:
        assert sorted(result.error for result in batch.run()) == ["", "", "damaged", "not-fetched"]
    far, near = ((MASKS / name / "lungs.nii.gz").read_bytes() for name in ("far", "near"))
    assert far == near
    assert table()[0]["source"] == f"{address}/a.nii.gz"
    assert [row["message"].startswith(row["source"]) for row in table()[2:]] == [True, True]
    assert str(spare) not in (MASKS / "table.csv").read_text()
    assert list(spare.iterdir()) == []


def test_files_of_other_making_are_refused_before_any_scan_and_stay(in_process, scans: Path) -> None:
    MASKS.mkdir()
    for name, options in (("table.csv", BatchOptions()), ("index.html", BatchOptions(report=True))):
        file = MASKS / name
        file.write_text("patient,age\n1,50\n")
        with pytest.raises(PleuraError) as caught, Batch(replace(settings(), options=options)):
            pass
        assert (caught.value.code, file.read_text()) == ("output-exists", "patient,age\n1,50\n")
        assert list(MASKS.iterdir()) == [file]
        file.unlink()


def test_the_index_calls_scans_with_and_without_a_page_by_their_paths(in_process, scans: Path) -> None:
    with Batch(replace(settings(), options=BatchOptions(report=True))) as batch:
        list(batch.run())
    index = (MASKS / "index.html").read_text(encoding="utf-8")
    assert all(f">{name}<" in index for name in ("a.nii.gz", "b.nii.gz", "c.nii.gz", "half.nii.gz"))
    assert table()[0]["mask"].replace(".nii.gz", ".html") in index  # the link


def test_the_index_calls_scans_of_all_parts_by_their_paths(in_process, scans: Path) -> None:
    for number in (1, 2):
        with Batch(replace(settings(shard=Shard(number, 2)), options=BatchOptions(report=True))) as batch:
            list(batch.run())
    index = (MASKS / "index.html").read_text(encoding="utf-8")
    assert all(f">{name}<" in index for name in ("a.nii.gz", "b.nii.gz", "c.nii.gz", "half.nii.gz"))


def test_the_index_holds_no_signature_of_an_address(in_process, scans: Path, tmp_path: Path) -> None:
    address = "memory://far/a.nii.gz?signature=secret"
    pytest.importorskip("fsspec").filesystem("memory").pipe(address, (SCANS / "a.nii.gz").read_bytes())
    Path("list.csv").write_text(f"source,name\n{address},here\n{address}2,gone\n")
    with Batch(replace(settings(), source=Path("list.csv"), options=BatchOptions(report=True))) as batch:
        assert sorted(result.error for result in batch.run()) == ["", "not-fetched"]
    index = (MASKS / "index.html").read_text(encoding="utf-8")
    assert (index.count("memory://far/a.nii.gz"), index.count("secret")) == (3, 0)  # two names and a message


def test_a_table_of_another_command_is_refused_and_stays(in_process, scans: Path) -> None:
    run()
    for queue in MASKS.glob("batch.sqlite*"):
        queue.unlink()
    before = (MASKS / "table.csv").read_bytes()
    with pytest.raises(PleuraError) as caught:
        run()
    assert (caught.value.code, (MASKS / "table.csv").read_bytes()) == ("output-exists", before)


@pytest.mark.parametrize("name", ["table.csv", "table-1-of-2.csv"])
def test_a_list_that_is_called_as_the_table_is_no_table_of_its_own_batch(in_process, scans: Path, name: str) -> None:
    MASKS.mkdir()
    listed = MASKS / name
    listed.write_text("source\n../scans/a.nii.gz\n")
    shard = Shard(1, 2) if "of" in name else Shard()
    with pytest.raises(PleuraError) as caught, Batch(replace(settings(shard=shard), source=listed)):
        pass
    assert (caught.value.code, listed.read_text()) == ("output-is-input", "source\n../scans/a.nii.gz\n")


def test_an_earlier_table_is_a_list_for_another_folder_only(in_process, scans: Path) -> None:
    run()
    table_of = MASKS / "table.csv"
    before = table_of.read_bytes()
    with pytest.raises(PleuraError, match="name another folder") as caught, Batch(replace(settings(), source=table_of)):
        pass
    assert (caught.value.code, table_of.read_bytes()) == ("output-is-input", before)
    with Batch(replace(settings(), source=table_of, folder=Path("others"))):
        pass


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="processes are killed by POSIX signals")
def test_a_scan_that_kills_its_process_is_tried_alone_and_the_others_are_done(
    scans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[int] = []

    class Killing(WorkerPool):
        def submit(self, fn, /, *args, **kwargs):
            future = super().submit(fn, *args, **kwargs)
            if getattr(getattr(fn, "__self__", None), "source", "") == "b.nii.gz":
                while not future.running():
                    pass
                for process in active_children():
                    process.kill()
                    killed.append(process)
            return future

    monkeypatch.setattr(batch_run, "WorkerPool", Killing)
    assert sorted(run(workers=1)) == ["-b.nii.gz", "-half.nii.gz", "a.nii.gz", "c.nii.gz"]
    assert len(killed) == 2
    assert batch_progress(MASKS).errors == {"damaged": 1, "worker-lost": 1}
    assert sorted(path.name for path in MASKS.rglob("*.part")) == []
