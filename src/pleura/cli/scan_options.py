"""The options that say of scans what their files do not: the same for every verb that reads scans."""

from __future__ import annotations

from argparse import ArgumentParser

from pleura.conventions import CONVENTIONS, MODALITIES, Convention
from pleura.errors import InvalidOption


def add_scan_options(parser: ArgumentParser, *, default: str = "") -> None:
    """Add ``--modality`` and ``--convention``; `default` says in their help what holds without the second one."""
    parser.add_argument("--modality", choices=MODALITIES, default="auto", help="what pictures show")
    text = f"what masks of radiographs hold{default}"
    parser.add_argument("--convention", choices=CONVENTIONS, default="", help=text)


def refuse_convention(convention: Convention) -> None:
    """Raise `InvalidOption` where a convention is asked of masks that are there already."""
    if convention:
        text = "--convention is of masks that are made; leave it out where they are given"
        raise InvalidOption(text, code="convention-unused")
