"""A table on disk grows by the scans that are new, keeps one row a scan, and is never written over what is no table."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow
import pytest
from pyarrow.parquet import ParquetFile, write_table

from pleura.batch import parquet_table
from pleura.batch.table import COLUMNS, column_type
from pleura.batch.table_file import TableFile, read_rows
from pleura.errors import InvalidOption, MissingExtra, UnwritableOutput


def scan(source: str, **values: str) -> dict[str, str]:
    return {**dict.fromkeys(COLUMNS, ""), "source": source, **values}


def table(path: Path, *rows: dict[str, str]) -> list[tuple[str, str]]:
    """Add rows to a table in a run of its own; return source and mask of all rows."""
    file = TableFile(path)
    for one in rows:
        file.add(one)
    file.close()
    with path.open(newline="", encoding="utf-8") as text:
        return [(one["source"], one["mask"]) for one in csv.DictReader(text)]


def test_second_run_adds_and_replaces_and_never_doubles(elsewhere: Path) -> None:
    assert table(Path("t.csv"), scan("a", mask="1"), scan("b", mask="1")) == [("a", "1"), ("b", "1")]
    again = table(Path("t.csv"), scan("./b", mask="2"), scan("c", mask="2"), scan("c", mask="3"))
    assert again == [("a", "1"), ("./b", "2"), ("c", "3")]


def test_series_of_one_folder_are_rows_of_their_own(elsewhere: Path) -> None:
    assert table(Path("t.csv"), scan("a", series="1"), scan("a", series="2"), scan("a", series="1")) == [("a", "")] * 2


def test_row_is_there_as_soon_as_it_is_added(elsewhere: Path) -> None:
    TableFile(Path("t.csv")).add(scan('a "quoted", name\nof two lines'))
    assert [one["source"] for one in read_rows(Path("t.csv")).values()] == ['a "quoted", name\nof two lines']


def test_half_a_row_that_a_killed_run_left_is_dropped(elsewhere: Path) -> None:
    table(Path("t.csv"), scan("a"), scan("b"))
    whole = Path("t.csv").read_bytes()
    Path("t.csv").write_bytes(whole[:-40])
    assert table(Path("t.csv"), scan("c")) == [("a", ""), ("c", "")]


def test_table_that_a_spreadsheet_saved_is_added_to(elsewhere: Path) -> None:
    table(Path("t.csv"), scan("ä"))
    Path("t.csv").write_bytes(b"\xef\xbb\xbf" + Path("t.csv").read_bytes().replace(b"\n", b"\r\n"))
    TableFile(Path("t.csv")).add(scan("b"))
    assert [one["source"] for one in read_rows(Path("t.csv")).values()] == ["ä", "b"]


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"no table", b"\xff\xfe\x00", b"\n"])
def test_file_of_other_columns_is_never_written_to(elsewhere: Path, content: bytes) -> None:
    Path("t.csv").write_bytes(content)
    with pytest.raises(UnwritableOutput, match="other columns") as caught:
        TableFile(Path("t.csv"))
    assert caught.value.code == "not-a-table"
    assert Path("t.csv").read_bytes() == content


def test_name_and_folder_of_a_table_are_checked_before_any_work(elsewhere: Path) -> None:
    with pytest.raises(InvalidOption, match=r"end its name in \.csv or \.parquet"):
        TableFile(Path("t.xlsx"))
    with pytest.raises(UnwritableOutput, match="there is no folder"):
        TableFile(Path("nowhere/t.csv"))
    assert list(elsewhere.iterdir()) == []


def test_parquet_is_written_when_the_run_ends_and_added_to(elsewhere: Path) -> None:
    values = {"slices": "9", "contrast": "true", "right_lung_mean_hu": "-850.25", "kernel": "B30f", "message": "a\nb"}
    for added in ([scan("a", mask="1", **values), scan("b")], [scan("./a", mask="2", **values), scan("c")]):
        file = TableFile(Path("t.parquet"))
        for one in added:
            file.add(one)
        file.close()
    rows = list(read_rows(Path("t.parquet")).values())
    assert [(one["source"], one["mask"]) for one in rows] == [("./a", "2"), ("b", ""), ("c", "")]
    assert rows[0] == scan("./a", mask="2", **values)
    with ParquetFile("t.parquet") as parquet:
        first = parquet.read().to_pylist()[0]
    assert (first["slices"], first["contrast"], first["right_lung_mean_hu"]) == (9, True, -850.25)
    assert (first["left_lung_mean_hu"], first["error"]) == (None, "")


def test_parquet_of_other_columns_or_none_at_all_is_never_written_to(elsewhere: Path) -> None:
    write_table(pyarrow.table({"a": [1]}), "t.parquet")
    Path("u.parquet").write_bytes(b"no table")
    for name in ("t.parquet", "u.parquet"):
        content = Path(name).read_bytes()
        with pytest.raises(UnwritableOutput) as caught:
            TableFile(Path(name))
        assert caught.value.code == "not-a-table"
        assert Path(name).read_bytes() == content


def test_parquet_without_its_extra_is_one_line(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_table, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'pleura\[parquet\]'"):
        TableFile(Path("t.parquet"))


def test_columns_hold_text_whole_numbers_numbers_or_true_and_false() -> None:
    kinds = ("source", "verdict", "model_version", "contrast", "rows", "right_lung_voxels", "seconds", "left_to_right")
    assert [column_type(name) for name in kinds] == [str, str, str, bool, int, int, float, float]
    assert column_type("both_lungs_clusters_count") is int
