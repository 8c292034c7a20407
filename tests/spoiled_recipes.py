"""Recipes of bundles with other fields than they were written with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def spoil(folder: Path, **fields: Any) -> None:
    """Put other values into fields of the recipe in a folder."""
    recipe = json.loads((folder / "recipe.json").read_text())
    (folder / "recipe.json").write_text(json.dumps({**recipe, **fields}))
