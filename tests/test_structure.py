"""What holds for the files of all packages: they import in one direction, and each has its tests."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "pleura"
UPWARDS = {("pleura.segmentation", "pleura.writing"), ("pleura.segmentation", "pleura.reporting.scan")}
"""`Segmentation.write` and `report`, for callers: the imports are made when they are called."""


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(SOURCE.rglob("*.py"))}


def imports(name: str) -> Iterator[str]:
    """Yield the modules of ours that a module imports, also within functions, but not for type checkers alone."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    for block in [node for node in ast.walk(tree) if isinstance(node, ast.If)]:
        if isinstance(block.test, ast.Name) and block.test.id == "TYPE_CHECKING":
            block.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            parts = (f"{node.module}.{one.name}" for one in node.names)
            yield from (part if part in MODULES else node.module for part in parts)


def reached(start: str, graph: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        waiting += (new := graph[waiting.pop()] - found)
        found |= new
    return found


def test_no_file_imports_itself_by_way_of_others() -> None:
    graph = {
        name: {other for other in imports(name) if other in MODULES and other != name and (name, other) not in UPWARDS}
        for name in MODULES
    }
    assert [name for name in MODULES if name in reached(name, graph)] == []


def test_imports_are_absolute() -> None:
    for path in MODULES.values():
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        assert not any(isinstance(node, ast.ImportFrom) and node.level for node in nodes), path


def test_each_module_has_a_file_of_tests_or_a_line_that_says_which_file_tests_it() -> None:
    page = (ROOT / "tests" / "README.md").read_text(encoding="utf-8").partition("## Modules without")[2]
    rows = re.findall(r"^\| `([\w/]+\.py)` \| (.+?) \|", page, re.MULTILINE)
    files = {path.relative_to(SOURCE) for path in MODULES.values() if path.stem != "__init__"}
    without = {str(file) for file in files if not (ROOT / "tests" / file.parent / f"test_{file.stem}.py").is_file()}
    assert without - {module for module, _ in rows} == set()
    assert {module for module, _ in rows if not (SOURCE / module).is_file()} == set()
    tests = {test for _, tested in rows for test in re.findall(r"`([\w/]+\.py)`", tested)}
    assert {test for test in tests if not (ROOT / "tests" / test).is_file()} == set()


def test_the_page_of_the_tests_names_what_is_there() -> None:
    page = (ROOT / "tests" / "README.md").read_text(encoding="utf-8").partition("## Modules without")[0]
    rows = re.findall(r"^\| (`.+?`) \|", page, re.MULTILINE)
    named = {name for row in rows for name in re.findall("`(.+?)`", row)}
    assert {name for name in named if not (ROOT / "tests" / name).exists()} == set()
    beside = {path.name for path in (ROOT / "tests").glob("*.py")}
    assert beside - named - {f"test_{path.stem}.py" for path in SOURCE.glob("*.py")} == set()
