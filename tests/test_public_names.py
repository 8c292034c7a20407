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


def test_no_room_has_the_name_of_a_public_function_which_importing_it_would_hide() -> None:
    rooms = {path.stem for path in Path(pleura.__file__).parent.iterdir()}
    assert rooms & set(pleura.__all__) == set()


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
