"""Jobs of SLURM do what processes of this machine do; those that end are asked for anew, and nothing is lost."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from slurm_node import slurm_node

from pleura.batch import slurm
from pleura.batch.batch_run import Batch, BatchSettings
from pleura.batch.engine import BatchOptions, SegmenterOptions
from pleura.batch.slurm import slurm_jobs
from pleura.errors import PleuraError

if absent := [name for name in ("dask_jobqueue", "cryptography") if find_spec(name) is None]:
    pytest.skip(f"not installed: {', '.join(absent)}", allow_module_level=True)


@pytest.fixture(scope="module")
def node() -> Iterator[Path]:
    with slurm_node() as configuration:
        yield configuration


Configure = Callable[..., None]


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Configure]:
    """Return a function that sets what jobqueue.yaml may say."""
    import dask

    def configure(**settings: object) -> None:
        for key, value in settings.items():
            monkeypatch.setenv(f"DASK_JOBQUEUE__SLURM__{key.upper()}", str(value))
        dask.config.refresh()

    yield configure
    monkeypatch.undo()
    dask.config.refresh()


@pytest.fixture
def cluster(node: Path, configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let jobs be asked of the node, each with one worker."""
    monkeypatch.setenv("SLURM_CONF", str(node))
    monkeypatch.setattr(slurm, "_POLL_SECONDS", 1.0)
    configure(cores=1, memory="4GB", interface="lo")


@pytest.fixture
def scans(scan: Path) -> None:
    Path("scans").mkdir()
    for name in "abcd":
        shutil.copy(scan, Path("scans") / f"{name}.nii.gz")


def segmented(folder: str, jobs: int | None = None, after_first: Callable[[], object] = str) -> dict[str, bytes]:
    """Run a batch and return the files of all scans."""
    settings = BatchSettings(Path("scans"), Path(folder), SegmenterOptions(), BatchOptions(), slurm=jobs, workers=1)
    with Batch(settings) as batch:
        results = batch.run()
        errors = [next(results).error]
        after_first()
        errors += [result.error for result in results]
    assert errors == [""] * 4
    files = (path for path in Path(folder).rglob("*/*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def queued() -> list[str]:
    return subprocess.run(
        ["squeue", "--me", "-h", "-o", "%A"], capture_output=True, text=True, check=True
    ).stdout.split()


def nothing_is_queued(seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while queued() and time.monotonic() < end:
        time.sleep(0.2)
    return not queued()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of Dask, about the machine
def test_jobs_write_the_same_bytes_as_processes_though_one_is_cancelled(cluster: None, scans: None) -> None:
    expected = segmented("processes")
    cancelled: list[str] = []

    def cancel() -> None:
        cancelled.extend(queued())
        subprocess.run(["scancel", *cancelled], check=True)

    assert segmented("jobs", 1, cancel) == expected  # the one job, so that all that is left is done by another
    assert len(cancelled) == 1
    assert nothing_is_queued()
    assert not [path for path in Path("jobs").iterdir() if path.name.startswith(".")]  # no certificate is left


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of Dask, about the machine
def test_who_stops_a_batch_cancels_its_jobs(cluster: None, scans: None) -> None:
    with Batch(BatchSettings(Path("scans"), Path("jobs"), SegmenterOptions(), BatchOptions(), slurm=2)) as batch:
        results = batch.run()
        next(results)
        assert len(queued()) == 2
        results.close()
        assert nothing_is_queued()
        assert batch.progress().finished < 4


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of Dask, about the machine
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"queue": "nowhere"}, "Invalid partition name"),
        ({"python": "/no/python"}, "ended before they came"),
        ({"job_extra_directives": "['--begin=now+1hour']"}, "BeginTime"),
    ],
)
def test_jobs_that_do_not_begin_are_an_error(
    cluster: None, configure: Configure, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], said: str
) -> None:
    configure(**settings)
    if said == "BeginTime":
        monkeypatch.setattr(slurm, "_BEGIN_SECONDS", 3.0)
    with pytest.raises(PleuraError, match=said) as caught, slurm_jobs(1, Path()):
        pass
    assert (caught.value.code, "\n" in str(caught.value)) == ("no-cluster", False)
    assert nothing_is_queued()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of Dask, about the machine
def test_where_no_job_is_left_the_batch_ends_and_goes_on_later(
    cluster: None, configure: Configure, scans: None
) -> None:
    settings = BatchSettings(Path("scans"), Path("jobs"), SegmenterOptions(), BatchOptions(), slurm=1)
    with Batch(settings) as batch:
        results = batch.run()
        next(results)
        configure(python="/no/python")  # of the next job
        subprocess.run(["scancel", *queued()], check=True)
        with pytest.raises(PleuraError, match="ended before they came") as caught:
            list(results)
    assert caught.value.code == "cluster-lost"
    assert nothing_is_queued()
    configure(python=sys.executable)
    with Batch(settings) as batch:
        assert len([result for result in batch.run() if not result.error]) >= 1
        assert batch.progress().states == {"done": 4}


@pytest.fixture
def submits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put something on the PATH that is called as what submits jobs."""
    (tmp_path / "sbatch").write_text("#!/bin/sh\nexit 1\n", encoding="ascii")
    (tmp_path / "sbatch").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))


def code_of_error() -> str:
    with pytest.raises(PleuraError) as caught, slurm_jobs(1, Path()):
        pass
    assert "\n" not in str(caught.value)
    return caught.value.code


def test_where_there_is_no_slurm_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert code_of_error() == "no-slurm"


@pytest.mark.parametrize("package", ["dask_jobqueue", "cryptography"])
def test_a_missing_extra_is_named(submits: None, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    assert code_of_error() == "missing-extra"


def test_ctrl_c_stays_what_it_was() -> None:
    lines = [
        "import signal",
        "before = signal.getsignal(signal.SIGINT)",
        "from pleura.batch.slurm import _imported",
        "_imported()",
        "assert signal.getsignal(signal.SIGINT) is before",
    ]
    assert subprocess.run([sys.executable, "-c", "\n".join(lines)]).returncode == 0


@pytest.mark.filterwarnings("ignore")  # of Dask, about the machine
def test_a_job_that_is_refused_leaves_nothing_open(submits: None, configure: Configure) -> None:
    configure(interface="lo")
    assert code_of_error() == "no-cluster"
    assert not list(Path().glob(".dask*"))


@pytest.mark.filterwarnings("ignore")  # of Dask, about the machine
@pytest.mark.parametrize("settings", [{"cores": "many"}, {"cores": 0}, {"memory": "much"}, {"processes": "'4'"}])
def test_a_configuration_that_cannot_be_is_an_error(submits: None, configure: Configure, settings) -> None:
    configure(**settings)
    assert code_of_error() == "no-cluster"
