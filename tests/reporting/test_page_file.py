"""A page is a file of a known kind, written as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from pleura.errors import UnwritableOutput
from pleura.reporting import page_file
from pleura.reporting.page_file import check_page_name, write_page


def test_page_that_is_called_otherwise_is_refused(tmp_path: Path) -> None:
    check_page_name(tmp_path / "Page.HTML")
    with pytest.raises(UnwritableOutput, match=r"end its name in \.html or \.pdf") as refused:
        check_page_name(tmp_path / "page.txt")
    assert refused.value.code == "unknown-suffix"


def test_page_is_written_as_it_is(tmp_path: Path) -> None:
    write_page(tmp_path / "page.html", "<p>ä</p>")
    assert (tmp_path / "page.html").read_bytes() == "<p>ä</p>".encode()
    assert [file.name for file in tmp_path.iterdir()] == ["page.html"]


def test_page_that_is_called_a_pdf_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_file, "as_pdf", lambda page: b"%PDF-" + page.encode())
    write_page(tmp_path / "page.PDF", "<p>")
    assert (tmp_path / "page.PDF").read_bytes() == b"%PDF-<p>"
