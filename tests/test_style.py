"""The rules of the house that no linter knows: one idea a file, functions that fit on a screen, names that say what."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "benchmarks").glob("*.py"), *(ROOT / "recipes").rglob("*.py")])
LONGEST_FILE, LONGEST_BODY = 400, 60
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "manager", "common", "misc"}


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def body_length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function below its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_one_idea(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), "a docstring says why the file exists"
    assert len(text.splitlines()) <= LONGEST_FILE
    assert path.stem not in EMPTY_NAMES
    assert {
        function.name: body_length(function) for function in functions(path) if body_length(function) > LONGEST_BODY
    } == {}
