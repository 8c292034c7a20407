"""Nothing leaves the machine and nothing is fetched: a scan is segmented with every socket shut."""

from __future__ import annotations

import socket

import numpy as np
import pytest

import pleura
from pleura.phantom import chest


def test_segmenting_opens_no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    result = pleura.segment(chest().volume)
    assert np.unique(result.labels).tolist() == [0, 1, 2]
