"""A node that runs in a thread of the test, and what it has done."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pleura.serving.config import NodeConfig
from pleura.serving.node import Node

PATIENCE = 60


@contextmanager
def running(config: NodeConfig) -> Iterator[Node]:
    node = Node(config)
    stopped = threading.Event()
    thread = threading.Thread(target=node.run, args=(stopped,))
    thread.start()
    try:
        yield node
        assert thread.is_alive()
    finally:
        stopped.set()
        thread.join()
        node.close()


def wait_for(what: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not what() and time.monotonic() < until:
        time.sleep(0.05)
    assert what()


def empty(node: Node) -> bool:
    storage = node.storage
    return not any(
        list(folder.iterdir()) for folder in (storage.incoming, storage.taken, storage.outgoing, storage.segmented)
    )
