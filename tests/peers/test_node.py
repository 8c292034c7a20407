"""Orthanc sends a series to a node and gets its segmentation back beside the scan; `kill -9` loses nothing."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from contextlib import AbstractContextManager
from pathlib import Path

import pydicom
import pytest
from dicom_archive import Archive, running, running_node

from pleura.phantom import chest, write_dicom

pytestmark = pytest.mark.slow
pytest.importorskip("pynetdicom")

PATIENCE = 240
MODALITIES = {"pleura": ["PLEURA", "127.0.0.1", 11112]}
CONFIG = """
folder = "node"
calling_titles = ["ORTHANC"]
quiet_seconds = {quiet}
min_free_mb = 1
{more}
[peers.archive]
ae_title = "ORTHANC"
address = "127.0.0.1"
port = 4242
[[rules]]
modality = "CT"
min_slices = 20
send_to = ["{peer}"]
"""
WEB = '[peers.web]\nurl = "http://127.0.0.1:8042/dicom-web"\n'


def node(
    archive: Archive, folder: Path, quiet: float = 2.0, peer: str = "archive", more: str = ""
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """Run a node beside Orthanc, once it listens."""
    config = CONFIG.format(quiet=quiet, peer=peer, more=more) + (WEB if peer == "web" else "")
    return running_node(archive, folder, config, b"PLEURA listens on 127.0.0.1 port 11112\n")


def send_to_node(archive: Archive) -> None:
    """Have Orthanc send all that it has."""
    instances = archive.client("curl", "--silent", "http://127.0.0.1:8042/series").stdout
    url = "http://127.0.0.1:8042/modalities/pleura/store"
    answer = archive.client("curl", "--silent", "--fail", "--data-binary", "@-", url, sent=instances)
    assert json.loads(answer.stdout)["FailedInstancesCount"] == 0


def segmentations(archive: Archive, study: str) -> list[str]:
    """Return the UIDs of the segmentations of a study, as QIDO-RS has them."""
    found = archive.ask_data(f"/{study}/instances")
    return [one.SOPInstanceUID for one in found if one.Modality == "SEG"]


def wait_for_segmentation(archive: Archive, study: str) -> list[str]:
    until = time.monotonic() + PATIENCE
    while not (found := segmentations(archive, study)) and time.monotonic() < until:
        time.sleep(0.2)
    return found


def wait_for_none_left(folder: Path) -> list[Path]:
    """Return what a node still has to do, once that is nothing."""
    until = time.monotonic() + PATIENCE
    while left := [path for path in folder.glob("*/*") if path.parent.name != "receiving"]:
        if time.monotonic() > until:
            break
        time.sleep(0.2)
    return left


@pytest.fixture
def scan(tmp_path: Path) -> list[Path]:
    write_dicom(chest((24, 64, 64), (13.0, 6.0, 6.0)), tmp_path / "scan")
    return sorted((tmp_path / "scan").iterdir())


def test_a_series_goes_to_the_node_and_its_segmentation_comes_back(scan: list[Path], tmp_path: Path) -> None:
    study = str(pydicom.dcmread(scan[0]).StudyInstanceUID)
    with running(DicomModalities=MODALITIES) as archive, node(archive, tmp_path):
        assert archive.store(scan).returncode == 0
        send_to_node(archive)
        assert len(wait_for_segmentation(archive, study)) == 1


def test_a_series_that_the_archive_has_no_more_of_waits_for_no_quiet_time_and_its_segmentation_comes_over_the_web(
    scan: list[Path], tmp_path: Path
) -> None:
    pytest.importorskip("dicomweb_client")
    study = str(pydicom.dcmread(scan[0]).StudyInstanceUID)
    with (
        running(DicomModalities=MODALITIES) as archive,
        node(archive, tmp_path, quiet=2.0 * PATIENCE, peer="web", more='archive = "archive"'),
    ):
        archive.store(scan)
        send_to_node(archive)
        assert len(wait_for_segmentation(archive, study)) == 1


def test_a_node_that_is_killed_at_any_time_sends_one_segmentation_all_the_same(
    scan: list[Path], tmp_path: Path
) -> None:
    study = str(pydicom.dcmread(scan[0]).StudyInstanceUID)
    with running(DicomModalities=MODALITIES) as archive:
        archive.store(scan)
        with node(archive, tmp_path) as process:
            send_to_node(archive)
            process.send_signal(signal.SIGKILL)
        for seconds in (0.5, 2.5, 4.0, 6.0):
            with node(archive, tmp_path, quiet=1.0) as process:
                time.sleep(seconds)
                process.send_signal(signal.SIGKILL)
        with node(archive, tmp_path, quiet=1.0):
            assert len(wait_for_segmentation(archive, study)) == 1
            assert wait_for_none_left(tmp_path / "node") == []
        assert len(segmentations(archive, study)) == 1
