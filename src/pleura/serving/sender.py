"""The side of a node that calls: results go to peers by C-STORE, again and again where one does not answer."""

from __future__ import annotations

import logging
import time
from collections import Counter
from typing import Any

from pleura.serving.config import NodeConfig, Peer
from pleura.serving.storage import NodeStorage, Outgoing

_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 600.0
"""Seconds after which a peer is tried again: doubled each time, for one that starts anew, or is down for the night."""
_TRIES = 200
"""Before a result is put among what failed: a day and more of pauses of ten minutes."""

_log = logging.getLogger("pleura.node")


class Sender:
    """Sends what waits in the folders of a node."""

    def __init__(self, config: NodeConfig, storage: NodeStorage, counts: Counter[str]) -> None:
        self._config, self._storage, self._counts = config, storage, counts
        self._tries: Counter[str] = Counter()
        self._next: dict[str, float] = {}

    def send_waiting(self) -> None:
        """Send all that is due."""
        for one in self._storage.waiting():
            name = f"{one.folder.parent.name}/{one.peer}"
            if self._next.get(name, 0.0) <= time.monotonic():
                self._send(one, name)

    def _send(self, one: Outgoing, name: str) -> None:
        peer = self._config.peers.get(one.peer)
        refused = _store(self._config, peer, one) if peer else "no such peer"
        if not refused:
            self._counts["results_sent"] += 1
            one.folder.rmdir()
            self._tries.pop(name, None)
            return
        self._tries[name] += 1
        self._counts["sends_failed"] += 1
        pause = min(_FIRST_PAUSE * 2 ** min(self._tries[name] - 1, 20), _LONGEST_PAUSE)
        self._next[name] = time.monotonic() + pause
        _log.warning("%s: not sent (%s), try %d; again in %.0f s", name, refused, self._tries[name], pause)
        if self._tries[name] >= _TRIES or not peer:
            self._storage.fail(one.folder, {"error": "not-sent", "why": refused, "tries": self._tries[name]})


def _store(config: NodeConfig, peer: Peer, one: Outgoing) -> str:
    """Send objects to a peer, remove each that it takes, and return why it did not take all, or nothing."""
    from pydicom import dcmread
    from pynetdicom import AE

    entity: Any = AE(ae_title=config.ae_title)
    entity.connection_timeout = entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = 60
    datasets = {file: dcmread(file) for file in one.files}
    for dataset in datasets.values():
        entity.add_requested_context(dataset.SOPClassUID, dataset.file_meta.TransferSyntaxUID)
    association = entity.associate(peer.address, peer.port, ae_title=peer.ae_title)
    if not association.is_established:
        return "no association"
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
