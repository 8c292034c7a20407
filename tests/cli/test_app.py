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


def test_version_is_told_without_importing_anything_heavy() -> None:
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
    assert re.search(r"exit codes:\n +0 .*\n +1 .*\n +2 .*\n +130 ", ran.out)


def test_help_lists_every_verb() -> None:
    helpers = {"__init__", "abreast", "app", "console", "folders", "jobs"}
    assert set(VERBS) == {path.stem for path in Path(pleura.cli.__file__).parent.glob("*.py")} - helpers


def test_no_verb_shows_the_help_and_does_nothing(run) -> None:
    ran = run()
    assert ran.code == 2
    assert "usage: pleura VERB" in ran.err


def test_unknown_verb_is_refused_with_the_known_ones(run) -> None:
    ran = run("segmnet", "scan")
    assert ran.code == 2
    assert "segment" in ran.err


def test_version_is_told_among_other_words_too(run) -> None:
    assert run("--version").out == f"pleura {__version__}\n"
    assert run("segment", "--version").code == 2


def test_reader_who_leaves_early_sees_no_traceback(scan: Path) -> None:
    program = "import sys; from pleura.cli import main; sys.exit(main())"
    command = f"{sys.executable} -c '{program}' info {scan} --json"
    # Buffered, as for most users, so that there is something left to write at exit.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(["bash", "-c", f"{command} | true"], capture_output=True, text=True, check=False, env=env)
    assert done.stderr == ""
