"""A page as a file: one name for what it may be called, and one way to write it, as HTML or as PDF."""

from __future__ import annotations

from pathlib import Path

from pleura.errors import UnwritableOutput
from pleura.files import atomic_write
from pleura.reporting.pdf import as_pdf, refuse_without_browser

_HTML, _PDF = ".html", ".pdf"


def check_page_name(path: Path) -> None:
    """Refuse a name that no page can be written under; better before it is made.

    Raises
    ------
    UnwritableOutput
        It ends in neither `.html` nor `.pdf` (`unknown-suffix`).
    MissingExtra
        PDF needs playwright.
    """
    suffix = path.suffix.lower()
    if suffix not in {_HTML, _PDF}:
        text = f"{path}: a page is HTML or PDF; end its name in {_HTML} or {_PDF}"
        raise UnwritableOutput(text, code="unknown-suffix")
    if suffix == _PDF:
        refuse_without_browser()


def write_page(path: Path, page: str) -> None:
    """Write a page whose name was checked, as a whole or not at all.

    Raises
    ------
    UnwritableOutput
        Nothing can be written there.
    MissingExtra
        PDF needs a browser.
    """
    content = as_pdf(page) if path.suffix.lower() == _PDF else page.encode()
    with atomic_write(path) as file:
        file.write(content)
