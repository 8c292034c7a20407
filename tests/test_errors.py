"""Every error that is raised on purpose can be caught as one kind, and as what Python callers expect."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest

from pleura import errors
from pleura.errors import AmbiguousInput, Choice, PleuraError

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


def test_an_error_is_the_same_in_another_process() -> None:
    choice = Choice(1, "1.2.1", "Miller", "B30f", "9 slices", (9, 64, 64), (5, 1, 1))
    sent = pickle.loads(pickle.dumps(AmbiguousInput("which", code="several-series", choices=[choice])))
    assert (type(sent), sent.args, sent.code, sent.choices) == (AmbiguousInput, ("which",), "several-series", (choice,))


@pytest.mark.parametrize("child", CHILDREN, ids=lambda child: child.__name__)
def test_an_error_within_something_is_of_the_same_kind_and_code(child) -> None:
    error = child("too large", code="too-large")
    within = error.within("scan\n.nii")
    assert (type(within), str(within), within.code) == (child, "scan\\n.nii: too large", "too-large")
    assert str(error) == "too large"


def test_wrong_use_is_never_an_error_of_no_kind() -> None:
    source = Path(errors.__file__).parent
    bare = [
        code
        for file in source.rglob("*.py")
        for code in re.findall(
            r'(?:raise|return) PleuraError\(.*?code="(.*?)"\)', file.read_text(encoding="utf-8"), re.DOTALL
        )
    ]
    assert sorted(set(bare)) == ["cluster-lost", "memory-limit", "time-limit", "worker-lost"]


def test_a_missing_package_comes_with_the_command_that_installs_it() -> None:
    error = errors.missing_extra("pynrrd", "itk")
    assert str(error) == "pynrrd is not installed; get it with: pip install 'pleura[itk]'"
    assert error.code == "missing-extra"


def test_error_that_asks_for_a_choice_tells_the_first_of_many_and_holds_them_all() -> None:
    choices = [Choice(n, f"1.2.{n}", "Miller", "B30f", "9 slices", (9, 64, 64), (5, 1, 1)) for n in range(1, 11)]
    error = AmbiguousInput("which", code="several-series", choices=choices).within("scan")
    assert str(error).startswith("scan: which: 1 (kernel B30f, 9 slices, 5.00 x 1.00 x 1.00 mm, series 1.2.1); 2 (")
    assert str(error).endswith("series 1.2.8); 2 more")
    assert (error.code, len(error.choices)) == ("several-series", 10)
    assert choices[0].line() == '  1  "Miller", kernel B30f, 9 slices, 5.00 x 1.00 x 1.00 mm, series 1.2.1'


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PleuraError("scan: damaged", code="damaged"), "scan: damaged"),
        (MemoryError(), "there is not enough memory for this scan; close other programs and try again"),
        (PermissionError(13, "Permission denied", "scan"), "scan: this may not be read"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError(36, "File name too long", "a" * 300), f"{'a' * 127}...{'a' * 128}: File name too long"),
        (KeyError("surprise"), "unexpected, a defect of pleura; run again with --debug and report what it shows"),
    ],
)
def test_error_of_any_kind_is_one_line(error: Exception, said: str) -> None:
    assert errors.message_of(error) == said
