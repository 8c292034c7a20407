"""A result as notebooks show it: the preview with one line under it, all in the page itself."""

from __future__ import annotations

from pleura.segmentation import Segmentation
from pleura.writing.preview import preview_jpeg


def as_html(segmentation: Segmentation) -> str:
    """Return a `figure` element that needs no network, no script and no file beside it."""
    from base64 import b64encode
    from html import escape

    picture = b64encode(preview_jpeg(segmentation)).decode("ascii")
    line = escape(repr(segmentation))
    return (
        '<figure style="margin:0;max-width:48em">'
        f'<img alt="{line}" style="width:100%" src="data:image/jpeg;base64,{picture}">'
        f"<figcaption><code>{line}</code></figcaption></figure>"
    )
