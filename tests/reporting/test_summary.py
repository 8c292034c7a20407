"""A page says of itself what an index shows of it, and is read back without being loaded whole."""

from __future__ import annotations

from dataclasses import replace

from pleura.quality import ExpectedDice, Quality
from pleura.reporting.scan import scan_page
from pleura.reporting.summary import summary_of
from pleura.segmentation import Segmentation
from pleura.volume import Note


def test_summary_is_read_back_from_the_beginning_of_the_page(picture: Segmentation) -> None:
    quality = Quality("check", {"both lungs": ExpectedDice(0.91, 0.8, 0.95)})
    warned = replace(picture, quality=quality, warnings=(Note("x", "</script> & <b>"),))
    found = summary_of(scan_page(warned, "slice")[:20_000])
    assert found is not None
    assert found["verdict"] == "check"
    assert found["dice"] == 0.91
    assert found["warnings"] == ["</script> & <b>"]
    assert found["thumbnail"].startswith("data:image/webp;base64,")


def test_other_pages_have_no_summary() -> None:
    assert summary_of("<!doctype html><p>nothing</p>") is None
    assert summary_of('<script type="application/json" id="summary">{broken</script>') is None
