"""The options that say of scans what their files do not: the same for every verb that reads scans."""

from __future__ import annotations

from argparse import ArgumentParser

from pleura.conventions import CONVENTIONS, MODALITIES


def add_scan_options(parser: ArgumentParser, *, default: str = "") -> None:
    """Add ``--modality`` and ``--convention``; `default` says in their help what holds without the second one."""
    parser.add_argument("--modality", choices=MODALITIES, default="auto", help="what pictures show")
    text = f"what masks of radiographs hold{default}"
    parser.add_argument("--convention", choices=CONVENTIONS, default="", help=text)
