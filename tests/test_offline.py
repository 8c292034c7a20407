"""Nothing leaves the machine and nothing is fetched: a series is read, segmented and written with every socket shut."""

from __future__ import annotations

import socket
from pathlib import Path

import numpy as np
import pytest

import pleura
from pleura.phantom import chest, write_dicom


@pytest.mark.parametrize("backend", ["onnxruntime", "openvino"])
def test_a_whole_run_opens_no_socket(backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a socket was opened")

    write_dicom(chest(), tmp_path / "scan")
    for door in ("socket", "create_connection", "getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, door, refuse)
    result = pleura.segment(tmp_path / "scan", backend=backend)
    result.write(tmp_path / "lungs.nii.gz")
    assert np.unique(result.labels).tolist() == [0, 1, 2]
