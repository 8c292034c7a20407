"""A list of scans as CSV or Parquet, and what is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from pleura.batch.scan_list import ListedScan, is_list, read_list
from pleura.errors import PleuraError

LIST = Path("list.csv")


def test_rows_state_source_series_and_name_and_other_columns_do_not_matter() -> None:
    LIST.write_text('\ufeffage,source,series,name\n61,"a, b/ct",1.2.3,case-1\n,c.nii.gz,,\n', encoding="utf-8")
    assert is_list(LIST)
    assert list(read_list(LIST)) == [ListedScan("a, b/ct", "1.2.3", "case-1"), ListedScan("c.nii.gz")]


@pytest.mark.parametrize(
    "text",
    [
        "source;name\na,b/ct;one\nc;two\n",
        "Source\tName\na,b/ct\tone\nc\ttwo\n",
        ' SOURCE ,"Name"\n"a,b/ct",one\n\n,\nc,two\n , \n',
    ],
)
def test_what_stands_between_columns_their_case_and_empty_rows_do_not_matter(text: str) -> None:
    LIST.write_text(text)
    assert list(read_list(LIST)) == [ListedScan("a,b/ct", "", "one"), ListedScan("c", "", "two")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_list_is_text_in_any_encoding_of_unicode_that_says_so(encoding: str) -> None:
    LIST.write_text("source;name\nMüller/ct;one\n", encoding=encoding)
    assert list(read_list(LIST)) == [ListedScan("Müller/ct", "", "one")]


def test_a_list_that_is_cut_within_a_letter_is_none() -> None:
    LIST.write_bytes("source\na\U0001f600".encode("utf-16")[:-2])
    with pytest.raises(PleuraError) as caught:
        list(read_list(LIST))
    assert caught.value.code == "not-a-list"


def test_a_name_that_cannot_be_is_refused_with_all_that_it_may_hold() -> None:
    LIST.write_text("source,name\na,a b\n")
    with pytest.raises(PleuraError, match=r"take letters, digits, \. _ -$"):
        list(read_list(LIST))


def test_parquet_is_read_as_csv_is() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow.parquet import write_table

    path = Path("list.parquet")
    columns = {"Source": ["a", None, "b"], "name": ["one", None, None], "age": [1, 2, 3]}
    write_table(pyarrow.table(columns), path)
    assert list(read_list(path)) == [ListedScan("a", "", "one"), ListedScan("b")]
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(PleuraError) as caught:
        list(read_list(path))
    assert caught.value.code == "not-a-list"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("path,series\na,\n", "not-a-list"),
        ("", "not-a-list"),
        ("source,name\na,x\n,y\n", "no-source"),
        ("source,name\na,../x\n", "bad-name"),
        ("source,name\na,.hidden\n", "bad-name"),
        ("source,name\na,Table.csv\n", "bad-name"),
        ("source,name\na,table-1-of-2.csv\n", "bad-name"),
        ("source,name\na,batch.sqlite-wal\n", "bad-name"),
        ("source,name\na,index.html\n", "bad-name"),
        ("source,name\na,scan.\n", "bad-name"),
        ("source,name\na,CON\n", "bad-name"),
        ("source,name\na,lpt1.ct\n", "bad-name"),
        ("source\na\0b\n", "not-a-list"),
    ],
)
def test_what_is_no_list_is_refused(text: str, code: str) -> None:
    LIST.write_text(text)
    with pytest.raises(PleuraError) as caught:
        list(read_list(LIST))
    assert caught.value.code == code


def test_a_folder_and_a_scan_are_no_lists() -> None:
    Path("folder.csv").mkdir()
    Path("scan.nii.gz").touch()
    assert not any(is_list(Path(name)) for name in ("folder.csv", "scan.nii.gz", "gone.csv"))
