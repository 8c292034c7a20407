"""Where libraries keep caches that nobody asked for: in a temporary folder that is gone afterwards.

Importing PyTorch's compiler makes a folder in the temporary folder, and drawing with matplotlib a list of fonts in the
home folder, whether or not anything is cached.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from pleura.temporary import temporary_folder

TORCH, MATPLOTLIB = "TORCHINDUCTOR_CACHE_DIR", "MPLCONFIGDIR"
"""The environment variables that say where PyTorch's compiler and matplotlib keep theirs."""


@contextmanager
def temporary_cache(*variables: str) -> Iterator[None]:
    """Let environment variables name a temporary folder while the block, or the decorated function, runs."""
    before = {name: os.environ.get(name) for name in variables}
    with temporary_folder() as folder:
        os.environ.update(dict.fromkeys(variables, str(folder)))
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
