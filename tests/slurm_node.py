"""SLURM of one node, on loopback, with a configuration of its own (Debian: `slurm-wlm`, `munge`)."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "sinfo")
CONFIGURATION = """
ClusterName=test
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
KillWait=2
SchedulerParameters=sched_interval=1
SlurmdParameters=config_overrides
NodeName=localhost NodeAddr=127.0.0.1 CPUs=4 RealMemory=32000
PartitionName=all Nodes=localhost Default=YES MaxTime=INFINITE State=UP
"""


@contextmanager
def slurm_node() -> Iterator[Path]:
    """Run SLURM and give the path of its configuration, for `SLURM_CONF`; skip where it is not installed."""
    absent = [name for name in PROGRAMS if not shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")]
    if absent:
        pytest.skip(f"not installed: {', '.join(absent)}")
    with tempfile.TemporaryDirectory(prefix="slurm-") as name:  # a short path: that of a socket is limited
        folder = Path(name)
        for part in ("state", "spool"):
            (folder / part).mkdir()
        configuration = folder / "slurm.conf"
        configuration.write_text(
            CONFIGURATION.format(ports=free_ports(), folder=folder, user=getpass.getuser()), encoding="ascii"
        )
        key = folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        with started(folder, configuration):
            yield configuration


@contextmanager
def started(folder: Path, configuration: Path) -> Iterator[None]:
    """Run the three daemons until the block ends."""
    of_munge = [f"--{name}={folder}/munge.{name.split('-')[0]}" for name in ("key-file", "socket", "pid-file")]
    of_munge += [f"--log-file={folder}/munge.log", f"--seed-file={folder}/munge.seed"]
    daemons: list[subprocess.Popen[bytes]] = []
    environment = os.environ | {"SLURM_CONF": str(configuration), "PATH": f"{os.environ['PATH']}:/usr/sbin"}
    try:
        for command in (
            ["munged", "--foreground", "--force", *of_munge],
            ["slurmctld", "-D", "-c", "-i"],
            ["slurmd", "-D", "-N", "localhost"],
        ):
            with (folder / f"{command[0]}.out").open("wb") as out:
                daemons.append(subprocess.Popen(command, env=environment, stdout=out, stderr=out))
            time.sleep(1)
        wait_until_idle(environment)
        yield
    finally:
        for daemon in reversed(daemons):
            daemon.terminate()
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()


def wait_until_idle(environment: dict[str, str], seconds: float = 30.0) -> None:
    """Wait until the node takes jobs; skip where SLURM is installed and cannot run."""
    end = time.monotonic() + seconds
    asked = ["sinfo", "--noheader", "--format=%T"]
    while subprocess.run(asked, env=environment, capture_output=True, text=True).stdout.strip() != "idle":
        if time.monotonic() > end:
            pytest.skip("SLURM is installed, but its node does not take jobs here")
        time.sleep(0.5)


def free_ports() -> tuple[int, int]:
    """Return two ports of loopback that nobody listens on."""
    with socket.socket() as one, socket.socket() as other:
        for each in (one, other):
            each.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]
