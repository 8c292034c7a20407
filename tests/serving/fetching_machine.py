"""The folders of a node, and who fetches into them."""

from __future__ import annotations

from pathlib import Path
from threading import Event

from pleura.serving.config import NodeConfig, Query
from pleura.serving.counts import Counts
from pleura.serving.fetcher import Fetcher
from pleura.serving.known_series import KnownSeries
from pleura.serving.storage import NodeStorage


class Machine:
    """A node that is asked to fetch, and does nothing else."""

    def __init__(self, config: NodeConfig) -> None:
        folder = Path(config.folder)
        self.storage = NodeStorage(folder)
        self.known = KnownSeries(folder, self.storage)
        self.counts = Counts()
        self.fetcher = Fetcher(config, Query("web"), self.storage, self.known, self.counts)

    def ask(self, times: int = 1) -> list[int]:
        """Ask the archive, and return how many objects of each series have come by then."""
        for _ in range(times):
            self.fetcher.fetch_new(Event())
        return self.came

    @property
    def came(self) -> list[int]:
        assert list(self.storage.receiving.iterdir()) == []
        return [len(list(folder.glob("*.dcm"))) for folder in self.storage.incoming.iterdir()]

    def close(self) -> None:
        self.known.close()
        self.storage.close()
