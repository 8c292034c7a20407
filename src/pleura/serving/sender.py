"""The side of a node that calls: results go to peers by C-STORE, again and again where one does not answer."""

from __future__ import annotations

import logging
import shutil
import time
from collections import Counter
from threading import Event
from typing import Any

from pleura.serving.config import NodeConfig, Peer
from pleura.serving.storage import NodeStorage, Outgoing

_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 600.0
"""Seconds after which a peer is tried again: doubled each time, for one that starts anew, or is down for the night."""
_PAUSE = 0.5
"""Seconds between two looks at what waits."""
_CONNECT = 10.0
"""Seconds in which a peer that is there has answered, with the first packets lost too (sent again after 1, 3 and 7)."""
_ANSWER = 60.0
"""Seconds in which an archive that is busy has filed an object."""
_NO_ASSOCIATION, _NO_PEER = "no association", "no such peer"
_TRIES = 200
"""Before a result is put among what failed: a day and more of pauses of ten minutes."""

_log = logging.getLogger("pleura.node")


class Sender:
    """Sends what waits in the folders of a node."""

    def __init__(self, config: NodeConfig, storage: NodeStorage, counts: Counter[str]) -> None:
        self._config, self._storage, self._counts = config, storage, counts
        self._tries: Counter[str] = Counter()
        self._next: dict[str, float] = {}

    def run(self, stopped: Event) -> None:
        """Send what waits, until an event is set."""
        while not stopped.is_set():
            try:
                self.send_waiting(stopped)
            except OSError as error:
                _log.error("what waits to be sent cannot be listed: %s", type(error).__name__)
                stopped.wait(_FIRST_PAUSE)
            stopped.wait(_PAUSE)

    def send_waiting(self, stopped: Event) -> None:
        """Send all that is due; a peer with which there is no association is called once."""
        unreachable: set[str] = set()
        for one in self._storage.waiting():
            name = f"{one.folder.parent.name}/{one.peer}"
            if stopped.is_set():
                return
            if self._next.get(name, 0.0) > time.monotonic():
                continue
            refused = _NO_ASSOCIATION if one.peer in unreachable else self._refused(one)
            if refused == _NO_ASSOCIATION:
                unreachable.add(one.peer)
            try:
                self._note(one, name, refused)
            except OSError as error:
                self._next[name] = time.monotonic() + _LONGEST_PAUSE
                _log.error("%s: %s", name, type(error).__name__)

    def _refused(self, one: Outgoing) -> str:
        """Send a result, and return why it is not sent, or nothing."""
        peer = self._config.peers.get(one.peer)
        if peer is None:
            return _NO_PEER
        try:
            return _store(self._config, peer, one)
        except Exception as error:  # of this result, or of this peer: others may be sent all the same
            return type(error).__name__

    def _note(self, one: Outgoing, name: str, refused: str) -> None:
        """Let go of a result that is sent, and say when one that is not is tried again."""
        if not refused:
            shutil.rmtree(one.folder)  # all objects are gone from it
            self._counts["results_sent"] += 1
            self._tries.pop(name, None)
            self._next.pop(name, None)
            return
        self._tries[name] += 1
        self._counts["sends_failed"] += 1
        pause = min(_FIRST_PAUSE * 2 ** min(self._tries[name] - 1, 20), _LONGEST_PAUSE)
        self._next[name] = time.monotonic() + pause
        _log.warning("%s: not sent (%s), try %d; again in %.0f s", name, refused, self._tries[name], pause)
        if self._tries[name] >= _TRIES or refused == _NO_PEER:
            self._storage.fail(one.folder, {"error": "not-sent", "why": refused, "tries": self._tries[name]})


def _store(config: NodeConfig, peer: Peer, one: Outgoing) -> str:
    """Send objects to a peer, remove each that it takes, and return why it did not take all, or nothing."""
    from pydicom import dcmread
    from pynetdicom import AE

    entity: Any = AE(ae_title=config.ae_title)
    entity.connection_timeout = _CONNECT
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = _ANSWER
    if not one.files:  # a kill came between the last object and its folder
        return ""
    datasets = {file: dcmread(file) for file in one.files}
    for dataset in datasets.values():
        entity.add_requested_context(dataset.SOPClassUID, dataset.file_meta.TransferSyntaxUID)
    association = entity.associate(peer.address, peer.port, ae_title=peer.ae_title)
    if not association.is_established:
        return _NO_ASSOCIATION
    try:
        for file, dataset in datasets.items():
            try:
                status = association.send_c_store(dataset)
            except (ValueError, RuntimeError) as error:  # not negotiated, or the association is lost
                return type(error).__name__
            code = int(getattr(status, "Status", -1))
            if code and code & 0xF000 != 0xB000:  # a warning says that it was stored all the same
                return f"status {code:04X}" if code > 0 else "no answer"
            file.unlink()
    finally:
        association.release()
    return ""
