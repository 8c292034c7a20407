"""What a node logs; libraries, which quote the values that they read, and so patients, print nothing beside it."""

from __future__ import annotations

import logging
import threading
import warnings
from typing import TextIO

LOG = logging.getLogger("pleura.node")


def write_log(stream: TextIO, *, quiet: bool) -> None:
    """Write the log of the node to a stream, and nothing of any library; only warnings and errors where it is quiet."""
    quiet_libraries()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    LOG.handlers[:] = [handler]
    LOG.setLevel(logging.WARNING if quiet else logging.INFO)
    LOG.propagate = False


def quiet_libraries() -> None:
    """Let no library of this process print warnings, what it logs, or the text of an exception that ends a thread."""
    warnings.simplefilter("ignore")
    logging.lastResort = logging.NullHandler()  # it prints what no other handler takes
    threading.excepthook = _log_kind


def _log_kind(ended: threading.ExceptHookArgs) -> None:
    LOG.error("a thread ended: %s", ended.exc_type.__name__)
