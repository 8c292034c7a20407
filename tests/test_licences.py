"""The licences of what is installed along: none is the GPL, and NOTICE names each package of the core."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
NOTICE = (ROOT / "NOTICE").read_text(encoding="utf-8")
LESSER = {"connected-components-3d", "fastremap", "fill-voids"}
"""Under the LGPL, which asks of a program that imports them unmodified only that it says so."""


def canonical(name: str) -> str:
    return re.sub("[-_.]+", "-", name).lower()


def installed(wanted: Iterable[str]) -> dict[str, Distribution]:
    """Return by name what requirements bring, each with all that it requires; what this system lacks is left out."""
    found: dict[str, Distribution] = {}
    waiting = [(Requirement(one), "") for one in wanted]
    done: set[tuple[str, str]] = set()
    while waiting:
        one, extra = waiting.pop()
        if one.marker and not one.marker.evaluate({"extra": extra}):
            continue
        name = canonical(one.name)
        try:
            found[name] = distribution(one.name)
        except PackageNotFoundError:
            continue
        for asked in one.extras or {""}:
            if (name, asked) not in done:
                done.add((name, asked))
                waiting += [(Requirement(more), asked) for more in found[name].requires or ()]
    return found


def licence(package: Distribution) -> str:
    """Return what a package states: its expression, its classifiers and the first line of its free text."""
    stated = package.metadata
    kinds = [kind for kind in stated.get_all("Classifier") or () if kind.startswith("License")]
    text = (stated.get("License") or "").partition("\n")[0]
    return " ".join([stated.get("License-Expression") or "", *kinds, text])


def test_no_package_of_the_core_or_an_extra_is_under_the_gpl() -> None:
    wanted = [*PROJECT["dependencies"], *(one for name, more in EXTRAS.items() if name != "dev" for one in more)]
    packages = installed(wanted)
    assert len(packages) > len(PROJECT["dependencies"])
    copyleft = {name for name, package in packages.items() if re.search(r"GPL|General Public", licence(package))}
    assert copyleft == LESSER
    assert all(re.search(r"LGPL|Lesser", licence(packages[name])) for name in LESSER)


def test_the_notice_names_each_package_of_the_core_and_no_other() -> None:
    listed = NOTICE[NOTICE.index("  Apache-2.0") : NOTICE.index("The wheels of numpy")]
    names = re.sub(r"\(.*?\)|^  \S+ {2,}", "", listed, flags=re.MULTILINE)
    tested = re.findall(r"^(\S+)==", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(map(canonical, re.split(r"[,\s]+", names.strip()))) == sorted(map(canonical, tested))
    (lesser,) = re.findall(r"LGPL-3.0 +(.*)", listed)
    assert set(map(canonical, lesser.split(", "))) == LESSER
