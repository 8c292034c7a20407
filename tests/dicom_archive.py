"""Orthanc as an archive of a test: alone with its clients in a network of their own, of which nothing leads out.

Orthanc listens on all addresses whatever its settings say, so it runs in a network namespace that has a loopback and
nothing else. Tests are skipped where the system makes no such namespace, or lacks Orthanc, its plugin or a client.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
"""Where Debian's orthanc-dicomweb puts it."""
PROGRAMS = ("Orthanc", "dcmsend", "curl", "unshare", "nsenter", "setpriv", "ip")
ALONE = ("unshare", "--map-root-user", "--net")
STORED = "transfer-syntax=*"
"""Asks for instances as they were stored."""
DECODED = "transfer-syntax=1.2.840.10008.1.2.1"
"""Asks for instances decompressed by the archive."""
PATIENCE = 60
"""Seconds in which Orthanc starts; here it takes one."""


class Archive:
    """What clients in the namespace of a running Orthanc send and ask."""

    def __init__(self, process: int, settings: dict[str, Any]) -> None:
        self.enter = ("nsenter", "--preserve-credentials", "--user", "--net", f"--target={process}")
        self.web = "http://127.0.0.1:8042/dicom-web/studies"
        users = settings.get("RegisteredUsers", {})
        self.curl = ["curl", "--silent", "--fail"]
        self.curl += [word for name, password in users.items() for word in ("--user", f"{name}:{password}")]

    def client(self, *command: str | Path, sent: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        """Run a program beside Orthanc."""
        return subprocess.run([*self.enter, *command], input=sent, capture_output=True, check=False, timeout=300)

    def ask(self, path: str, accept: str, *options: str, sent: bytes | None = None) -> bytes:
        """Return the answer to a request of DICOMweb."""
        command = (*self.curl, "--show-error", "--header", f"Accept: {accept}", *options)
        answer = self.client(*command, self.web + path, sent=sent)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout

    def ask_data(self, path: str) -> list[Dataset]:
        """Return the data sets that QIDO-RS, or WADO-RS asked for metadata, answers with."""
        found: list[dict[str, Any]] = json.loads(self.ask(path, "application/dicom+json"))
        return [Dataset.from_json(one, bulk_data_uri_handler=lambda uri: b"") for one in found]

    def store(self, files: Iterable[Path]) -> subprocess.CompletedProcess[bytes]:
        """Send files by C-STORE, compressed as they are."""
        return self.client("dcmsend", "--decompress-never", "127.0.0.1", "4242", *files)

    def post(self, files: Iterable[Path]) -> Dataset:
        """Send files by STOW-RS, and return what the archive says of them."""
        head = b"--part\r\nContent-Type: application/dicom\r\n\r\n"
        body = b"".join(head + file.read_bytes() + b"\r\n" for file in files) + b"--part--\r\n"
        kind = 'Content-Type: multipart/related; type="application/dicom"; boundary=part'
        options = ("--header", kind, "--header", "Expect:", "--data-binary", "@-")
        return Dataset.from_json(json.loads(self.ask("", "application/dicom+json", *options, sent=body)))

    def fetch(self, path: str, syntax: str = STORED) -> dict[str, Dataset]:
        """Return the instances below a study or series by WADO-RS, by UID."""
        body = self.ask(path, f'multipart/related; type="application/dicom"; {syntax}').lstrip()
        boundary = body.split(b"\r\n", 1)[0]
        parts = body.removeprefix(boundary).split(b"\r\n" + boundary)[:-1]
        found = [pydicom.dcmread(BytesIO(part.split(b"\r\n\r\n", 1)[1])) for part in parts]
        return {one.SOPInstanceUID: one for one in found}


def skip_without_orthanc() -> None:
    """Skip the test where Orthanc, a client or the namespace is not to be had."""
    absent = [name for name in PROGRAMS if not shutil.which(name)] + ([] if PLUGIN.exists() else [PLUGIN.name])
    if absent:
        pytest.skip(f"not installed: {', '.join(absent)}")
    if subprocess.run([*ALONE, "ip", "link", "set", "lo", "up"], capture_output=True, check=False).returncode:
        pytest.skip("this system makes no network namespace")


@contextmanager
def running(**settings: Any) -> Iterator[Archive]:
    """Run Orthanc over an empty folder, in a namespace that goes with it; it ends with the tests, however they do.

    Keywords are settings of Orthanc beyond those that every test has.
    """
    skip_without_orthanc()
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "orthanc.json").write_text(json.dumps({**configuration(folder), **settings}))
        program = ("sh", "-c", 'ip link set lo up && exec Orthanc "$0"', folder / "orthanc.json")
        command = (*ALONE, "setpriv", "--pdeathsig", "KILL", *program)
        with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as orthanc:
            try:
                yield answering(Archive(orthanc.pid, settings), folder / "log")
            finally:
                orthanc.kill()


@contextmanager
def running_node(
    archive: Archive, folder: Path, config: str, first_line: bytes, log: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a node beside Orthanc, once it has said its first line; its log, where there is one, grows."""
    (folder / "node.toml").write_text(config)
    command = (*archive.enter, sys.executable, "-m", "pleura", "node", "--config", "node.toml")
    with (
        (log or Path(os.devnull)).open("ab") as errors,
        subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=errors) as process,
    ):
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == first_line
            yield process
        finally:
            process.kill()


def configuration(folder: Path) -> dict[str, Any]:
    """Return the settings that every test has."""
    return {
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "Plugins": [str(PLUGIN)],
        "DicomPort": 4242,
        "HttpPort": 8042,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "SyncStorageArea": False,  # nothing is kept
        "DicomWeb": {"Enable": True},
    }


def answering(archive: Archive, log: Path) -> Archive:
    """Return the archive once it answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if archive.client(*archive.curl, archive.web).returncode == 0:
            return archive
        time.sleep(0.2)
    raise AssertionError(f"Orthanc does not answer: {log.read_text()}")
