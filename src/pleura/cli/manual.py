"""The manual page, made from the parsers: ``python -m pleura.cli.manual > docs/pleura.1`` writes it anew.

References: man-pages(7) for its sections, groff_man(7) for its macros.
"""

from __future__ import annotations

import sys
from argparse import Action
from collections.abc import Iterator

from pleura import __version__
from pleura.cli.parser import EXIT_CODES, VERBS, Parser, first_parser, verb_parser


def manual() -> str:
    """Return the page as roff."""
    first = first_parser()
    lines = [f'.TH PLEURA 1 "" "pleura {__version__}" "User Commands"']
    lines += [".SH NAME", r"pleura \- right and left lung from any chest CT or radiograph"]
    lines += [".SH SYNOPSIS", r".B pleura \fIVERB\fR [\fIoptions\fR] ..."]
    lines += [".SH DESCRIPTION", _roff(first.description or ""), *_options(first)]
    lines += [".SH VERBS", _roff("Each has a --help of its own, and --debug, which shows tracebacks.")]
    lines += [line for verb in VERBS for line in _verb(verb)]
    lines += [".SH EXIT STATUS"]
    for line in EXIT_CODES.splitlines()[1:]:
        code, says = line.split(maxsplit=1)
        lines += [".TP", rf"\fB{code}\fR", _roff(says)]
    return "\n".join(lines) + "\n"


def _verb(name: str) -> Iterator[str]:
    parser = verb_parser(name)
    yield f".SS {_roff(_synopsis(parser))}"
    for paragraph in (parser.description or "").strip().split("\n\n"):
        yield ".PP"
        yield from map(_roff, paragraph.splitlines())
    yield from _options(parser)


def _synopsis(parser: Parser) -> str:
    """Return how the verb is called: ``pleura info [options] INPUT``."""
    words = {"?": "[{}]", "+": "{}...", "*": "[{}...]"}
    given = (
        words.get(str(action.nargs), "{}").format(action.metavar or action.dest)
        for action in parser._actions
        if not action.option_strings
    )
    return " ".join((parser.prog, "[options]", *given))


def _options(parser: Parser) -> Iterator[str]:
    for action in parser._actions:
        if parser.prog != "pleura" and {"--help", "--debug"} & {*action.option_strings}:
            continue
        value = "" if action.nargs == 0 else rf" \fI{_roff(_value(action))}\fR"
        names = ", ".join(rf"\fB{_roff(option)}\fR{value}" for option in action.option_strings)
        yield from (".TP", names or value.strip(), _roff((action.help or "").replace("%%", "%")))


def _value(action: Action) -> str:
    if action.choices:
        return "|".join(map(str, action.choices))
    return str(action.metavar or action.dest.upper())


def _roff(text: str) -> str:
    """Return text in which roff sees no command."""
    escaped = text.replace("\\", r"\(rs").replace("-", r"\-")
    return rf"\&{escaped}" if escaped.startswith((".", "'")) else escaped


if __name__ == "__main__":
    sys.stdout.write(manual())
