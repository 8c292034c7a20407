"""Whatever a library raises on one file is one of our errors; what is not the file's fault passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pleura.errors import PleuraError, UnreadableInput, UnsuitableInput
from pleura.reading import read
from pleura.reading.damage import damage_as_error, file_in_errors


@pytest.mark.parametrize("raised", [ValueError("a"), KeyError("b"), IndexError(), ZeroDivisionError(), EOFError()])
def test_exception_of_a_library_is_damage_with_its_cause(raised: Exception) -> None:
    with pytest.raises(UnreadableInput, match="the file is damaged") as caught, damage_as_error():
        raise raised
    assert caught.value.code == "damaged"
    assert caught.value.__cause__ is raised


@pytest.mark.parametrize(
    "raised", [UnsuitableInput("a", code="colour"), PermissionError(), MemoryError(), ImportError(), NameError()]
)
def test_what_is_not_the_files_fault_passes(raised: Exception) -> None:
    with pytest.raises(type(raised)) as caught, damage_as_error():
        raise raised
    assert caught.value is raised


def test_error_of_one_of_several_files_names_that_file_and_keeps_its_code() -> None:
    with pytest.raises(UnsuitableInput, match=r"^0017\.dcm: a colour picture$") as caught:  # noqa: SIM117
        with file_in_errors(Path("/some/where/0017.dcm")):
            raise UnsuitableInput("a colour picture", code="colour")
    assert caught.value.code == "colour"


def test_damaged_slice_is_named_where_it_lies_alone_in_a_folder(shared: Path, tmp_path: Path) -> None:
    damaged = shared / "odd/06-broken/ct_jpegls_cut_in_half.dcm"
    (tmp_path / "one.dcm").write_bytes(damaged.read_bytes())
    for given, text in ((tmp_path, f"{tmp_path}: one.dcm: the "), (tmp_path / "one.dcm", f"{tmp_path}/one.dcm: the ")):
        with pytest.raises(PleuraError, match=f"^{text}"):
            read(given)
