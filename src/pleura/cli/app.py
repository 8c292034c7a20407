"""The verbs under one name: which there are, and what becomes of whatever goes wrong in them.

The parser is the standard library's. Richer ones cost 0.17 s of each run, a tenth of what a whole scan takes.
"""

from __future__ import annotations

import io
import os
import re
import sys
from argparse import SUPPRESS, ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

from pleura import __version__
from pleura.cli.console import INTERRUPTED, NOTHING_DONE, SOME_FAILED, complain

VERBS = {
    "segment": "mark the right and the left lung of each scan",
    "info": "say what a scan is, without segmenting it",
    "prepare": "make a data set of images and masks, to train and evaluate on",
    "train": "train a network on a data set",
    "export": "turn a training run into a model that segment runs",
    "evaluate": "compare masks with references, or a model with a data set",
    "demo": "draw a chest CT with known lungs, segment it, and compare",
}
EXIT_CODES = """exit codes:
  0    all done
  1    some of several scans failed
  2    nothing done: bad usage or input
  130  interrupted"""


_BELOW_ZERO = re.compile(r"-\.?\d")


def run(given: Sequence[str]) -> int:
    """Run one verb with its arguments and return the exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a path may hold what the terminal cannot show
    if not given:
        _parser().print_help(sys.stderr)
        return NOTHING_DONE
    verb = import_module(f"pleura.cli.{_parser().parse_args(given[:1]).verb}")
    # Intermixed, so that options may stand between INPUT and OUTPUT.
    wishes = _verb_parser(given[0], verb).parse_intermixed_args(_with_values_joined(given[1:]))
    try:
        code: int = verb.run(wishes)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has left; Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SOME_FAILED
    except Exception as error:
        complain(error, debug=wishes.debug)
        return NOTHING_DONE
    return code


def _with_values_joined(given: Sequence[str]) -> list[str]:
    """Put `=` between an option and a value below zero, as in `--window -125,275`: argparse sees two options there."""
    words: list[str] = []
    for word in given:
        if words and re.fullmatch("--[^=]+", words[-1]) and _BELOW_ZERO.match(word):
            words[-1] += f"={word}"
        else:
            words.append(word)
    return words


def _verb_parser(name: str, verb: ModuleType) -> ArgumentParser:
    """Return the parser of what follows a verb; the verb's own docstring describes it."""
    parser = ArgumentParser(
        prog=f"pleura {name}",
        description=verb.__doc__,
        epilog=EXIT_CODES,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    verb.add_arguments(parser)
    return parser


def _parser() -> ArgumentParser:
    """Return the parser of the first word."""
    verbs = "\n".join(f"  {name:10}{says}" for name, says in VERBS.items())
    parser = ArgumentParser(
        prog="pleura",
        usage="pleura VERB ...",
        description="Right and left lung from any chest CT or radiograph, on the scan's own grid, in seconds, offline.",
        epilog=f"verbs, each with a --help of its own:\n{verbs}\n\n{EXIT_CODES}",
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"pleura {__version__}")
    parser.add_argument("verb", choices=VERBS, metavar="VERB", help=SUPPRESS)
    return parser
