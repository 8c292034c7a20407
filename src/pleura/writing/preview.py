"""Write the montage of a segmentation as a file, or as bytes for a page that carries it inside."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from pleura.errors import UnwritableOutput
from pleura.files import atomic_write
from pleura.rendering import render_montage
from pleura.segmentation import Segmentation
from pleura.writing.signature import signature_of


def write_preview(segmentation: Segmentation, path: str | Path) -> Path:
    """Write a PNG of the scan with the outlines of its lungs, sizes and warnings under it; return `path`.

    Raises
    ------
    UnwritableOutput
        The name does not end in `.png`, or nothing can be written there.
    """
    from PIL.PngImagePlugin import PngInfo

    if Path(path).suffix.lower() != ".png":
        raise UnwritableOutput(f"{path}: a preview is a PNG; end its name in .png", code="unknown-suffix")
    info = PngInfo()
    info.add_text("Software", signature_of(segmentation.volume))
    with atomic_write(Path(path)) as file:
        render_montage(segmentation).save(file, format="PNG", pnginfo=info)
    return Path(path)


def preview_jpeg(segmentation: Segmentation) -> bytes:
    """Return the same picture as JPEG, a fifth of the size, for pages that carry it inside."""
    buffer = BytesIO()
    # Colour at full resolution: outlines are thin.
    render_montage(segmentation).save(buffer, format="JPEG", quality=85, subsampling=0)
    return buffer.getvalue()
