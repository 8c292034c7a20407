"""Every error that is raised on purpose can be caught as one kind, and as what Python callers expect."""

from __future__ import annotations

import pytest

from pleura import errors
from pleura.errors import PleuraError

CHILDREN = PleuraError.__subclasses__()


def test_the_tree_at_the_top_of_the_file_names_every_error() -> None:
    for child in CHILDREN:
        assert f"─ {child.__name__}" in errors.__doc__


@pytest.mark.parametrize("child", CHILDREN, ids=lambda child: child.__name__)
def test_an_error_is_its_message_and_a_code(child) -> None:
    error = child("what, where, what to do", code="some-code")
    assert str(error) == "what, where, what to do"
    assert error.code == "some-code"
    assert isinstance(error, ImportError if child is errors.MissingExtra else ValueError)


def test_a_code_is_never_forgotten() -> None:
    with pytest.raises(TypeError, match="code"):
        PleuraError("no code")


def test_a_missing_package_comes_with_the_command_that_installs_it() -> None:
    error = errors.missing_extra("pynrrd", "itk")
    assert str(error) == "pynrrd is not installed; get it with: pip install 'pleura[itk]'"
    assert error.code == "missing-extra"
