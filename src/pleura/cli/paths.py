"""Paths as arguments of the command line: none is empty, and one may begin with a dash."""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path

ESCAPE = "\0"
"""Put before a word that is a name although it begins with a dash; no argument can hold it."""


def given_path(text: str) -> str:
    """Return a path as it was given.

    Raises
    ------
    ArgumentTypeError
        It is empty, which a variable that is not set leaves behind, and which would mean the current folder.
    """
    if not text:
        raise ArgumentTypeError("an empty name; write . for the current folder")
    return text.removeprefix(ESCAPE)


def given_name(text: str) -> str:
    """Return the value of an option that may be left out.

    Raises
    ------
    ArgumentTypeError
        It is empty, which a variable that is not set leaves behind, and which is not what the option's default means.
    """
    if not text.strip():
        raise ArgumentTypeError("an empty name; leave the option out for what holds without it")
    return text


def path(text: str) -> Path:
    """Return a path; see `given_path`."""
    return Path(given_path(text))
