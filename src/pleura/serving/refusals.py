"""What is said of calls and objects that are refused: each once in a while, so that no flood of them fills the disk."""

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
    """Counts what is refused, and logs it with the reason.

    Parameters
    ----------
    counted : under which name
    what : it is, in the plural
    """

    def __init__(self, counts: Counts, counted: str, what: str) -> None:
        self._counts, self._counted, self._what = counts, counted, what
        self._lock = Lock()
        self._began = -_REPEAT_SECONDS
        self._logged: set[str] = set()
        self._unlogged = 0

    def add(self, text: str) -> None:
        """Count a refusal, and log it, unless the same, or much else, was logged just now."""
        self._counts.add(self._counted)
        with self._lock:
            more = self._begin_anew()
            if text in self._logged or len(self._logged) >= _MOST_LINES:
                self._unlogged += 1
                return
            self._logged.add(text)
        if more:
            LOG.warning("%d more %s were refused", more, self._what)
        LOG.warning("%s", text)

    def _begin_anew(self) -> int:
        """Forget what was logged where it is long ago; return how many were not logged meanwhile."""
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
