"""What the docs claim of the program, compared with the program: commands, codes, links, pages."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

import pleura
from pleura.cli.app import VERBS
from pleura.cli.parser import EXIT_CODES
from pleura.errors import PleuraError
from pleura.inference.bundle import SHIPPED, load_bundle
from pleura.labels import LUNGS

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "tests" / "README.md"]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
CODES = ROOT / "docs" / "reference" / "warnings-and-errors.md"
RAISERS = {error.__name__ for error in (PleuraError, *PleuraError.__subclasses__())}


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def codes_in_source() -> set[str]:
    """Return the code of every error raised and every note made: `code="..."`, and the first word of `Note(...)`."""
    found = set()
    for source in SOURCES:
        for node in ast.walk(ast.parse(read(source))):
            given: list[ast.AST] = []
            if isinstance(node, ast.Call):
                given += [keyword.value for keyword in node.keywords if keyword.arg == "code"]
                if isinstance(node.func, ast.Name) and node.func.id == "Note":
                    given += node.args[:1]
            elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "code":
                given += [node.value.body, node.value.orelse] if isinstance(node.value, ast.IfExp) else [node.value]
            found |= {one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return found


def codes_in_docs() -> set[str]:
    return set(re.findall(r"^\| `([a-z0-9-]+)` \|", read(CODES), re.MULTILINE))


def codes_by_section() -> dict[str, list[str]]:
    """Return heading -> the codes of the table below it."""
    sections = re.split(r"^#+ (.*)$", read(CODES), flags=re.MULTILINE)
    tables = zip(sections[1::2], sections[2::2], strict=True)
    return {title.strip("`"): re.findall(r"^\| `([a-z0-9-]+)` \|", text, re.MULTILINE) for title, text in tables}


def raised_in_source() -> set[tuple[str, str]]:
    """Return the kind and the code of every error that is made with both in one place."""
    calls = [node for source in SOURCES for node in ast.walk(ast.parse(read(source))) if isinstance(node, ast.Call)]
    return {
        (call.func.id, keyword.value.value)
        for call in calls
        for keyword in call.keywords
        if isinstance(call.func, ast.Name) and call.func.id in RAISERS
        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant)
    }


def test_every_code_of_the_program_is_documented() -> None:
    assert codes_in_source() - codes_in_docs() == set()


def test_every_documented_code_exists() -> None:
    words = "\n".join(map(read, SOURCES))
    assert {code for code in codes_in_docs() if f'"{code}"' not in words} == set()


def test_no_code_stands_twice_in_a_table() -> None:
    assert {title: codes for title, codes in codes_by_section().items() if len(codes) != len(set(codes))} == {}


def test_every_code_stands_under_the_kind_of_error_that_is_raised_with_it() -> None:
    sections = codes_by_section()
    sections["PleuraError"] = sections.pop("PleuraError` itself")
    assert {(kind, code) for kind, code in raised_in_source() if code not in sections[kind]} == set()


def test_every_kind_of_error_is_documented() -> None:
    assert {name for name in RAISERS if f"`{name}`" not in read(CODES)} == set()


def test_every_public_name_is_documented() -> None:
    page = read(ROOT / "docs" / "reference" / "python.md")
    assert [name for name in pleura.__all__ if f"`{name}" not in page and f"`pleura.{name}" not in page] == []


@pytest.mark.parametrize("entry_point", [pleura.segment, pleura.Segmenter])
def test_every_argument_is_documented(entry_point: Callable[..., object]) -> None:
    page = read(ROOT / "docs" / "reference" / "python.md").replace('"', "'")
    given = [one for one in inspect.signature(entry_point).parameters.values() if one.kind is one.KEYWORD_ONLY]
    assert "*, " + ", ".join(f"{one.name}={one.default!r}" for one in given) + ")`\n" in page
    assert [one.name for one in given if f"| `{one.name}` |" not in page] == []


def test_every_option_of_the_command_line_is_documented_and_no_other() -> None:
    pleura_command = Path(sys.executable).with_name("pleura")
    helps = [subprocess.check_output([pleura_command, verb, "--help"], text=True) for verb in VERBS]
    options = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", "".join(helps)))
    page = read(ROOT / "docs" / "reference" / "cli.md")
    assert set(re.findall(r"--[a-z]+(?:-[a-z]+)*", page)) == options | {"--version"}


def test_every_exit_code_is_documented_and_no_other() -> None:
    table = read(ROOT / "docs" / "reference" / "cli.md").partition("## Exit codes")[2]
    assert re.findall(r"^\| (\d+) \|", table, re.MULTILINE) == re.findall(r"^  (\d+) ", EXIT_CODES, re.MULTILINE)


def test_every_label_is_documented() -> None:
    page = read(ROOT / "docs" / "reference" / "labels.md")
    for lung in LUNGS:
        colour = ", ".join(map(str, lung.colour))
        assert f"| {lung.value} | {lung.name} of the patient | {lung.snomed}, {lung.meaning} | {colour} |" in page


def test_badges_of_the_readme_say_what_the_package_says() -> None:
    project = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]
    oldest = project["requires-python"].removeprefix(">=")
    licences = {str(load_bundle(name).facts["licence"]).replace("-", " ", 1).replace("SA-", "SA ") for name in SHIPPED}
    said = {
        "licence": f"code: {project['license']}",
        "python": f"Python: {oldest} or later",
        "offline": "network: never",
    }
    said["weights"] = f"weights: {licences.pop()}"
    assert licences == set()
    for name, text in said.items():
        assert f"![{text}](docs/images/badge-{name}.svg)" in read(ROOT / "README.md")
        assert f"<title>{text}</title>" in read(ROOT / "docs" / "images" / f"badge-{name}.svg")


def test_ci_runs_the_set_up_commands_of_the_readme_word_for_word() -> None:
    commands = [line for line in read(ROOT / "README.md").splitlines() if re.match("pip install .*&&", line)]
    assert len(commands) == 2
    for command in commands:
        assert command in read(ROOT / ".ci" / "run")


def test_pages_install_extras_that_there_are_and_from_the_checkout_as_the_readme_does() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for page in (ROOT / "docs").rglob("*.md"):
        named = re.findall(r"\[([a-z,]+)\]'|\.\[([a-z,]+)\]\"", read(page))
        assert {extra for pair in named for part in pair if part for extra in part.split(",")} <= set(extras), page
        if page.name != "index.md":  # which says when the installed name does it, too
            assert "pleura[" not in read(page), page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", read(page)):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_start_page_leads_to_every_page() -> None:
    start = ROOT / "docs" / "index.md"
    linked = set(re.findall(r"\]\((\S+\.md)\)", read(start)))
    pages = {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md") if page != start}
    assert linked == pages | {"../MODEL_CARD.md", "../CHANGELOG.md"}


def test_every_page_is_in_the_navigation_and_every_entry_is_a_page() -> None:
    listed = set(re.findall(r": (\S+\.md)$", read(ROOT / "mkdocs.yml"), re.MULTILINE))
    pages = {str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")}
    assert listed == pages | {"model-card.md", "changelog.md"}  # these two are made from files above docs/
