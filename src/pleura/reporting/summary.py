"""What an index shows of the page of a scan; the page holds it near its beginning, as JSON."""

from __future__ import annotations

import json

from pleura.labels import BOTH_LUNGS
from pleura.measurement import Measurements
from pleura.quality.words import below_limits
from pleura.rendering import display_window
from pleura.rendering.montage import draw_plane
from pleura.rendering.planes import picture, reformatted
from pleura.reporting.sheet import QUALITY
from pleura.reporting.template import data_uri, webp
from pleura.segmentation import Segmentation
from pleura.volume import Kind, Volume

_TAG = '<script type="application/json" id="summary">'
"""What the summary follows on a page."""
_SIGNATURE = '<meta name="generator" content="pleura '
"""What only pages of `pleura` hold before it."""
_NUMBERS = ("dice", "volume_ml", "mean_hu", "laa_le_950_percent")
_LARGEST_NUMBER = 1e9
"""What no figure of a scan comes near; no number, as JSON of other programs may hold, is below it."""
_THUMBNAIL = 120
"""Pixels of the longer side of the picture in an index."""


def kind_of(volume: Volume) -> str:
    """Return what the scan is called."""
    if volume.kind is Kind.RADIOGRAPH:
        return "radiograph"
    return "slice of a CT" if volume.is_picture else "CT"


def summarise(segmentation: Segmentation, measured: Measurements) -> dict[str, object]:
    """Return what an index shows of the page."""
    quality = segmentation.quality
    both = quality.both if quality else None
    whole = measured.whole
    lungs = whole.get(BOTH_LUNGS) or next(iter(whole.values()), None)
    return {
        "kind": kind_of(segmentation.volume),
        "verdict": quality.verdict if quality else None,
        "dice": both.expected if both else None,
        "flags": [*below_limits(quality), *(flag.message for flag in quality.flags)] if quality else [],
        "warnings": [note.message for note in segmentation.warnings],
        "sizes": [{"name": size.label.name, "size": str(size)} for size in measured.sizes],
        "volume_ml": lungs.volume_ml if lungs else None,
        "mean_hu": lungs.density.mean_hu if lungs and lungs.density else None,
        "laa_le_950_percent": lungs.density.laa_le_950_percent if lungs and lungs.density else None,
        "thumbnail": data_uri(_thumbnail(segmentation)),
    }


def _thumbnail(segmentation: Segmentation) -> bytes:
    volume = segmentation.volume
    flat = volume.is_picture or volume.kind is Kind.RADIOGRAPH
    plane = picture(segmentation) if flat else reformatted(segmentation)[0]
    size = plane.fit(_THUMBNAIL, _THUMBNAIL)
    return webp(draw_plane(plane, size, display_window(volume), segmentation.structures), quality=QUALITY)


def summary_of(page: str) -> dict[str, object] | None:
    """Return the summary that a page of a scan holds, from its beginning.

    None of a page without one, of one of other making, and where the summary is not as `summarise` gives it.
    """
    begin = page.find(_TAG)
    end = page.find("</script>", begin)
    if begin < 0 or end < 0 or _SIGNATURE not in page[:begin]:
        return None
    try:
        found = json.loads(page[begin + len(_TAG) : end])
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and _is_whole(found) else None


def _is_whole(found: dict[str, object]) -> bool:
    """Say whether what an index shows is of the types that `summarise` gives it."""
    lists = [found.get(key) for key in ("flags", "warnings")]
    numbers = [found.get(key) for key in _NUMBERS]
    return (
        isinstance(found.get("verdict"), str | None)
        and isinstance(found.get("thumbnail"), str)
        and all(isinstance(one, list) and all(isinstance(text, str) for text in one) for one in lists)
        and all(one is None or (isinstance(one, float | int) and abs(one) < _LARGEST_NUMBER) for one in numbers)
    )
