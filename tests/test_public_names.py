"""What `import pleura` offers, and what it says of itself."""

from __future__ import annotations

import ast
from importlib import metadata
from pathlib import Path

import pytest

import pleura


def test_every_public_name_can_be_had() -> None:
    for name in pleura.__all__:
        assert getattr(pleura, name).__name__ == name


def test_public_names_are_sorted_and_declared_once_for_people_and_once_for_type_checkers() -> None:
    source = ast.parse(Path(pleura.__file__).read_text(encoding="utf-8"))
    block = next(node for node in source.body if isinstance(node, ast.If))
    typed = [alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert pleura.__all__ == sorted(pleura.__all__)
    assert sorted(typed) == pleura.__all__


PACKAGES = sorted(Path(pleura.__file__).parent.rglob("__init__.py"))


@pytest.mark.parametrize("page", PACKAGES, ids=lambda page: page.parent.name)
def test_no_name_that_a_package_offers_hides_a_module_of_that_package(page: Path) -> None:
    package = ".".join(page.parent.relative_to(Path(pleura.__file__).parents[1]).parts)
    modules = {path.stem for path in page.parent.iterdir() if path != page}
    assert modules & names_offered(page, package) == set()


def names_offered(page: Path, package: str) -> set[str]:
    """Return what an `__init__.py` defines, lists in `__all__`, or imports, but for its own modules."""
    offered: set[str] = set()
    for node in ast.walk(ast.parse(page.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            offered.add(node.name)
        elif isinstance(node, ast.ImportFrom) and node.module != package:
            offered |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):  # of `__all__`, and of a table of names
            offered.add(node.value)
    return offered


def test_dir_lists_the_public_names_before_they_are_used() -> None:
    assert {name for name in dir(pleura) if not name.startswith("__")} == set(pleura.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'lungs'"):
        pleura.lungs  # noqa: B018 - the access is what is tested


def test_the_version_is_the_one_that_is_installed() -> None:
    assert pleura.__version__ == metadata.version("pleura")


@pytest.mark.parametrize(
    ("name", "line"),
    [("CHANGELOG.md", "## [{}]"), ("CITATION.cff", "\nversion: {}\n"), ("README.md", " version = {{{}}},\n")],
)
def test_the_version_is_named_in_changelog_and_citation(name: str, line: str) -> None:
    page = Path(__file__).parents[1] / name
    assert line.format(pleura.__version__) in page.read_text(encoding="utf-8")
