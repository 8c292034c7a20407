"""The parsers of the command line: one for each verb, whose errors are one line that says what may have been meant."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterable
from dataclasses import fields
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn, TypeVar

from pleura.cli.console import NOTHING_DONE, fail

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

VERBS = {
    "segment": "mark the right and the left lung of each scan",
    "batch": "segment thousands of scans, and go on after whatever ended the run",
    "node": "receive series as a DICOM node, segment them, and send results to peers",
    "convert": "write a mask in another format, on the grid of its scan",
    "measure": "say what the lungs of a scan measure, and what limits the numbers",
    "compare": "say what changed between two scans of one patient, or two masks of one scan",
    "table": "print a table of masks, a row a mask",
    "info": "say what a scan is, without segmenting it",
    "prepare": "make a data set of images and masks, to train and evaluate on",
    "train": "train a network on a data set",
    "export": "turn a training run into a model that segment runs",
    "evaluate": "compare masks with references, or a model with a data set",
    "demo": "draw a chest CT with known lungs, segment it, and compare",
    "completion": "print what makes a shell complete verbs and options",
}
EXIT_CODES = """exit codes:
  0    all done
  1    some of several scans failed, or the results could not be printed
  2    nothing done: bad usage or input
  3    all done, with a warning (or low quality) where --fail-on-warning (--fail-below) asks
  129  ended by SIGHUP, as when the terminal is closed
  130  interrupted
  143  ended by SIGTERM"""

_ALIKE = 0.7
"""Likeness (`difflib`: equal letters / letters) from which a word counts as misspelt: `segmnet` of `segment` 0.86."""


Options = TypeVar("Options", bound="DataclassInstance")


class Parser(ArgumentParser):
    """An `ArgumentParser` whose errors are one line, with the option that may have been meant."""

    def error(self, message: str) -> NoReturn:
        """Print the error and leave with the exit code of bad usage."""
        _, unknown, words = message.partition("unrecognized arguments: ")
        options = [option for action in self._actions for option in action.option_strings]
        meant = next((hint for word in words.split() if unknown and (hint := nearest(word, options))), "")
        self.refuse(message, meant)

    def knows(self, option: str) -> bool:
        """Say whether there is an option of this name."""
        return option in self._option_string_actions

    def refuse(self, message: str, meant: str = "") -> NoReturn:
        """Print an error with what may have been meant, or else with where the help is, and leave."""
        fail(f"{message}{meant or f'; {self.prog} --help shows what there is'}")
        sys.exit(NOTHING_DONE)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ``; did you mean X?`` for the known word that begins or is spelled much like this one, else nothing."""
    from difflib import get_close_matches

    bare = word.partition("=")[0].lstrip("-").lower()
    words = {one.lstrip("-"): one for one in known}
    begun = [name for name in words if bare and (name.startswith(bare) or bare.startswith(f"{name}-"))]
    found = begun or get_close_matches(bare, words, n=1, cutoff=_ALIKE)
    return f"; did you mean {words[found[0]]}?" if found else ""


def verb_parser(name: str) -> Parser:
    """Return the parser of what follows a verb; the docstring of the verb's module describes it."""
    verb = import_module(f"pleura.cli.{name}")
    parser = Parser(
        prog=f"pleura {name}",
        description=verb.__doc__,
        epilog=EXIT_CODES,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    verb.add_arguments(parser)
    if not parser.knows("--fail-on-warning"):
        parser.epilog = "\n".join(line for line in EXIT_CODES.splitlines() if "--fail-on-warning" not in line)
    return parser


def options_of(kind: type[Options], found: Namespace) -> Options:
    """Return what was parsed as the options of a verb, a dataclass whose fields are its arguments."""
    return kind(**{field.name: getattr(found, field.name) for field in fields(kind)})


def first_parser() -> Parser:
    """Return the parser of what may stand in place of a verb."""
    from pleura import __version__

    verbs = "\n".join(f"  {name:11} {says}" for name, says in VERBS.items())
    parser = Parser(
        prog="pleura",
        usage="pleura VERB ...",
        description="Right and left lung from any chest CT or radiograph, on the scan's own grid, in seconds, offline.",
        epilog=f"verbs, each with a --help of its own (or: pleura help VERB):\n{verbs}\n\n{EXIT_CODES}",
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("-V", "--version", action="version", version=f"pleura {__version__}")
    return parser
