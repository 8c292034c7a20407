"""The side of a node that calls: results go to peers, again and again where one does not answer."""

from __future__ import annotations

import shutil
from collections import Counter
from contextlib import closing
from threading import Event

from pleura.serving import pauses
from pleura.serving.c_store import store
from pleura.serving.config import NodeConfig
from pleura.serving.counts import Counts
from pleura.serving.log import LOG
from pleura.serving.pauses import Pauses
from pleura.serving.peer_errors import NotReached, PeerError
from pleura.serving.storage import NodeStorage, Outgoing
from pleura.serving.stow import store_over_web

_POLL_SECONDS = 0.5
"""Seconds after which the folder of what waits is listed again."""
_NO_PEER = "no such peer"


class Sender:
    """Sends what waits in the folders of a node."""

    def __init__(self, config: NodeConfig, storage: NodeStorage, counts: Counts) -> None:
        self._config, self._storage, self._counts = config, storage, counts
        self._pauses = Pauses()
        self._tries: Counter[str] = Counter()

    def run(self, stopped: Event) -> None:
        """Send what waits, until an event is set."""
        while not stopped.is_set():
            try:
                self.send_waiting(stopped)
            except Exception as error:
                LOG.error("what waits to be sent: %s", type(error).__name__)
                stopped.wait(pauses.FIRST_SECONDS)
            stopped.wait(_POLL_SECONDS)

    def send_waiting(self, stopped: Event) -> None:
        """Send all that is due; a peer that cannot be reached is called once, and then left alone for a while."""
        unreached: set[str] = set()
        for result in self._storage.waiting():
            if stopped.is_set():
                return
            try:
                self._send_due(result, unreached)
            except Exception as error:  # it cannot be put among what failed: others may be sent all the same
                LOG.error("%s: %s, again in %.0f s", result.name, type(error).__name__, self._pauses.begin(result.name))

    def _send_due(self, result: Outgoing, unreached: set[str]) -> None:
        """Send a result whose pause and whose peer's is over."""
        if result.peer in unreached:
            self._count_try(result, "no association")
        elif all(self._pauses.is_over(name) for name in (result.name, result.peer)):
            try:
                self._send(result)
                self._pauses.forget(result.peer)
            except NotReached as error:
                unreached.add(result.peer)
                LOG.warning("%s: %s, called again in %.0f s", result.peer, error, self._pauses.begin(result.peer))
                self._count_try(result, str(error))
            except Exception as error:  # of this result, or of what the peer answers
                why = str(error) if isinstance(error, PeerError) else type(error).__name__
                LOG.warning("%s: not sent (%s), again in %.0f s", result.name, why, self._pauses.begin(result.name))
                self._count_try(result, why)

    def _send(self, result: Outgoing) -> None:
        """Send a result, and remove each object that is taken, and then its folder."""
        peer = self._config.peers.get(result.peer)
        if peer is None:
            self._fail(result, _NO_PEER)
            return
        files = result.files
        if files:  # none are left where a kill came between the last one and its folder
            sending = store_over_web(peer, files) if peer.url else store(peer, self._config.ae_title, files)
            with closing(sending) as taken:
                for file in taken:
                    file.unlink()
        shutil.rmtree(result.folder)
        self._forget(result)
        self._counts.add("results_sent")
        LOG.info("%s: %d objects sent", result.name, len(files))

    def _count_try(self, result: Outgoing, why: str) -> None:
        """Count a try in vain, the last of which puts a result among what failed."""
        self._tries[result.name] += 1
        self._counts.add("sends_failed")
        if self._tries[result.name] >= pauses.MOST_TRIES:
            self._fail(result, why)

    def _fail(self, result: Outgoing, why: str) -> None:
        self._storage.fail(result.folder, {"error": "not-sent", "message": why, "tries": self._tries[result.name]})
        LOG.error("%s: not sent (%s), kept among what failed", result.name, why)
        self._forget(result)

    def _forget(self, result: Outgoing) -> None:
        self._pauses.forget(result.name)
        self._tries.pop(result.name, None)
