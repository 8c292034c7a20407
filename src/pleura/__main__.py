"""``python -m pleura`` is the command line, for `torchrun` and for places where scripts are not on the path."""

from __future__ import annotations

import sys

from pleura.cli import main

if __name__ == "__main__":
    sys.exit(main())
