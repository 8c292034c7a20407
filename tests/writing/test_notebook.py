"""A notebook shows a result with nothing to fetch, and with no text that could add to its page."""

from __future__ import annotations

import re
from dataclasses import replace

from pleura.labels import structures
from pleura.segmentation import Segmentation
from pleura.writing import as_html


def test_figure_is_the_picture_with_the_line_under_it(picture: Segmentation) -> None:
    figure = as_html(picture)
    assert re.findall(r'src="([^,]*),', figure) == ["data:image/jpeg;base64"]
    assert figure.count(repr(picture)) == 2  # under the picture, and for who cannot see it


def test_names_of_structures_cannot_add_to_the_page(picture: Segmentation) -> None:
    figure = as_html(replace(picture, structures=structures(["a <b>", 'c"d'])))
    assert "<b>" not in figure
    assert figure.count("a &lt;b&gt; 8.3 % of the picture, c&quot;d") == 2
