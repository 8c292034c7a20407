"""A node asks Orthanc over the web for what its rules want, and puts the segmentation back beside the scan."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pydicom
import pytest
from dicom_archive import Archive, running, running_node
from pydicom.uid import generate_uid

from pleura.phantom import chest, write_dicom

pytestmark = pytest.mark.slow
pytest.importorskip("dicomweb_client")

PATIENCE = 240
CONFIG = """
folder = "node"
quiet_seconds = 1
min_free_mb = 1
[peers.web]
url = "http://localhost:8042/dicom-web"
{more}
[[queries]]
peer = "web"
seconds = 1
days = 0
[[rules]]
min_slices = 20
body_part = "CHEST"
formats = ["dicom-seg", "dicom-sc"]
send_to = ["web"]
"""


def node(archive: Archive, folder: Path, more: str = "") -> AbstractContextManager[subprocess.Popen[bytes]]:
    """Run a node beside Orthanc, which nobody calls; its log grows."""
    config, first_line = CONFIG.format(more=more), b"PLEURA asks web every 1 s\n"
    return running_node(archive, folder, config, first_line, folder / "log")


@pytest.fixture
def scan(tmp_path: Path) -> list[Path]:
    write_dicom(chest((24, 64, 64), (13.0, 6.0, 6.0)), tmp_path / "scan")
    return sorted((tmp_path / "scan").iterdir())


def wait_for(holds: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.2)


def modalities(archive: Archive) -> dict[str, int]:
    """Return how many instances of each modality Orthanc lists by QIDO-RS."""
    found: dict[str, int] = {}
    for one in archive.ask_data(""):
        for instance in archive.ask_data(f"/{one.StudyInstanceUID}/instances"):
            found[instance.Modality] = found.get(instance.Modality, 0) + 1
    return found


def in_log(folder: Path, text: str) -> int:
    return (folder / "log").read_text().count(text)


def test_a_series_in_an_archive_is_segmented_once_and_no_result_comes_back_as_an_input(
    scan: list[Path], tmp_path: Path
) -> None:
    with running() as archive:
        archive.post(scan)
        for number in range(2):
            with node(archive, tmp_path):
                wait_for(lambda: modalities(archive) == {"CT": 24, "SEG": 1, "OT": 24})
                time.sleep(5 * number)  # several times as long as it takes to ask again
        assert in_log(tmp_path, " fetched in ") == 1
        assert in_log(tmp_path, " objects sent") == 1
        for file in scan:
            assert pydicom.dcmread(file).SeriesInstanceUID not in (tmp_path / "log").read_text()


def test_a_series_of_which_half_has_come_is_fetched_when_all_of_it_has(scan: list[Path], tmp_path: Path) -> None:
    with running() as archive, node(archive, tmp_path):
        for number in range(0, 24, 4):  # no more than half a second apart, and less than any rule wants until the last
            archive.post(scan[number : number + 4])
        wait_for(lambda: in_log(tmp_path, " fetched in "))
        wait_for(lambda: in_log(tmp_path, ": 24 objects, segmented"))


def test_a_node_that_is_killed_at_any_time_segments_each_series_all_the_same(scan: list[Path], tmp_path: Path) -> None:
    with running() as archive:
        for patient in range(2):
            archive.post(of_another_patient(scan, patient, tmp_path))
        for seconds in (1.0, 2.0, 4.0, 6.0):
            with node(archive, tmp_path) as process:
                time.sleep(seconds)
                process.send_signal(signal.SIGKILL)
        with node(archive, tmp_path):
            wait_for(lambda: modalities(archive) == {"CT": 48, "SEG": 2, "OT": 48})
            wait_for(lambda: not [path for path in (tmp_path / "node").glob("*/*") if path.parent.name != "receiving"])
        assert in_log(tmp_path, " fetched in ") <= 2


def of_another_patient(scan: list[Path], number: int, folder: Path) -> list[Path]:
    """Return copies of a scan that share no UID with others."""
    uids: dict[str, str] = {}
    target = folder / f"patient{number}"
    target.mkdir()
    for file in scan:
        dataset = pydicom.dcmread(file)
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "SOPInstanceUID"):
            uid = str(dataset[keyword].value)
            setattr(dataset, keyword, uids.setdefault(uid, generate_uid(entropy_srcs=[uid, str(number)])))
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.PatientID = f"p{number}"
        dataset.save_as(target / file.name)
    return sorted(target.iterdir())


def test_an_archive_that_is_down_is_asked_again(scan: list[Path], tmp_path: Path) -> None:
    with running() as archive:
        archive.post(scan)
        archive.client("ip", "link", "set", "lo", "down")
        with node(archive, tmp_path):
            wait_for(lambda: in_log(tmp_path, "web: no connection, asked again in 5 s"))
            archive.client("ip", "link", "set", "lo", "up")
            wait_for(lambda: in_log(tmp_path, " fetched in "))


def test_a_password_is_shown_and_a_wrong_one_is_said(scan: list[Path], tmp_path: Path) -> None:
    settings: dict[str, Any] = {"AuthenticationEnabled": True, "RegisteredUsers": {"pleura": "geheim"}}
    secret = tmp_path / "secret"
    more = f'user = "pleura"\npassword_file = "{secret}"'
    with running(**settings) as archive:
        archive.post(scan)
        secret.write_text("falsch\n")
        with node(archive, tmp_path, more):
            wait_for(lambda: in_log(tmp_path, "web: HTTP 401: it wants a user and a password"))
            secret.write_text("geheim\n")  # read each time
            wait_for(lambda: in_log(tmp_path, " fetched in "))
        assert in_log(tmp_path, "geheim") + in_log(tmp_path, "falsch") == 0
