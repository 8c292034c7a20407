"""Chromium without a window, and what it says of a page: requests, complaints, and what axe-core finds.

Debian: `apt-get install chromium`. Where there is none, or no playwright, tests are skipped.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
SCREENS = {"desktop, light": (1280, 800, "light"), "phone, dark": (390, 844, "dark")}
"""Width, height and colours."""


@dataclass
class Opened:
    """A page that a browser has open, and what it asked for and complained of."""

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def violations(self) -> list[str]:
        """Return what axe-core finds, with the elements concerned."""
        from axe_core_python.sync_playwright import Axe

        found = Axe().run(self.page)["violations"]
        return [f"{one['id']}: {[node['html'][:100] for node in one['nodes']]}" for one in found]

    @property
    def is_too_wide(self) -> bool:
        """Whether the page has to be moved sideways as a whole."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Return Chromium; skip where it is not installed."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    pytest.importorskip("axe_core_python", reason="axe-core-python is not installed")
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("chromium is not installed (Debian: apt-get install chromium)")
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(params=SCREENS.values(), ids=SCREENS)
def open_page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Return a function that opens a file as on a screen of each kind."""
    width, height, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)

    def opened(file: Path) -> Opened:
        found = Opened(context.new_page())
        found.page.on("request", lambda one: one.url.startswith("data:") or found.requests.append(one.url))
        found.page.on("console", lambda one: found.complaints.append(one.text))
        found.page.on("pageerror", lambda one: found.complaints.append(str(one)))
        found.page.goto(file.absolute().as_uri())
        return found

    yield opened
    context.close()
