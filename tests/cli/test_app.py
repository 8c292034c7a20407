"""The command itself: its help, its version, and one line for what was mistyped."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import pleura.cli
from pleura import __version__
from pleura.cli.app import VERBS


def test_version_is_printed_without_importing_anything_heavy() -> None:
    program = (
        "import sys; from pleura.cli import main; main(['--version']);"
        "print(sorted({'numpy', 'argparse', 'onnxruntime'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == f"pleura {__version__}\n[]\n"


@pytest.mark.parametrize("arguments", [("--help",), ("segment", "--help"), ("info", "--help"), ("demo", "--help")])
def test_help_documents_the_exit_codes(run, arguments: tuple[str, ...]) -> None:
    ran = run(*arguments)
    assert ran.code == 0
    assert re.search(r"exit codes:\n +0 .*\n +1 .*\n +2 .*\n( +3 .*\n)? +129 .*\n +130 .*\n +143 ", ran.out)
    unwarned = arguments[0] in {"info", "demo"}  # these have no --fail-on-warning, which asks for the code 3
    assert ("--fail-on-warning" in ran.out) is not unwarned


def test_help_lists_every_verb() -> None:
    modules = Path(pleura.cli.__file__).parent.glob("*.py")
    assert set(VERBS) == {path.stem for path in modules if "\ndef add_arguments(" in path.read_text("utf-8")}


def test_no_verb_shows_the_help_and_does_nothing(run) -> None:
    ran = run()
    assert ran.code == 2
    assert "usage: pleura VERB" in ran.err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("segmnet scan", "there is no verb 'segmnet'; did you mean segment?"),
        ("eval masks", "there is no verb 'eval'; did you mean evaluate?"),
        ("help segmnt", "there is no verb 'segmnt'; did you mean segment?"),
        ("xyz", "there is no verb 'xyz'; pleura --help shows what there is"),
        ("segment scan --previw", "unrecognized arguments: --previw; did you mean --preview?"),
        ("segment scan --out masks", "unrecognized arguments: --out masks; did you mean --output?"),
        ("segment scan --output-dir=masks", "unrecognized arguments: --output-dir=masks; did you mean --output?"),
        ("segment scan --wobble", "unrecognized arguments: --wobble; pleura segment --help shows what there is"),
        ("-v", "unrecognized arguments: -v; did you mean --version?"),
        ("segment scan -p", "unrecognized arguments: -p; did you mean --preview?"),
        ("--verson", "unrecognized arguments: --verson; did you mean --version?"),
        (
            "--quiet segment",
            "unrecognized arguments: --quiet; options follow the verb: pleura segment --quiet",
        ),
        ("info", "the following arguments are required: INPUT; pleura info --help shows what there is"),
    ],
)
def test_wrong_words_get_one_line_that_says_what_may_have_been_meant(run, given: str, said: str) -> None:
    ran = run(*given.split())
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"pleura: error: {said}\n"


def test_a_path_in_place_of_a_verb_gets_the_command_that_segments_it(run, scan: Path) -> None:
    assert run(scan).err.endswith(f"; to segment it: pleura segment {scan}\n")


@pytest.mark.parametrize("given", ["-V", "--version", "version"])
def test_version_has_three_names(run, given: str) -> None:
    assert run(given).out == f"pleura {__version__}\n"


def test_version_is_no_option_of_a_verb(run) -> None:
    assert run("segment", "--version").code == 2


def test_help_is_a_verb_too(run) -> None:
    assert run("help").out == run("--help").out
    assert run("help", "help").out == run("help", "version").out == run("--help").out
    assert run("help", "segment").out == run("segment", "--help").out
    assert (run("help").code, run("help", "segment").code) == (0, 0)


def test_reader_who_leaves_early_sees_no_traceback(scan: Path) -> None:
    program = "import sys; from pleura.cli import main; sys.exit(main())"
    command = f"{sys.executable} -c '{program}' info {scan} --json"
    # Buffered, as for most users, so that there is something left to write at exit.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(["bash", "-c", f"{command} | true"], capture_output=True, text=True, check=False, env=env)
    assert done.stderr == ""
