"""Files shown in the program that the desktop has for them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pleura.cli.console import warn


def open_file(path: Path) -> None:
    """Show a file; what stands in the way is a warning, since the result is there all the same."""
    try:
        if sys.platform == "win32":
            os.startfile(path)
        else:
            program = "open" if sys.platform == "darwin" else "xdg-open"
            nowhere = subprocess.DEVNULL
            subprocess.Popen(
                [program, str(path.absolute())], stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True
            )
    except OSError as error:
        warn(f"{path} cannot be shown: {error.strerror or error}")
