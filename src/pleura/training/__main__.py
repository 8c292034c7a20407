"""``python -m pleura.training CONFIG.toml RUN``: train, or go on with, one run."""

from __future__ import annotations

import sys
from pathlib import Path

from pleura.training.config import load_config
from pleura.training.loop import train

if __name__ == "__main__":
    train(load_config(Path(sys.argv[1])), Path(sys.argv[2]))
