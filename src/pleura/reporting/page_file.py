"""A page as a file: one name for what it may be called, and one way to write it."""

from __future__ import annotations

from pathlib import Path

from pleura.errors import UnwritableOutput
from pleura.files import atomic_write


def check_page_name(path: Path) -> None:
    """Raise `UnwritableOutput` (`unknown-suffix`) where a page cannot be called so; better before it is made."""
    if path.suffix.lower() != ".html":
        raise UnwritableOutput(f"{path}: a page is HTML; end its name in .html", code="unknown-suffix")


def write_page(path: Path, page: str) -> None:
    """Write a page whose name was checked, as a whole or not at all.

    Raises
    ------
    UnwritableOutput
        Nothing can be written there.
    """
    with atomic_write(path) as file:
        file.write(page.encode())
