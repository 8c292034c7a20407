"""The page of an evaluation holds everything that it shows, and nothing that a browser would fetch or run."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image
from two_lungs import lungs

from pleura.evaluation.cases import CaseList
from pleura.evaluation.run import Evaluation
from pleura.evaluation.worst_slices import WorstSlice
from pleura.reporting.evaluation import as_html


@pytest.fixture
def page(evaluation: Evaluation, cases: CaseList) -> str:
    worst = [WorstSlice("b<x>", np.full((40, 40), 90, np.uint8), lungs(), lungs(5))]
    return as_html(evaluation, cases, worst, fail_below=0.9)


def test_page_needs_no_other_file_and_no_script(page: str) -> None:
    assert "<script" not in page
    assert {source[:5] for source in re.findall(r'(?:src|href)="([^"]*)"', page)} == {"data:"}


def test_names_of_files_cannot_add_to_the_page(page: str) -> None:
    assert "c&lt;d&gt;" in page
    assert "b&lt;x&gt;: Dice of this slice 0.500" in page
    assert "first &amp; only" in page
    assert not re.search("<d>|<x>", page)


def test_page_says_how_many_failed_and_lists_the_worst_first(page: str) -> None:
    text = text_of(page)
    assert "3 cases of 3 patients" in text
    assert "Dice of both lungs below 0.9 in 66.7 % of the cases, 1 could not be scored." in text
    names = re.findall(r'<th scope="row"[^>]*>([^<]*)<', page[page.index("Every case, worst first") :])
    assert names == ["c&lt;d&gt;", "b", "a"]


def test_slice_is_drawn_with_both_outlines(page: str) -> None:
    data = base64.b64decode(re.search(r'<img[^>]*base64,([^"]*)', page)[1])
    with Image.open(io.BytesIO(data)) as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    assert pixels.shape == (320, 320, 3)
    for colour in ((255, 210, 0), (230, 70, 60)):
        assert (np.abs(pixels - colour).sum(axis=-1) < 60).any()


def test_two_sets_of_predictions_are_compared(evaluation: Evaluation, cases: CaseList) -> None:
    page = as_html(evaluation, cases, [], fail_below=0.9, other=evaluation)
    assert "first &amp; only against first &amp; only" in page
    assert "Worst cases" not in page  # none was given


def text_of(page: str) -> str:
    parts: list[str] = []
    parser = HTMLParser()
    parser.handle_data = parts.append  # type: ignore[method-assign]
    parser.feed(page)
    return "".join(parts)
