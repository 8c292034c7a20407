from __future__ import annotations

import subprocess
import sys

from pleura import __version__


def test_version_is_told_without_importing_anything_heavy() -> None:
    program = (
        "import sys; from pleura.cli import main; main(['--version']);"
        "print(sorted({'numpy', 'typer', 'rich', 'onnxruntime'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == f"pleura {__version__}\n[]\n"


def test_help_documents_the_exit_codes(run) -> None:
    for arguments in (("--help",), ("segment", "--help")):
        ran = run(*arguments)
        assert ran.code == 0
        assert "130 interrupted" in " ".join(ran.out.split())


def test_help_lists_the_verbs_and_the_version_option(run) -> None:
    text = run("--help").out
    assert all(word in text for word in ("segment", "info", "demo", "--version"))
    assert run("segment", "--version").code == 2


def test_no_verb_shows_the_help(run) -> None:
    ran = run()
    assert "Usage: pleura" in ran.out + ran.err
