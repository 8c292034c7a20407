"""The log of a node holds what the node says, and nothing that a library quotes of a patient."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from io import StringIO

import pytest

from pleura.serving.log import LOG, write_log


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """Return what is logged, and leave the process as it was."""
    for owner, name in ((logging, "lastResort"), (threading, "excepthook"), (LOG, "propagate")):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    handlers, level = LOG.handlers[:], LOG.level
    with warnings.catch_warnings():
        yield StringIO()
    LOG.handlers[:] = handlers
    LOG.setLevel(level)


def test_what_libraries_say_is_not_printed(log: StringIO, capfd: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    under_pytest, root.handlers[:] = root.handlers[:], []
    try:
        write_log(log, quiet=False)
        warnings.warn("Invalid value for VR PN: 'Doe^John'", UserWarning, stacklevel=1)
        logging.getLogger("some.library").error("the element holds Doe^John")
        LOG.info("17 objects")
    finally:
        root.handlers[:] = under_pytest
    assert log.getvalue().endswith(" INFO 17 objects\n")
    assert log.getvalue().count("\n") == 1
    assert capfd.readouterr() == ("", "")


def test_of_what_ends_a_thread_only_the_kind_is_logged(log: StringIO, capfd: pytest.CaptureFixture[str]) -> None:
    def ends() -> None:
        raise ValueError("not a date: Doe^John")

    write_log(log, quiet=True)
    thread = threading.Thread(target=ends)
    thread.start()
    thread.join()
    assert log.getvalue().endswith(" ERROR a thread ended: ValueError\n")
    assert "Doe" not in log.getvalue() + capfd.readouterr().err


def test_a_quiet_log_holds_warnings_and_errors(log: StringIO) -> None:
    write_log(log, quiet=True)
    LOG.info("17 objects")
    LOG.warning("not sent")
    assert log.getvalue().count("\n") == 1
