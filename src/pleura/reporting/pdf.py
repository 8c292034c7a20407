"""A page as PDF, printed by a browser of this machine, so that it looks as it does there.

The browser is led by playwright, gets the page as text, and fetches nothing: a page forbids requests.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from pleura.errors import MissingExtra, UnwritableOutput, missing_extra

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

T = TypeVar("T")

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


def refuse_without_browser() -> None:
    """Raise `MissingExtra` where no page can be printed: `missing-extra`, or `no-browser`; a second, before hours."""
    _in_own_thread(lambda playwright: _browser(playwright, "pleura").close())


def as_pdf(page: str) -> bytes:
    """Return a page as PDF, which begins with the same signature and holds no clock.

    Raises
    ------
    MissingExtra
        Playwright is not installed (`missing-extra`), or there is no browser (`no-browser`).
    UnwritableOutput
        The browser does not print it (`not-written`).
    """
    printed = _in_own_thread(lambda playwright: _printed(playwright, page))
    return _CLOCK.sub(rb"\g<1>19700101000000+00'00'", printed)


def _in_own_thread(use: Callable[[Playwright], T]) -> T:
    """Return what is made with playwright, which refuses a thread that runs an event loop, as notebooks do."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise missing_extra("playwright", "pdf") from None

    def used() -> T:
        with sync_playwright() as playwright:
            return use(playwright)

    with ThreadPoolExecutor(1) as thread:
        try:
            return thread.submit(used).result()
        except Error as error:
            text = f"the browser does not print the page ({error.message.splitlines()[0]}); print the page itself"
            raise UnwritableOutput(text, code="not-written") from error


def _printed(playwright: Playwright, page: str) -> bytes:
    signature = _SIGNATURE.search(page)
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

    launch = partial(playwright.chromium.launch, args=[f"--user-agent={name}"])
    programs = [partial(launch, executable_path=program) for program in filter(None, map(shutil.which, _PROGRAMS))]
    for start in (*programs, *(partial(launch, channel=channel) for channel in _CHANNELS)):
        try:
            return start()
        except Error:  # it is not installed, or a stand-in that only says how to install it
            continue
    text = "a PDF is printed by Chrome, Chromium or Edge; install one of them, or run: playwright install chromium"
    raise MissingExtra(text, code="no-browser")
