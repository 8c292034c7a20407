"""A result in one line, and the size of each structure in the unit that the scan allows."""

from __future__ import annotations

from pleura.segmentation import Segmentation
from pleura.writing.sidecar import has_area, millilitres, share, square_centimetres

_MOST_NAMED = 6
"""Structures that still make a line that can be read."""


def summary_line(segmentation: Segmentation) -> str:
    """Return what was found in one line.

    ``Segmentation(right 2846 mL, left 2509 mL, 87 x 256 x 256, no warnings)``; instead of `no warnings`, their codes.
    """
    structures = segmentation.structures
    sizes = [
        f"{label.name.removesuffix(' lung')} {size_text(segmentation, label.value)}"
        for label in structures[:_MOST_NAMED]
    ]
    more = len(structures) - _MOST_NAMED
    shape = " x ".join(str(count) for count in segmentation.labels.shape)
    codes = ", ".join(note.code for note in segmentation.warnings)
    parts = [*sizes, *([f"{more} more"] if more > 0 else []), shape, f"warnings: {codes}" if codes else "no warnings"]
    return f"Segmentation({', '.join(parts)})"


def size_text(segmentation: Segmentation, label: int) -> str:
    """Return millilitres of a scan, cm² of a picture, or the share of either where no spacing is known."""
    volume, area = millilitres(segmentation, label), square_centimetres(segmentation, label)
    if volume is not None:
        return f"{volume:.0f} mL"
    if area is not None:
        return f"{area:.0f} cm²"
    whole = "picture" if has_area(segmentation.volume) else "scan"
    return f"{100 * share(segmentation, label):.1f} % of the {whole}"
