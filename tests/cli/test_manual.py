"""The man page, written from the parsers."""

from __future__ import annotations

from pathlib import Path

from pleura.cli.app import VERBS
from pleura.cli.manual import manual

PAGE = Path(__file__).parents[2] / "docs" / "pleura.1"


def test_manual_page_is_what_the_parsers_say() -> None:
    remedy = "write it anew: python -m pleura.cli.manual > docs/pleura.1"
    assert manual() == PAGE.read_text(encoding="utf-8"), remedy


def test_manual_page_has_a_section_for_each_verb_and_each_exit_code() -> None:
    lines = manual().splitlines()
    assert [verb for verb in VERBS if not any(line.startswith(f".SS pleura {verb} ") for line in lines)] == []
    exits = lines[lines.index(".SH EXIT STATUS") :]
    codes = [line for line in exits if line.startswith(r"\fB")]
    assert codes == [rf"\fB{code}\fR" for code in (0, 1, 2, 3, 129, 130, 143)]


def test_no_line_of_the_text_is_taken_for_a_macro() -> None:
    macros = {".TH", ".SH", ".SS", ".PP", ".TP", ".B"}
    assert {line.split()[0] for line in manual().splitlines() if line.startswith((".", "'"))} <= macros
