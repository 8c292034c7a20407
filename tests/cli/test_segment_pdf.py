"""`pleura segment --pdf` writes the report as PDF beside the mask, and knows it again."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from pleura.cli import viewer
from pleura.reporting import page_file


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stand in for the browser; return the pages that were printed."""
    pages: list[str] = []

    def as_pdf(page: str) -> bytes:
        pages.append(page)
        signature = page.partition('content="')[2].partition('"')[0]
        return f"%PDF-1.4\n<</Creator ({signature})>>\n%%EOF\n".encode()

    monkeypatch.setattr(page_file, "as_pdf", as_pdf)
    monkeypatch.setattr(page_file, "refuse_without_browser", lambda: None)  # which starts one
    return pages


def test_pdf_lies_beside_the_mask_and_is_made_once(run, network, scan: Path, printed: list[str]) -> None:
    ran = run("segment", scan, "-o", "out", "--pdf", "--json")
    assert (ran.code, ran.err) == (0, "")
    found = json.loads(ran.out)
    assert (found["pdf"], found["report"]) == ("out/chest_lungs.pdf", None)
    assert Path("out/chest_lungs.pdf").is_file()
    assert run("segment", scan, "-o", "out", "--pdf", "--resume").out.startswith("there already")
    assert len(printed) == 1
    Path("out/chest_lungs.pdf").write_bytes(b"%PDF-1.4 of another program")
    assert run("segment", scan, "-o", "out", "--pdf", "--resume").code == 2
    assert Path("out/chest_lungs.pdf").read_bytes() == b"%PDF-1.4 of another program"


def test_open_shows_the_pdf_where_it_alone_was_asked_for(
    run, network, scan: Path, printed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(viewer, "open_file", opened.append)
    assert run("segment", scan, "lungs.nii.gz", "--pdf", "--open").code == 0
    assert opened == [Path("lungs.pdf")]
    assert not Path("lungs-preview.png").exists()


@pytest.mark.parametrize("verb", ["segment", "batch"])
def test_what_prints_is_asked_for_before_any_work(run, network, scan: Path, monkeypatch, verb: str) -> None:
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    ran = run(verb, scan, *(["-o", "out"] if verb == "segment" else ["out"]), "--pdf")
    assert (ran.code, "pip install 'pleura[pdf]'" in ran.err, ran.err.count("\n")) == (2, True, 1)
    assert not list(Path().rglob("*.nii.gz"))
