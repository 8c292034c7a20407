"""The command line: every verb parses, calls one function of the library, and prints."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `pleura` with the given arguments, or those of the process, and return its exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given in (["--version"], ["-V"], ["version"]):
        # Answered before anything is imported: scripts ask this often and want no wait.
        from pleura import __version__

        sys.stdout.write(f"pleura {__version__}\n")
        return 0
    from pleura.cli.app import run

    return run(given)
