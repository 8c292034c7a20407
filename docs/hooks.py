"""What the site does beyond its pages: the model card and the changelog, which lie above `docs/`, become pages of it.

The files stay where people and package registries look for them; links to and from them are turned on the way.
"""

from __future__ import annotations

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
BORROWED = {"MODEL_CARD.md": "model-card.md", "CHANGELOG.md": "changelog.md"}
"""File above `docs/` -> page of the site."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are files of the project's root, with their links as seen from `docs/`."""
    for source, page in BORROWED.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, page, content=text.replace("](docs/", "](")))
    return files


def on_page_markdown(markdown: str, *, page: Page, **_: object) -> str:
    """Point links to those files at their pages."""
    up = "../" * page.file.src_uri.count("/")
    for source, target in BORROWED.items():
        markdown = re.sub(rf"\]\((\.\./)+{re.escape(source)}", f"]({up}{target}", markdown)
    return markdown
