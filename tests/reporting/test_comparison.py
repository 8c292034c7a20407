"""The page of two scans has both side by side, and every change with what scanning again is known to change."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pleura.errors import UnwritableOutput
from pleura.measurement.comparison import Comparison, compare
from pleura.phantom import chest
from pleura.reporting.comparison import cells, comparison_page, write_comparison_page
from pleura.segmentation import Segmentation

pytestmark = pytest.mark.usefixtures("small_pictures")


@pytest.fixture(scope="module")
def both() -> tuple[Segmentation, Segmentation]:
    phantom = chest((24, 64, 64), (13.0, 6.0, 6.0))
    less = phantom.labels.copy()
    less[:10] = 0
    return Segmentation(phantom.labels, phantom.volume), Segmentation(less, phantom.volume)


@pytest.fixture(scope="module")
def found(both: tuple[Segmentation, Segmentation]) -> Comparison:
    first, second = both
    return compare(first.measurements, second.measurements, first.volume, replace(second.volume))


def test_page_has_both_scans_and_needs_no_other_file(found: Comparison, both) -> None:
    page = comparison_page(found, both, ("<a>", "b"))
    assert "<h1>&lt;a&gt; and b</h1>" in page
    links = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert {link[:5] for link in links} == {"data:"}
    assert page.count("coronal, through the middle</figcaption>") == 2


def test_change_is_shown_with_its_sign_and_its_limits(found: Comparison) -> None:
    (volume,) = [one for one in found.changes if (one.structure, one.figure.key) == ("both lungs", "volume_ml")]
    first, second, difference, percent, apart = cells(volume)
    assert int(difference) == pytest.approx(int(second) - int(first), abs=1)
    assert float(percent) < 0
    assert apart == "169 on average"


def test_page_begins_with_what_limits_the_numbers_and_marks_them(found: Comparison, both) -> None:
    page = comparison_page(found, both, ("a", "b"))
    (number,) = [n for n, one in enumerate(found.warnings, start=1) if one.code == "thick-slices"]
    assert page.index(found.warnings[number - 1].message) < page.index("What changed")
    assert re.search(rf"15th percentile, HU [\[\]\d ]*\[{number}\]", page)


def test_page_is_html_and_nothing_else(found: Comparison, both, tmp_path: Path) -> None:
    with pytest.raises(UnwritableOutput, match=r"end its name in \.html"):
        write_comparison_page(tmp_path / "page.txt", found, both, ("a", "b"))
    write_comparison_page(tmp_path / "page.html", found, both, ("a", "b"))
    assert (tmp_path / "page.html").read_bytes().endswith(b"</html>\n")


def test_of_two_masks_of_one_scan_nothing_is_said_of_scanning_again(both: tuple[Segmentation, Segmentation]) -> None:
    first, second = both
    found = compare(first.measurements, second.measurements, first.volume, second.volume)
    assert {len(cells(one)) for one in found.changes} == {4}
    page = comparison_page(found, both, ("a", "b"))
    assert "Two masks of one scan compared" in page
    assert "scan-rescan" not in page
