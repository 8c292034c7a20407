"""Pages from templates: everything in one file, and nothing that a browser would fetch.

All pages extend `base.html`, which forbids requests by its Content-Security-Policy. What comes from files is escaped.
"""

from __future__ import annotations

from base64 import b64encode
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

from pleura import __version__
from pleura.measurement.figures import decimal

if TYPE_CHECKING:
    from jinja2 import Environment
    from PIL.Image import Image


def render(name: str, **values: object) -> str:
    """Return the page that a template of this package makes of the values."""
    return _environment().get_template(name).render(version=__version__, **values)


def data_uri(data: bytes, media_type: str = "image/webp") -> str:
    """Return bytes as an address that holds them."""
    return f"data:{media_type};base64,{b64encode(data).decode('ascii')}"


def webp(image: Image, *, quality: int = 80, lossless: bool = False) -> bytes:
    """Return a picture as WebP, which every browser shows, and which is a third smaller than JPEG.

    Lossy WebP holds colour at half the resolution; thin outlines keep theirs by a slower conversion.
    """
    file = BytesIO()
    image.save(file, format="WEBP", quality=quality, lossless=lossless, method=2, use_sharp_yuv=True)
    return file.getvalue()


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("pleura.reporting"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    environment.filters["figure"] = _figure
    return environment


def _figure(value: object, decimals: int = 0) -> str:
    """Return a number as text, "-" for what is not known: the filter of that name."""
    return decimal(value if isinstance(value, float | int) else None, decimals)
