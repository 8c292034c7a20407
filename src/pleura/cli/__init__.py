"""The command line: every verb parses, calls one function of the library, and prints."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `pleura` with the given arguments, or those of the process, and leave with its exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given == ["--version"]:
        # Answered before the parser is imported: scripts ask this often and want no wait.
        from pleura import __version__

        sys.stdout.write(f"pleura {__version__}\n")
        return
    from pleura.cli.app import app

    app(given, prog_name="pleura")
