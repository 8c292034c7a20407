"""The process as its shell sees it: signals, closed streams, full devices, names with control characters."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from pleura.cli.console import complain, say
from pleura.cli.process import exit_code

PLEURA = f"{sys.executable} -m pleura"


def shell(command: str) -> subprocess.CompletedProcess[str]:
    # Buffered, as for most users, so that there is something left to write at exit.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, env=env)


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_signal_ends_the_work_as_an_exception_does(name: str, code: int, tmp_path: Path) -> None:
    number = getattr(signal, name)
    before = signal.getsignal(number)

    def work() -> int:
        try:
            signal.raise_signal(number)
        finally:
            (tmp_path / "cleaned").touch()
        return 0

    assert exit_code(work) == code
    assert (tmp_path / "cleaned").exists()
    assert signal.getsignal(number) is before


def test_signal_that_is_ignored_stays_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        assert exit_code(lambda: signal.raise_signal(signal.SIGHUP) or 0) == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_interruption_that_a_library_turns_into_its_own_error_is_still_one() -> None:
    def work() -> int:
        try:
            signal.raise_signal(signal.SIGINT)
        except BaseException:
            raise ImportError("initialization failed") from None
        return 0

    assert exit_code(work) == 130


def test_error_without_a_signal_goes_on_to_the_caller() -> None:
    with pytest.raises(ZeroDivisionError):
        exit_code(lambda: 1 // 0)


@pytest.mark.parametrize("package", ["threading", "argparse", "numpy"])
def test_interruption_during_imports_is_silent(package: str) -> None:
    program = f"""
import signal, sys
from pleura.cli import main
sys.modules.pop({package!r}, None)
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {package!r}:
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
sys.exit(main(["info", "scan"]))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_closed_streams_change_nothing_else(closed: str, scan: Path) -> None:
    done = shell(f"{PLEURA} info {scan} {closed}")
    assert done.returncode == 0
    assert done.stderr == ""


def test_closed_stdout_is_no_number_for_the_mask(scan: Path, tmp_path: Path) -> None:
    program = "import os; print(os.fstat(1).st_rdev == os.stat('/dev/null').st_rdev, file=__import__('sys').stderr)"
    done = shell(
        f"""{sys.executable} -c "from pleura.cli.console import complain, say
from pleura.cli.process import exit_code; exit_code(lambda: 0); {program}" >&-"""
    )
    assert done.stderr == "True\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("words", ["--version", "completion bash", "info SCAN", "info SCAN --json"])
def test_full_device_is_one_line_and_an_exit_code(words: str, scan: Path) -> None:
    done = shell(f"{PLEURA} {words.replace('SCAN', str(scan))} > /dev/full")
    assert (done.returncode, done.stderr) == (
        1,
        "pleura: error: the results cannot be printed: No space left on device\n",
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_full_device_for_errors_changes_no_exit_code() -> None:
    assert shell(f"{PLEURA} info nosuch 2> /dev/full").returncode == 2


def test_reader_who_leaves_early_sees_no_error(scan: Path) -> None:
    done = shell(f"{PLEURA} info {scan} | true; exit ${{PIPESTATUS[0]}}")
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize("printing", [lambda: say("result"), lambda: complain(ValueError("lost"), debug=False)])
def test_signal_that_a_library_swallows_ends_the_command_where_it_prints_next(
    printing: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> int:
        with suppress(SystemExit):
            os.kill(os.getpid(), signal.SIGTERM)
        printing()
        return 0

    assert exit_code(work) == 143
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("arguments", [("info", "\x1b[2Jscan.png"), ("info", "scan", "--\x1b[2J"), ("\x1b[2J",)])
def test_no_escape_sequence_of_a_name_reaches_the_terminal(run, arguments: tuple[str, ...]) -> None:
    ran = run(*arguments)
    assert ran.code == 2
    assert "\\x1b[2J" in ran.err
    assert "\x1b" not in ran.err


def test_no_escape_sequence_of_a_result_reaches_the_terminal(run, network: object, scan: Path, tmp_path: Path) -> None:
    ran = run("segment", scan, "-o", tmp_path / "\x1b[31mred\n.nii.gz")
    assert ran.code == 0
    assert "written: " in ran.out
    assert "\x1b" not in ran.out
    assert "\\x1b[31mred\\n.nii.gz" in ran.out.splitlines()[-1]


def test_path_that_is_too_long_is_shown_in_part(run) -> None:
    ran = run("info", "/".join(["folder"] * 1000))
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert len(ran.err) < 400
    assert ran.err.endswith("File name too long\n")
