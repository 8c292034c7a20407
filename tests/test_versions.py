"""The tested versions of the core: one for each package that pleura names, within the bounds that it gives."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]


def name(text: str) -> str:
    return re.sub("[-_.]+", "-", text).lower()


def test_each_package_of_the_core_has_a_tested_version_that_it_allows() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    tested = {name(one): version for one, _, version in (line.partition("==") for line in lines) if version}
    for wanted in map(Requirement, project["dependencies"]):
        assert wanted.specifier.contains(tested[name(wanted.name)]), wanted
