"""Jobs of SLURM whose Dask workers do a batch; the scheduler of those is in this process and lives as long as it.

What a job asks for is that of dask-jobqueue (`~/.config/dask/jobqueue.yaml`). Whoever reaches a Dask scheduler can have
it run anything as its user, and a cluster has many users: scheduler and workers speak TLS, with certificates of this
run alone.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

from pleura.errors import InvalidOption, PleuraError, missing_extra

_CORES, _GB_OF_CORE, _WALLTIME = 4, 4, "04:00:00"
"""Of a job, where jobqueue.yaml is silent: a CT of 512 slices takes up to 2 GB, and Dask ends a worker near its limit;
a job that is over is asked for anew, so most partitions allow enough."""
_BEGIN_SECONDS = 24 * 3600
"""In which one job begins: a queue of a cluster is seldom longer than a day."""
_POLL_SECONDS = 30.0
"""Before SLURM is asked again which jobs there are; its manual asks programs not to do that often."""
_CLOSE_SECONDS = 30
_CERTIFICATES = ("_job_key", "_job_cert", "_job_ca_file")
"""Temporary files that dask-jobqueue keeps for its workers, and closes only when it is collected."""
_LOCAL_STATE = {"dashboard": False, "dashboard_address": "127.0.0.1:0"}
"""Of a scheduler whose state is shown by HTTP, without TLS, to its own machine alone."""


class SlurmJobs:
    """Jobs that are kept up: those that end, by their time limit or otherwise, are asked for anew.

    One whose workers never came is not, or a job that cannot start would be asked for without end.

    Attributes
    ----------
    security : what a client of the scheduler needs
    at_a_time : tasks that all jobs do at a time
    lost : why no job is left and none is asked for; empty while there are some
    """

    def __init__(self, cluster: Any, jobs: int, at_a_time: int) -> None:
        self._cluster, self._jobs = cluster, jobs
        self.address: str = cluster.scheduler_address
        self.security: Any = cluster.security
        self.at_a_time = at_a_time
        self.lost = ""
        self._came: set[str] = set()
        self._closed = Event()

    def ask(self) -> None:
        """Ask for the jobs, and keep them up from then on.

        Raises
        ------
        InvalidOption : SLURM refuses one (`no-cluster`)
        """
        for _ in range(self._jobs):
            self._cluster.worker_spec.update(self._cluster.new_worker_spec())
        try:
            self._cluster.sync(self._cluster._correct_state)
        except (RuntimeError, OSError, ValueError) as error:
            said = str(error).rpartition("stderr:")[2].split("\n")
            text = f"SLURM refuses the job: {' '.join(filter(None, said)) or 'sbatch failed and says nothing'}"
            raise InvalidOption(text, code="no-cluster") from error
        Thread(target=self._watch, daemon=True).start()

    def wait(self) -> None:
        """Wait until a worker of a job is there.

        Raises
        ------
        InvalidOption : no job began in time, or none is left (`no-cluster`)
        """
        end = time.monotonic() + _BEGIN_SECONDS
        while not self._workers():
            text = self.lost
            if time.monotonic() > end:
                reasons = ", ".join(sorted(set((_queued() or {}).values()))) or "none"
                text = f"no job of SLURM began in {_BEGIN_SECONDS / 3600:g} hours; squeue says why: {reasons}"
            if text:
                raise InvalidOption(text, code="no-cluster")
            time.sleep(0.2)

    def close(self) -> None:
        """End the jobs and the scheduler."""
        from distributed.core import Status

        self._closed.set()
        numbers = [job.job_id for job in self._cluster.workers.values() if job.job_id]
        for job in tuple(self._cluster._created):
            job.status = Status.closing  # which Dask asserts, and dask-jobqueue leaves out
        try:
            self._cluster.close(timeout=_CLOSE_SECONDS)
        except Exception:  # whatever Dask hangs on, no job outlives the batch
            with suppress(OSError):
                subprocess.run(["scancel", *numbers], check=False, capture_output=True)
        for name in _CERTIFICATES:
            getattr(self._cluster, name).close()  # which removes it

    def _workers(self) -> list[str]:
        """Return the names of the workers that are there: those of their jobs, and numbers where a job has several."""
        return [str(worker.name) for worker in tuple(self._cluster.scheduler.workers.values())]

    def _watch(self) -> None:
        while not self._closed.wait(_POLL_SECONDS):
            with suppress(RuntimeError, OSError, ValueError):  # SLURM refuses or is away, which may pass
                self._keep_up()
            if self.lost:
                with suppress(Exception):
                    self._cluster.close(timeout=_CLOSE_SECONDS)  # which ends what waits for a result
                return

    def _keep_up(self) -> None:
        """Ask anew for jobs that are over."""
        queued = _queued()
        if queued is None:
            return
        jobs, here = self._cluster.workers, self._workers()
        for name, job in tuple(jobs.items()):
            if any(worker == name or worker.startswith(f"{name}-") for worker in here):
                self._came.add(job.job_id)
            elif job.job_id not in queued and (job.job_id is None or job.job_id in self._came):
                jobs.pop(name, None)
        if self._cluster.worker_spec.keys() - jobs.keys():
            self._cluster.sync(self._cluster._correct_state)
        elif not here and not any(job.job_id in queued for job in jobs.values()):
            numbers = ", ".join(str(job.job_id) for job in jobs.values())
            files = "slurm-NUMBER.out here, or the log-directory of jobqueue.yaml"
            self.lost = f"the workers of jobs {numbers} of SLURM ended before they came; see why in {files}"


@contextmanager
def slurm_jobs(jobs: int, shared: Path) -> Iterator[SlurmJobs]:
    """Ask SLURM for jobs, wait for the first, and end them with the block.

    Parameters
    ----------
    shared : a folder that the jobs see too, for the certificates

    Raises
    ------
    MissingExtra : dask-jobqueue or cryptography is not installed
    InvalidOption : there is no SLURM here (`no-slurm`), it refuses the job, jobqueue.yaml is wrong, or no job begins
        (`no-cluster`)
    PleuraError : in the block, no job is left (`cluster-lost`)
    """
    if shutil.which("sbatch") is None:
        text = "sbatch of SLURM is not on the PATH; give the command where jobs are submitted, or leave out --slurm"
        raise InvalidOption(text, code="no-slurm")
    cluster, at_a_time = _cluster(shared)
    found = SlurmJobs(cluster, jobs, jobs * at_a_time)
    try:
        found.ask()
        found.wait()
        yield found
    except PleuraError as error:
        if found.lost and error.code == "cluster-lost":
            raise PleuraError(f"{found.lost}; the same command goes on", code="cluster-lost") from error
        raise
    finally:
        found.close()


def _cluster(shared: Path) -> tuple[Any, int]:
    """Return a cluster without jobs, and how many tasks one of its jobs does at a time."""
    kind, get_ip = _imported()
    stated = _stated()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of names that were others in earlier versions
            job = _of_job(stated)
            one = kind.job_cls("", name="", **job)  # whether it can be, before anything is opened
            tasks = one.worker_process_threads * one.worker_processes
            where = {} if stated.get("interface") else {"host": get_ip()}
            cluster = kind(
                **job,
                shared_temp_directory=stated.get("shared-temp-directory", str(shared.resolve())),
                scheduler_options=_LOCAL_STATE | where | stated.get("scheduler-options", {}),
                security=True,
            )
    except (ValueError, TypeError, ArithmeticError, RuntimeError, OSError) as error:
        text = f"jobqueue.yaml of dask-jobqueue asks for what cannot be: {' '.join(str(error).split())}"
        raise InvalidOption(text, code="no-cluster") from error
    return cluster, tasks


def _imported() -> tuple[Any, Any]:
    """Return the kind of the cluster, and what tells the address of this machine."""
    of_ctrl_c = signal.getsignal(signal.SIGINT)
    try:
        import cryptography  # noqa: F401 - of the certificates
        from dask_jobqueue import SLURMCluster  # type: ignore[attr-defined]
        from distributed.utils import get_ip
    except ImportError as error:
        raise missing_extra(str(error.name).partition(".")[0].replace("_", "-"), "slurm") from None
    finally:
        if signal.getsignal(signal.SIGINT) is not of_ctrl_c:
            signal.signal(signal.SIGINT, of_ctrl_c)  # dask-jobqueue, when it is imported, lets Ctrl-C end with code 0
    return SLURMCluster, get_ip


def _of_job(stated: dict[str, Any]) -> dict[str, Any]:
    """Return what a job asks for, and what its workers are started with."""
    cores = stated.get("cores", _CORES)
    usual = {"cores": cores, "memory": f"{_GB_OF_CORE * cores}GB", "processes": cores, "walltime": _WALLTIME}
    extra = ["--no-dashboard", "--dashboard-address", "127.0.0.1:0", *stated.get("worker-extra-args", ())]
    return {key: stated.get(key, value) for key, value in usual.items()} | {"worker_extra_args": extra}


def _stated() -> dict[str, Any]:
    """Return what the user's configuration says of jobs, without what dask-jobqueue itself adds."""
    import dask

    said = dask.config.collect().get("jobqueue", {}).get("slurm", {})
    return {key.replace("_", "-"): value for key, value in said.items() if value is not None}


def _queued() -> dict[str, str] | None:
    """Return the reason that SLURM gives for each job of this user; None where it does not answer."""
    asked = ["squeue", "--me", "--noheader", "--format=%A %r"]
    with suppress(OSError, subprocess.TimeoutExpired):
        said = subprocess.run(asked, capture_output=True, text=True, timeout=_CLOSE_SECONDS, check=False)
        if said.returncode == 0:
            return {number: reason for number, _, reason in (line.partition(" ") for line in said.stdout.splitlines())}
    return None
