"""The mark that every file of ours bears near its beginning, by which a later run knows what it may replace."""

from __future__ import annotations

import re
from pathlib import Path

from pleura import __version__
from pleura.errors import UnreadableInput
from pleura.reading.sniff import beginning

MARK = f"pleura {__version__}"

_MARKED = re.compile(rb'pleura \d+\.\d+|^\{\s*"program": \{\s*"name": "pleura"')
_NEAR = 512


def is_ours(file: Path) -> bool:
    """Say whether a file is a mask, a record or a preview that `pleura` wrote."""
    try:
        return bool(_MARKED.search(beginning(file)[0][:_NEAR]))
    except (UnreadableInput, OSError):
        return False
