"""Where the four commands look for data, and where they put what they make."""

from __future__ import annotations

import sys
from pathlib import Path


def here(name: str) -> Path:
    """Return a path in the folder that the command was started in."""
    return Path.cwd() / name


def find_source() -> Path:
    """Return the folder with images/ and masks/: dataset/ or data/, here, above, or beside the scripts."""
    scripts = Path(__file__).resolve().parent
    places = [
        base / name for base in (Path.cwd(), Path.cwd().parent, scripts, scripts.parent) for name in ("dataset", "data")
    ]
    for place in places:
        if (place / "images").is_dir():
            return place
    sys.exit("no dataset/images or data/images here; put pictures there, and their masks into masks/ beside it")
