"""A page becomes a PDF that is known again, holds no clock, and shows what the page shows."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest
from browser import NAMES

from pleura.errors import MissingExtra
from pleura.phantom import chest
from pleura.reporting import pdf
from pleura.reporting.pdf import as_pdf, refuse_without_playwright
from pleura.segmentation import Segmentation
from pleura.writing.signature import input_of, is_mask_output, is_pleura_output, signature_of


def test_without_playwright_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    with pytest.raises(MissingExtra, match=r"pip install 'pleura\[pdf\]'"):
        refuse_without_playwright()


@pytest.mark.slow
def test_without_a_browser_it_is_said_which_can_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_PROGRAMS", ())
    monkeypatch.setattr(pdf, "_CHANNELS", ())
    with pytest.raises(MissingExtra, match="Chrome, Chromium or Edge") as caught:
        as_pdf("<p>text</p>")
    assert caught.value.code == "no-browser"


@pytest.mark.slow
@pytest.mark.skipif(not any(map(shutil.which, NAMES)), reason="chromium is not installed")
def test_pdf_is_signed_and_whole_and_holds_no_clock(tmp_path: Path) -> None:
    phantom = chest((24, 64, 64), (13.0, 6.0, 6.0))
    result = Segmentation(phantom.labels, phantom.volume)
    file = result.report(tmp_path / "lungs.pdf")
    written = file.read_bytes()
    assert written.startswith(b"%PDF-")
    assert written.rstrip().endswith(b"%%EOF")
    assert len(written) <= 1_500_000
    assert signature_of(phantom.volume).encode() in written[:512]
    assert is_pleura_output(file)
    assert not is_mask_output(file)
    assert input_of(file) == phantom.volume.identity.sha256[:32]
    assert {found[:4] for found in re.findall(rb"Date \(D:(\d{14})", written)} == {b"1970"}
