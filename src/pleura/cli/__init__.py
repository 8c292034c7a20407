"""The command line: every verb parses, calls one function of the library, and prints."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `pleura` with the given arguments, or those of the process, and return its exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    try:
        from pleura.cli.process import exit_code

        return exit_code(lambda: _run(given))
    except KeyboardInterrupt:  # during the first imports, or at the very end
        return 130


def _run(given: Sequence[str]) -> int:
    if given in (["--version"], ["-V"], ["version"]):
        # Answered before anything heavy is imported: scripts ask this often and want no wait.
        from pleura import __version__
        from pleura.cli.console import say

        say(f"pleura {__version__}")
        return 0
    from pleura.cli.app import run

    return run(given)
