"""Draw the picture of the architecture: what flows, and the layers as the import contract of pyproject.toml has them.

python docs/images/architecture.py > docs/images/architecture.svg
"""

from __future__ import annotations

import sys
import tomllib
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[2]
WIDTH = 960
VALUES = ("path", "Volume", "Prediction", "Segmentation", "files")
STEPS = (
    ("reading", "modality"),
    ("inference", "networks"),
    ("segmenter", "quality"),
    ("writing", "rendering"),
)
"""Packages that make each value of the one before it."""
STYLE = (
    "text{font:15px sans-serif;fill:#1d2b36}.small{font-size:12px;fill:#4a5a66}"
    "rect{fill:#e8eef2;stroke:#4a5a66}.value{fill:#cfe3d6}.page{fill:#fff;stroke:none}line{stroke:#4a5a66}"
)


def layers() -> list[list[str]]:
    """Return the packages and modules of each layer, the highest first."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = next(one for one in project["tool"]["importlinter"]["contracts"] if one["type"] == "layers")
    return [[part.strip() for part in layer.split("|")] for layer in contract["layers"]]


def box(x: float, y: float, width: float, text: str, kind: str = "layer") -> str:
    """Return a box of 30 pixels' height with its text in the middle."""
    middle = f'<text x="{x + width / 2:g}" y="{y + 20:g}" text-anchor="middle">{escape(text)}</text>'
    return f'<rect class="{kind}" x="{x:g}" y="{y:g}" width="{width:g}" height="30" rx="4"/>{middle}'


def flow(y: float) -> list[str]:
    """Return the values from path to files, with the packages that lead from each to the next."""
    wide, gap = 112.0, (WIDTH - 40 - 5 * 112.0) / 4
    drawn = []
    for index, value in enumerate(VALUES):
        x = 20 + index * (wide + gap)
        drawn.append(box(x, y, wide, value, "value"))
        if index < len(STEPS):
            start, end, middle = x + wide, x + wide + gap, x + wide + gap / 2
            drawn.append(
                f'<line x1="{start:g}" y1="{y + 15:g}" x2="{end - 2:g}" y2="{y + 15:g}" marker-end="url(#to)"/>'
            )
            for text, height in zip(STEPS[index], (y + 8, y + 32), strict=True):
                drawn.append(f'<text class="small" x="{middle:g}" y="{height:g}" text-anchor="middle">{text}</text>')
    return drawn


def picture() -> str:
    """Return the SVG."""
    rows = layers()
    drawn = [*flow(50), '<text class="small" x="20" y="120">Layers: each imports only what is below it.</text>']
    for number, row in enumerate(rows):
        wide = (WIDTH - 40 - 10 * (len(row) - 1)) / len(row)
        drawn += [box(20 + index * (wide + 10), 132 + 38 * number, wide, name) for index, name in enumerate(row)]
    height = 132 + 38 * len(rows) + 10
    head = '<path d="M0 0 8 4 0 8z"/>'
    arrow = f'<marker id="to" orient="auto" markerWidth="8" markerHeight="8" refX="7" refY="4">{head}</marker>'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            "<title>What flows through pleura, and its layers</title>",
            f"<style>{STYLE}</style><defs>{arrow}</defs>",
            f'<rect class="page" width="{WIDTH}" height="{height}"/>',
            '<text x="20" y="30">What flows: each value is made of the one before it.</text>',
            *drawn,
            "</svg>\n",
        ]
    )


if __name__ == "__main__":
    sys.stdout.write(picture())
