"""The page of a scan holds all that it shows, says the verdict first, and names no patient."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from pleura.errors import UnwritableOutput
from pleura.geometry import affine_from_spacing
from pleura.phantom import chest
from pleura.quality import ExpectedDice, Flag, Quality
from pleura.reporting.scan import scan_page
from pleura.segmentation import Segmentation
from pleura.volume import Kind, Note, Volume


@pytest.fixture(scope="module")
def result() -> Segmentation:
    phantom = chest((24, 64, 64), (13.0, 6.0, 6.0))
    return Segmentation(phantom.labels, phantom.volume)


@pytest.fixture(scope="module")
def page(result: Segmentation) -> str:
    return scan_page(result, "lungs")


class Text(HTMLParser):
    """What a reader sees: the text outside of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.hidden = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden = tag in {"script", "style"}

    def handle_endtag(self, tag: str) -> None:
        self.hidden = False

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(data)


def text_of(page: str) -> str:
    return " ".join(" ".join(Text(page).parts).split())


def test_page_names_no_other_file_and_forbids_requests(page: str) -> None:
    assert "default-src 'none'" in page
    links = re.findall(r'(?:src|href)="([^"]*)"', page) + re.findall(r"url\(([^)\"]+)\)", page)
    assert {re.match(r"(data:|#limit-\d+$)", link) is not None for link in links} == {True}


def test_same_result_gives_the_same_page(result: Segmentation, page: str) -> None:
    assert scan_page(result, "lungs") == page


@pytest.mark.usefixtures("small_pictures")
@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        ("good", "The mask looks right"),
        ("check", "Look at the mask before you use it"),
        ("reject", "Do not use this mask"),
    ],
)
def test_verdict_comes_first_in_plain_words(result: Segmentation, verdict, words: str) -> None:
    dice = {"both lungs": ExpectedDice(0.9, 0.8, 0.95)}
    flag = Flag("solid-tissue", "solid <tissue> in the mask", (3,))
    judged = replace(result, quality=Quality(verdict, dice, (flag,)))
    text = text_of(scan_page(judged, "a"))
    assert text.index(words) < text.index("0.90") < text.index("solid <tissue>") < text.index("Pictures")
    assert "(0.80 to 0.95 in nine of ten)" in text


@pytest.mark.usefixtures("small_pictures")
def test_dice_below_the_limit_stands_out_and_reads_so(result: Segmentation) -> None:
    judged = replace(result, quality=Quality("check", {"both lungs": ExpectedDice(0.9496, 0.88, 0.97)}))
    text = text_of(scan_page(judged, "a"))
    assert "What stands out: the Dice to expect of both lungs, 0.94, is below 0.95" in text
    assert "0.95 (" not in text


@pytest.mark.usefixtures("small_pictures")
def test_warnings_ask_for_a_look_where_nothing_judged_the_mask(result: Segmentation) -> None:
    text = text_of(scan_page(replace(result, warnings=(Note("cut-off", "the lungs are cut off"),)), "a"))
    assert (
        text.index("Look at the mask before you use it") < text.index("the lungs are cut off") < text.index("Pictures")
    )


@pytest.mark.usefixtures("small_pictures")
def test_empty_mask_is_called_so_and_has_no_numbers(result: Segmentation) -> None:
    empty = replace(result, labels=np.zeros_like(result.labels), quality=Quality("check"))
    text = text_of(scan_page(empty, "a"))
    assert text.index("Nothing was marked") < text.index("Pictures")
    assert "Numbers" not in text
    assert "limits these numbers" not in text


@pytest.mark.usefixtures("small_pictures")
def test_titles_cannot_add_to_the_page(result: Segmentation) -> None:
    page = scan_page(result, "<img src=x>")
    assert "<img src=x>" not in page
    assert "&lt;img src=x&gt;" in page


def test_picture_has_a_page_with_its_areas(picture: Segmentation) -> None:
    text = text_of(scan_page(picture, "slice"))
    assert "Picture" in text
    assert "right lung" in text
    assert "All slices" not in text


def test_radiograph_has_a_page_with_heights_and_areas() -> None:
    labels = np.zeros((40, 40), np.uint8)
    labels[5:35, 5:15], labels[10:30, 25:35] = 1, 2
    grey = np.full((1, 40, 40), 200, np.uint8)
    volume = Volume(grey, affine_from_spacing((1.0, 10.0, 5.0)), kind=Kind.RADIOGRAPH, is_picture=True)
    text = text_of(scan_page(Segmentation(labels, volume), "chest"))
    assert "Lungs of a radiograph: chest" in text
    assert "area, cm² 150.0 100.0" in text  # 300 and 200 pixels of half a square centimetre
    assert "height, cm 30.0 20.0" in text


def test_file_is_whole_signed_and_below_the_limit(result: Segmentation, tmp_path: Path) -> None:
    written = result.report(tmp_path / "lungs.html").read_bytes()
    assert written.endswith(b"</html>\n")
    assert b"pleura " in written[:512]
    assert len(written) <= 1_500_000
    with pytest.raises(UnwritableOutput, match=r"end its name in \.html"):
        result.report(tmp_path / "lungs.txt")
