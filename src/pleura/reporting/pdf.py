"""A page as PDF, printed by a browser of this machine, so that it looks as it does there.

The browser is led by playwright, gets the page as text, and fetches nothing: a page forbids requests.
"""

from __future__ import annotations

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from pleura.errors import MissingExtra, missing_extra

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
"""What browsers that can print are called where programs are looked for."""
_CHANNELS = ("chrome", "msedge", "chromium")
"""Those that playwright finds where their installers put them, the last as it was installed by playwright."""
_SIGNATURE = re.compile(r'<meta name="generator" content="([^"]*)">')
_CLOCK = re.compile(rb"(/(?:Creation|Mod)Date \(D:)\d{14}\+00'00'")
_FOOT = (
    '<div style="font: 8px sans-serif; width: 100%; text-align: center">'
    '<span class="pageNumber"></span> of <span class="totalPages"></span></div>'
)


def refuse_without_playwright() -> None:
    """Raise `MissingExtra` where no page can be printed for want of playwright."""
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        raise missing_extra("playwright", "pdf") from None


def as_pdf(page: str) -> bytes:
    """Return a page as PDF, which begins with the same signature and holds no clock.

    Raises
    ------
    MissingExtra
        Playwright is not installed (`missing-extra`), or there is no browser (`no-browser`).
    """
    refuse_without_playwright()
    with ThreadPoolExecutor(1) as own_thread:  # playwright refuses one that runs an event loop, as notebooks do
        printed = own_thread.submit(_printed, page).result()
    return _CLOCK.sub(rb"\g<1>19700101000000+00'00'", printed)


def _printed(page: str) -> bytes:
    from playwright.sync_api import sync_playwright

    signature = _SIGNATURE.search(page)
    with sync_playwright() as playwright:
        browser = _browser(playwright, signature[1] if signature else "pleura")
        try:
            opened = browser.new_page()
            opened.set_content(page)
            return opened.pdf(
                format="A4",
                print_background=True,
                tagged=True,
                margin={"top": "12mm", "bottom": "16mm", "left": "12mm", "right": "12mm"},
                display_header_footer=True,
                header_template="<span></span>",
                footer_template=_FOOT,
            )
        finally:
            browser.close()


def _browser(playwright: Playwright, name: str) -> Browser:
    """Return a browser that calls itself so, as the PDF then states of its maker."""
    from playwright.sync_api import Error

    arguments = [f"--user-agent={name}"]
    for program in filter(None, map(shutil.which, _PROGRAMS)):
        return playwright.chromium.launch(executable_path=program, args=arguments)
    for channel in _CHANNELS:
        try:
            return playwright.chromium.launch(channel=channel, args=arguments)
        except Error:  # it is not installed
            continue
    text = "a PDF is printed by Chrome, Chromium or Edge; install one of them, or run: playwright install chromium"
    raise MissingExtra(text, code="no-browser")
