"""Rules that no linter knows: one idea a file, functions that fit on a screen, the field's own words, plain English."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from refused_words import ANYWHERE, FUNCTIONS, IN_PACKAGE, MODULES, PROSE

ROOT = Path(__file__).parents[1]
FOLDERS = ("src", "tests", "benchmarks", "recipes", "scripts", "docs")
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
TEXTS = sorted(path for folder in ("docs", "tests", "recipes") for path in (ROOT / folder).rglob("*.md"))
PAGES = [*TEXTS, *sorted(ROOT.glob("*.md")), ROOT / "pyproject.toml", ROOT / ".ci" / "run"]
LONGEST_FILE, LONGEST_BODY = 300, 45
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}
WORDS = re.compile(rf"(?<![a-z])({'|'.join(PROSE)})(e?s)?(?![a-z])", re.IGNORECASE)
"""A refused word, also between underscores."""


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(text(path))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(parsed(path)))


def body_length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function below its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def names_given(path: Path) -> Iterator[str]:
    """Yield what a file names: functions, classes, arguments, variables, attributes and what it imports as another."""
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.alias) and node.asname:
            yield node.asname


def prose(path: Path) -> Iterator[str]:
    """Yield the comments and docstrings of a file, also those below a constant."""
    if path.stem == "refused_words":
        return
    for node in nodes(path):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value
    for token in tokenize.generate_tokens(io.StringIO(text(path)).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def refused(sentence: str) -> set[str]:
    return {word.lower() for word, _ in WORDS.findall(sentence)}


def package(path: Path) -> str:
    """Return the package that a file is of, or tests."""
    parts = path.relative_to(ROOT).parts
    return parts[2] if parts[0] == "src" else parts[1] if parts[0] == "tests" else ""


def faults(paths: Iterable[Path], of: Callable[[Path], Any]) -> dict[str, Any]:
    """Return what is wrong with each file that has something wrong."""
    return {name(path): found for path in paths if (found := of(path))}


def test_a_file_is_one_idea() -> None:
    def unclear(path: Path) -> list[str]:
        found = [] if ast.get_docstring(parsed(path)) else ["a docstring says why the file exists"]
        return found + ["its name says nothing"] * (path.stem in EMPTY_NAMES)

    assert faults(FILES, unclear) == {}


def test_no_file_is_too_long() -> None:
    def excess(path: Path) -> int:
        return max(0, len(text(path).splitlines()) - LONGEST_FILE)

    assert faults(FILES, excess) == {}


def test_a_function_fits_on_a_screen() -> None:
    def long(path: Path) -> dict[str, int]:
        functions = [one for one in nodes(path) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
        return {one.name: body_length(one) for one in functions if body_length(one) > LONGEST_BODY}

    assert faults(FILES, long) == {}


def test_names_are_words_of_the_field() -> None:
    def misnamed(path: Path) -> dict[str, str]:
        table = ANYWHERE | IN_PACKAGE.get(package(path), {})
        names = {given.lstrip("_") for given in names_given(path)}
        return {given: table.get(given, "see PROSE") for given in names if given in table or refused(given)}

    assert faults(FILES, misnamed) == {}


def test_functions_are_named_as_the_field_names_them() -> None:
    def misnamed(path: Path) -> dict[str, str]:
        table = FUNCTIONS.get(package(path), {})
        defined = [one for one in nodes(path) if isinstance(one, ast.FunctionDef | ast.ClassDef)]
        return {one.name: table[one.name.strip("_")] for one in defined if one.name.strip("_") in table}

    assert faults(FILES, misnamed) == {}


def test_modules_are_named_as_the_field_names_them() -> None:
    assert [path for path in FILES if path.stem.removeprefix("test_") in MODULES.get(package(path), ())] == []


def test_docstrings_and_comments_are_plain_english() -> None:
    suspects = [path for path in FILES if refused(text(path))]  # to find comments takes longer than to find words
    assert faults(suspects, lambda path: refused("\n".join(prose(path)))) == {}


def test_pages_are_plain_english() -> None:
    assert faults(PAGES, lambda path: refused(text(path))) == {}


def test_words_are_seen_in_names_and_sentences_but_not_inside_other_words() -> None:
    assert {word.lower() for word, _ in WORDS.findall("ROOMS, until_told, doubts; wishes.")} == {
        "room",
        "told",
        "doubt",
        "wish",
    }
    assert WORDS.findall("broad doubtful household indoors mushroom np.flooring") == []
