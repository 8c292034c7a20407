"""Scans and masks as pictures: planes cut from a scan, outlines drawn over them, and many of them on one page."""

from __future__ import annotations

from pleura.rendering.montage import render_montage
from pleura.rendering.overlay import PREDICTION_COLOUR, REFERENCE_COLOUR, draw_overlay
from pleura.rendering.window import display_window, to_grey

__all__ = ["PREDICTION_COLOUR", "REFERENCE_COLOUR", "display_window", "draw_overlay", "render_montage", "to_grey"]
