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
from pleura.reporting.pdf import as_pdf, refuse_without_browser
from pleura.segmentation import Segmentation
from pleura.writing.signature import input_of, is_mask_output, is_pleura_output, signature_of


def test_without_playwright_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    with pytest.raises(MissingExtra, match=r"pip install 'pleura\[pdf\]'"):
        refuse_without_browser()


@pytest.mark.slow
def test_without_a_browser_it_is_said_which_can_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_PROGRAMS", ())
    monkeypatch.setattr(pdf, "_CHANNELS", ())
    with pytest.raises(MissingExtra, match="Chrome, Chromium or Edge") as caught:
        as_pdf("<p>text</p>")
    assert caught.value.code == "no-browser"


@pytest.mark.slow
def test_a_stand_in_that_only_says_how_to_install_a_browser_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "chromium-browser"
    program.write_text("#!/bin/sh\necho 'install it with snap' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(pdf, "_PROGRAMS", (str(program),))
    monkeypatch.setattr(pdf, "_CHANNELS", ())
    with pytest.raises(MissingExtra) as caught:
        refuse_without_browser()
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
