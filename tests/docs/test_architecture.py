"""The page on architecture: its picture is what the contract says, and what it names is there."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "pleura"
PAGE = (ROOT / "docs" / "explanation" / "architecture.md").read_text(encoding="utf-8")


def test_picture_is_drawn_from_the_contract() -> None:
    script = ROOT / "docs" / "images" / "architecture.py"
    spec = importlib.util.spec_from_file_location("architecture", script)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert script.with_suffix(".svg").read_text(encoding="utf-8") == module.picture()


def test_every_package_and_module_of_the_top_has_its_place_on_the_page() -> None:
    names = {
        f"{path.name}{'/' if path.is_dir() else ''}"
        for path in SOURCE.iterdir()
        if (path.suffix == ".py" and not path.stem.startswith("_")) or (path / "__init__.py").is_file()
    }
    table = PAGE.split("## What lies where")[1].split("## Layers")[0]
    assert {name for name in names if f"`{name}`" not in table} == set()


def test_every_file_and_table_that_is_to_be_touched_exists() -> None:
    steps = PAGE.split("## To add something")[1].split("## Decisions")[0]
    named = {word for word in re.findall(r"`([\w./-]+/[\w.-]*|\w+\.py)`", steps) if "NAME" not in word}
    assert len(named) > 15
    assert {name for name in named if not (SOURCE / name).exists() and not (ROOT / name).exists()} == set()
    source = "".join(path.read_text(encoding="utf-8") for path in [*SOURCE.rglob("*.py"), *ROOT.glob("tests/**/*.py")])
    tables = set(re.findall(r"`(_?[A-Z][A-Za-z_]+|_\w+)`", steps))
    assert {name for name in tables if not re.search(rf"\b{name}\b", source)} == set()
