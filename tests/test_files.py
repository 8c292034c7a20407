"""A file appears when it is whole, and whatever the system objects to is an error with a name."""

from __future__ import annotations

from pathlib import Path

import pytest

from pleura.errors import UnwritableOutput
from pleura.files import atomic_folder, atomic_write, file_hash, make_folder


def test_file_appears_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "mask"
    with atomic_write(path) as file:
        file.write(b"half")
        assert not path.exists()
    assert path.read_bytes() == b"half"
    assert list(tmp_path.iterdir()) == [path]


def test_failure_leaves_the_earlier_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "mask"
    path.write_bytes(b"earlier")
    with pytest.raises(ZeroDivisionError), atomic_write(path) as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert path.read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_folder_is_made_with_those_it_lies_in_and_may_be_there(tmp_path: Path) -> None:
    for _ in range(2):
        make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


@pytest.mark.parametrize("name", ["a.jpg", "a.jpg/sub"])
def test_folder_where_a_file_stands_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.jpg").touch()
    with pytest.raises(UnwritableOutput, match=r"a\.jpg is a file, ") as caught:
        make_folder(tmp_path / name)
    assert caught.value.code == "not-written"


def test_file_in_a_file_is_refused_as_such(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    for name in ("a.jpg/x.png", "a.jpg/sub/x.png"):
        with pytest.raises(UnwritableOutput, match=r"a\.jpg is a file") as caught, atomic_write(tmp_path / name):
            pass
        assert caught.value.code == "not-written"


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnwritableOutput, match="there is no folder") as caught, atomic_write(tmp_path / "no" / "mask"):
        pass
    assert caught.value.code == "no-such-folder"


def test_folder_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnwritableOutput, match="is a folder") as caught, atomic_write(tmp_path):
        pass
    assert caught.value.code == "not-written"


def test_full_disk_is_an_error_with_a_name(tmp_path: Path) -> None:
    with pytest.raises(UnwritableOutput, match="No space left") as caught, atomic_write(tmp_path / "mask"):
        raise OSError(28, "No space left on device")
    assert caught.value.code == "not-written"


def test_traceback_that_a_library_puts_into_an_error_of_the_system_is_left_away(tmp_path: Path) -> None:
    with pytest.raises(UnwritableOutput) as caught, atomic_write(tmp_path / "mask"):
        try:
            raise OSError(28, "No space left on device")
        except OSError as error:
            raise OSError("With tag (3006,0039) got exception\nTraceback (most recent call last):\n...") from error
    assert str(caught.value).endswith("mask cannot be written: No space left on device")


def test_name_may_be_as_long_as_the_system_allows(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)
    with atomic_write(path) as file:
        file.write(b"mask")
    assert path.read_bytes() == b"mask"
    assert list(tmp_path.iterdir()) == [path]


def test_name_that_is_too_long_is_an_error_with_a_name(tmp_path: Path) -> None:
    with pytest.raises(UnwritableOutput, match="name too long") as caught, atomic_write(tmp_path / ("n" * 256)):
        pass
    assert caught.value.code == "not-written"


def test_two_files_may_be_written_at_a_time(tmp_path: Path) -> None:
    with atomic_write(tmp_path / "a") as one, atomic_write(tmp_path / "b") as other:
        one.write(b"1")
        other.write(b"2")
    assert [(tmp_path / name).read_bytes() for name in "ab"] == [b"1", b"2"]


def test_folder_appears_when_it_is_whole_and_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    for text in ("one", "two"):
        with atomic_folder(tmp_path / "out") as folder:
            (folder / text).write_text(text)
            assert not (tmp_path / "out" / text).exists()
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "two"]


def test_folder_stays_as_it_was_where_the_new_one_fails(tmp_path: Path) -> None:
    with atomic_folder(tmp_path / "out") as folder:
        (folder / "one").write_text("one")
    with pytest.raises(KeyError), atomic_folder(tmp_path / "out") as folder:
        raise KeyError(folder)
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "one"]


def test_folder_is_not_made_where_a_file_is_or_no_folder_to_hold_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path, code in ((tmp_path / "file", "not-written"), (tmp_path / "none" / "out", "no-such-folder")):
        with pytest.raises(UnwritableOutput) as caught, atomic_folder(path):
            pass
        assert caught.value.code == code
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_hash_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")  # the example of FIPS 180-4
    assert file_hash(tmp_path / "abc").startswith("ba7816bf8f01cfea414140de5dae2223")
