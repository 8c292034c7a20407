"""Pages in a browser, on a desk and on a phone, light and dark: they ask for nothing, complain of nothing, and work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from browser import browser, open_page  # noqa: F401 - fixtures
from two_lungs import lungs

from pleura.evaluation.worst_slices import WorstSlice
from pleura.measurement.comparison import compare
from pleura.phantom import chest
from pleura.quality import ExpectedDice, Flag, Quality
from pleura.reporting.comparison import write_comparison_page
from pleura.reporting.evaluation import as_html
from pleura.reporting.index import Failure, write_index
from pleura.segmentation import Segmentation
from pleura.volume import Note

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two pages of scans, one of them with all that can stand out, and their index."""
    folder = tmp_path_factory.mktemp("pages")
    phantom = chest((24, 64, 64), (13.0, 6.0, 6.0))
    plain = Segmentation(phantom.labels, phantom.volume)
    dice = {name: ExpectedDice(0.9, 0.8, 0.95) for name in ("right lung", "left lung", "both lungs")}
    quality = Quality("check", dice, (Flag("solid-tissue", "solid tissue in the mask", (6, 5)),))
    replace(plain, quality=quality, warnings=(Note("cut-off", "the lungs are cut off"),)).report(folder / "a.html")
    plain.report(folder / "b.html")
    write_index(folder, [Failure("c.nii", "c.nii: the file is empty")])
    return folder


def test_page_of_an_evaluation_can_be_read_by_all(open_page, evaluation, cases, tmp_path: Path) -> None:  # noqa: F811
    worst = [WorstSlice("b", np.full((40, 40), 90, np.uint8), lungs(), lungs(5))]
    file = tmp_path / "report.html"
    file.write_text(as_html(evaluation, cases, worst, fail_below=0.9, other=evaluation), encoding="utf-8")
    found = open_page(file)
    assert found.violations() == []
    assert found.requests == [file.absolute().as_uri()]
    assert found.complaints == []
    assert not found.is_too_wide


def test_page_of_two_scans_can_be_read_by_all(open_page, tmp_path: Path) -> None:  # noqa: F811
    phantom = chest((24, 64, 64), (13.0, 6.0, 6.0))
    one = Segmentation(phantom.labels, phantom.volume)
    file = tmp_path / "both.html"
    found = compare(one.measurements, one.measurements, one.volume, one.volume)
    write_comparison_page(file, found, (one, one), ("a.nii.gz", "b.nii.gz"))
    opened = open_page(file)
    assert opened.violations() == []
    assert opened.requests == [file.absolute().as_uri()]
    assert opened.complaints == []
    assert not opened.is_too_wide


@pytest.mark.parametrize("name", ["a", "b", "index"])
def test_page_asks_for_nothing_and_can_be_read_by_all(open_page, folder: Path, name: str) -> None:  # noqa: F811
    file = folder / f"{name}.html"
    found = open_page(file)
    assert found.violations() == []
    assert found.requests == [file.absolute().as_uri()]
    assert found.complaints == []
    assert not found.is_too_wide


def test_keys_step_through_the_slices_from_the_worst(open_page, folder: Path) -> None:  # noqa: F811
    page = open_page(folder / "a.html").page
    words, sheet = page.locator("#words"), page.locator("#sheet")
    assert words.inner_text().startswith("slice 18 of 24")
    assert "solid tissue in the mask" in words.inner_text()
    before = sheet.evaluate("one => one.style.backgroundPosition")
    page.locator("#slice").press("ArrowRight")
    assert words.inner_text().startswith("slice 19 of 24")
    assert sheet.evaluate("one => one.style.backgroundPosition") != before
    page.locator("#jumps button").first.click()
    assert words.inner_text().startswith("slice 18 of 24")


def test_outlines_can_be_taken_away(open_page, folder: Path) -> None:  # noqa: F811
    page = open_page(folder / "a.html").page
    layers = "getComputedStyle(document.getElementById('sheet')).backgroundImage.split('url(').length - 1"
    assert page.evaluate(layers) == 2
    page.locator("#outlines").uncheck()
    assert page.evaluate(layers) == 1


def test_nothing_of_the_index_is_cut_off_in_print(open_page, folder: Path) -> None:  # noqa: F811
    page = open_page(folder / "index.html").page
    page.set_viewport_size({"width": 700, "height": 1000})  # a sheet of A4 between its margins
    page.emulate_media(media="print")
    assert page.evaluate("document.querySelector('.wide').scrollWidth") <= 700
    assert page.locator("thead button").first.is_visible()


def test_index_is_sorted_by_a_click_and_what_is_not_known_stays_last(open_page, folder: Path) -> None:  # noqa: F811
    page = open_page(folder / "index.html").page

    def names() -> list[str]:
        return page.locator("tbody th").all_inner_texts()

    assert names() == ["c.nii", "a", "b"]
    page.get_by_role("button", name="scan").click()
    assert names() == ["a", "b", "c.nii"]
    page.get_by_role("button", name="volume, mL").click()
    assert names()[-1] == "c.nii"
    page.get_by_role("button", name="verdict").click()
    assert names() == ["c.nii", "a", "b"]
