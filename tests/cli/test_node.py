"""`pleura node` as a process: what it says when it listens, how it ends, and that its log holds no patient."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pydicom
import pytest

from pleura.cli import main

pytest.importorskip("pynetdicom")
CONFIG = """
folder = "node"
calling_titles = ["SCANNER"]
port = {port}
quiet_seconds = 0.2
min_free_mb = 1
[peers.archive]
ae_title = "ARCHIVE"
address = "127.0.0.1"
port = 104
[[rules]]
modality = "CR"
send_to = ["archive"]
"""
COMMAND = (sys.executable, "-m", "pleura", "node", "--config", "node.toml")
PATIENCE = 60


@pytest.fixture
def port(elsewhere: Path) -> int:
    """Write a configuration into a folder of its own, and return the port in it."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = int(found.getsockname()[1])
    Path("node.toml").write_text(CONFIG.format(port=port))
    return port


@contextmanager
def node() -> Iterator[subprocess.Popen[str]]:
    """Run a node once it listens."""
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_what_is_wrong_with_a_configuration_is_one_line(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("node.toml").write_text('folder = "node"\ncalling_titles = ["SCANNER"]\nport = 70000\n')
    assert main(["node", "--config", "node.toml"]) == 2
    printed = capsys.readouterr().err
    assert printed.count("\n") == 1
    assert "node.toml: port has to be a port, 1 to 65535" in printed


def test_a_node_without_rules_which_would_remove_all_that_comes_does_not_start(
    elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("node.toml").write_text('folder = "node"\ncalling_titles = ["SCANNER"]\n')
    assert main(["node", "--config", "node.toml"]) == 2
    assert "node.toml: rules has to hold a table [[rules]] at least" in capsys.readouterr().err
    assert not Path("node").exists()


def test_a_configuration_that_is_not_there(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["node", "--config", "gone.toml"]) == 2
    assert "gone.toml: there is no such file" in capsys.readouterr().err


@pytest.mark.slow
def test_a_node_says_where_it_listens_lets_no_second_one_in_and_ends_with_its_signal(
    port: int,
) -> None:
    with node() as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"PLEURA listens on 127.0.0.1 port {port}\n"
        second = subprocess.run(COMMAND, capture_output=True, text=True, timeout=PATIENCE)
        assert second.returncode == 2
        assert "another node has the folder node" in second.stderr
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 128 + signal.SIGTERM
        assert process.stderr is not None
        assert " INFO stopped by SIGTERM; what has come and what waits to be sent stays\n" in process.stderr.read()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Invalid value:UserWarning")
def test_the_log_holds_nothing_of_the_patient(port: int, tmp_path: Path) -> None:
    from pynetdicom import AE

    from pleura.phantom import chest, write_dicom

    write_dicom(chest((2, 16, 16), (30.0, 20.0, 20.0)), tmp_path / "scan")
    dataset = pydicom.dcmread(min((tmp_path / "scan").iterdir()))
    dataset.PatientName = "Doe^Johanna"
    dataset.PatientID = "J-4711"
    dataset.add_new("PatientAge", "AS", "Doe^Johanna is 51")  # which pydicom's warning quotes
    dataset.add_new("PatientBirthDate", "DA", "born 1.2.1967")
    with node() as process:
        assert process.stdout is not None
        process.stdout.readline()
        entity = AE(ae_title="SCANNER")
        entity.add_requested_context(dataset.SOPClassUID, dataset.file_meta.TransferSyntaxUID)
        association = entity.associate("127.0.0.1", port, ae_title="PLEURA")
        assert association.send_c_store(dataset).Status == 0
        association.release()
        until = time.monotonic() + PATIENCE
        while list(Path("node/incoming").iterdir()) and time.monotonic() < until:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=PATIENCE)
    assert "1 objects, no rule wants them (rule 1: modality)" in log
    for word in ("Doe", "4711", "1967"):
        assert word not in log
