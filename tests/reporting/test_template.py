"""Templates escape what they are given, and complain of what they are not given."""

from __future__ import annotations

import base64

import pytest
from jinja2 import UndefinedError
from PIL import Image

from pleura.reporting.template import data_uri, render, webp


def test_values_are_escaped() -> None:
    page = render("base.html", title="<b>&", signature='pleura "x"')
    assert "<title>&lt;b&gt;&amp;</title>" in page
    assert 'content="pleura &#34;x&#34;"' in page


def test_missing_value_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="signature"):
        render("base.html", title="a")


def test_picture_becomes_an_address_that_holds_it() -> None:
    found = data_uri(webp(Image.new("RGB", (4, 4))))
    assert found.startswith("data:image/webp;base64,")
    assert base64.b64decode(found.partition(",")[2])[8:12] == b"WEBP"
