"""The site that the docs become: it is built without a warning, and reading it asks nobody but its own server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FETCHED = re.compile(r"<(?:script|img|iframe|source|link)\b[^>]*?\b(?:src|href)=[\"']?(?:https?:)?//[^\"' >]+")
"""What a browser loads by itself; a link that a reader may follow is none of them."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder]
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_model_cards_and_changelog_are_pages_with_their_links_turned(site: Path) -> None:
    for page, link in (("model-card", "../explanation/ct-or-radiograph/"), ("changelog", "https://keepachangelog.com")):
        assert f'href="{link}' in (site / page / "index.html").read_text(encoding="utf-8")
    assert 'href="../../model-card/' in (site / "how-to" / "fine-tune" / "index.html").read_text(encoding="utf-8")


def test_reading_the_site_fetches_nothing_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    assert {found for page in pages for found in FETCHED.findall(page.read_text(encoding="utf-8"))} == set()
    styles = "".join(page.read_text(encoding="utf-8") for page in site.rglob("*.css"))
    assert re.findall(r"url\([\"']?https?:[^)]*\)|@import", styles) == []
