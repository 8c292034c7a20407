"""The verbs under one name: which there are, and what becomes of whatever goes wrong in them.

The parser is the standard library's. Richer ones cost 0.17 s of each run, a tenth of what a whole scan takes.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from pleura.cli.console import NOTHING_DONE, OutputLost, complain
from pleura.cli.parser import VERBS, Parser, first_parser, nearest, options_of, verb_parser
from pleura.cli.paths import ESCAPE

_BELOW_ZERO = re.compile(r"-\.?\d")


def run(given: Sequence[str]) -> int:
    """Run one verb with its arguments and return the exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a path may hold what the terminal cannot show
    if given in ([], ["help"], ["help", "help"], ["help", "version"]):
        first_parser().print_help(sys.stdout if given else sys.stderr)
        return 0 if given else NOTHING_DONE
    if given[0] == "help":
        given = [given[1], "--help"]
    if given[0] not in VERBS:
        _refuse_verb(given[0])
    # Intermixed, so that options may stand between INPUT and OUTPUT.
    parser = verb_parser(given[0])
    found = parser.parse_intermixed_args(_with_names_kept(_with_values_joined(given[1:]), parser))
    try:
        verb = import_module(f"pleura.cli.{given[0]}")
        code: int = verb.run(options_of(verb.Options, found))
    except OutputLost:
        raise
    except Exception as error:
        complain(error, debug=found.debug)
        return NOTHING_DONE
    return code


def _refuse_verb(word: str) -> NoReturn:
    """Answer --help and --version, else say what may stand there instead of this word, and leave."""
    parser = first_parser()
    if word.startswith("-"):
        parser.parse_known_args([word])
        meant = nearest(word, ("--help", "--version")) or f"; options follow the verb: pleura segment {word}"
        parser.refuse(f"unrecognized arguments: {word}", meant)
    meant = nearest(word, VERBS)
    if not meant and Path(word).exists():
        meant = f"; to segment it: pleura segment {word}"
    parser.refuse(f"there is no verb {word!r}", meant)


def _with_values_joined(given: Sequence[str]) -> list[str]:
    """Put `=` between an option and a value below zero, as in `--window -125,275`: argparse sees two options there."""
    words: list[str] = []
    for word in given:
        if "--" not in words and words and re.fullmatch("--[^=]+", words[-1]) and _BELOW_ZERO.match(word):
            words[-1] += f"={word}"
        else:
            words.append(word)
    return words


def _with_names_kept(given: list[str], parser: Parser) -> list[str]:
    """Make names of all words after `--`, whatever they begin with, and say so where a file before it needs that."""
    end = given.index("--") if "--" in given else len(given)
    for word in given[:end]:
        if word[:1] == "-" and os.path.lexists(word) and word not in parser._option_string_actions:
            parser.error(f"{word} is there and begins with a dash: write ./{word}, or -- before the names")
    return [*given[:end], *(f"{ESCAPE}{word}" if word[:1] == "-" else word for word in given[end + 1 :])]
