"""What is said of callers who are not let in: each once in a while, so that no flood of calls fills the disk."""

from __future__ import annotations

import time
from threading import Lock
from typing import TYPE_CHECKING

from pleura.serving.counts import Counts
from pleura.serving.log import LOG

if TYPE_CHECKING:
    from pynetdicom.association import Association

_REPEAT_SECONDS = 60.0
"""Before the same is said again."""
_MOST_LINES = 10
"""Different lines in that time: with some 100 bytes each, 1.4 MB a day at most."""
_CALLING, _CALLED = 3, 7
"""Reasons of a rejection by the service user: the AE title of the caller, or that which it calls (PS3.8, 9.3.4)."""
_BY_USER = 1
"""Source of such a rejection."""


class Refusals:
    """Counts calls that are refused, and logs them with their reason."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._lock = Lock()
        self._began = -_REPEAT_SECONDS
        self._logged: set[str] = set()
        self._unlogged = 0

    def add(self, address: str, why: str) -> None:
        """Count a call from an address, and log it, unless the same, or much else, was logged just now."""
        self._counts.add("associations_rejected")
        text = f"a call from {address} is refused: {why}"
        with self._lock:
            more = self._begin_anew()
            if text in self._logged or len(self._logged) >= _MOST_LINES:
                self._unlogged += 1
                return
            self._logged.add(text)
        if more:
            LOG.warning("%d more calls were refused", more)
        LOG.warning("%s", text)

    def _begin_anew(self) -> int:
        """Forget what was logged where it is long ago; return how many calls were not logged meanwhile."""
        now = time.monotonic()
        if now - self._began < _REPEAT_SECONDS:
            return 0
        more, self._unlogged, self._began = self._unlogged, 0, now
        self._logged.clear()
        return more


def why_rejected(association: Association) -> str:
    """Return why pynetdicom has rejected an association, with the AE titles, which name machines."""
    request, answer = association.requestor.primitive, association.acceptor.primitive
    assert request is not None
    assert answer is not None  # else nothing is rejected
    reason = answer.diagnostic if answer.result_source == _BY_USER else 0
    if reason == _CALLING:
        return f"its AE title {request.calling_ae_title!r} is none of calling_titles"
    if reason == _CALLED:
        return f"it calls {request.called_ae_title!r}, and ae_title is {association.acceptor.ae_title!r}"
    return "too many are connected"
