"""The verbs under one name, and what holds for all of them."""

from __future__ import annotations

from typing import Annotated

import typer

from pleura import __version__
from pleura.cli.demo import demo
from pleura.cli.info import info
from pleura.cli.segment import segment

EPILOG = "Exit codes: 0 all done; 1 some of several scans failed; 2 nothing done (bad usage or input); 130 interrupted."

# Without rich markup help and usage errors are plain text, and rich is imported for progress bars alone.
app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None, epilog=EPILOG
)
app.command(epilog=EPILOG)(segment)
app.command()(info)
app.command()(demo)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pleura {__version__}")
        raise typer.Exit


@app.callback()
def pleura(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Right and left lung from any chest CT, on the scan's own grid, in seconds, on a CPU, offline."""
