"""Nothing leaves the machine and nothing is left behind, by any verb or backend; native calls of libraries count too.

A program that watches system calls (`network_watch.py`) runs each command in a clean home. Libraries ask for their
hosts at once or in batches over some 15 seconds: one run waits for these.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest
from drawn import SMALL, draw_folder
from network_watch import unsupported

WATCH = Path(__file__).with_name("network_watch.py")
COVERAGE = ("COVERAGE_PROCESS_START", "COVERAGE_FILE")
PATIENCE = 25
"""Seconds in which what is sent in batches would be sent."""

DICOM = ("dicom-seg", "rtstruct", "dicom-sc", "dicom-pdf", *(["dicom-sr"] if find_spec("highdicom") else []))
"""What is written as DICOM; the report needs highdicom, which is not for every Python."""

needs_watch = pytest.mark.skipif(bool(unsupported()), reason=unsupported() or "watched")


@dataclass(frozen=True)
class Watched:
    """What a command did: the exit code, calls to the network, and files and folders that it made."""

    code: int
    calls: list[str]
    made: list[str]


class Home:
    """A folder for results, and beside it a clean home and temporary folder."""

    def __init__(self, root: Path) -> None:
        self.results, self.own = root / "results", root / "home"
        for folder in (self.results, self.own / "tmp"):
            folder.mkdir(parents=True)

    def run(self, *command: str) -> Watched:
        """Run Python with these arguments, among the results."""
        report = self.results.with_name("watch.json")
        places = {f"XDG_{kind}_HOME": str(self.own / "xdg" / kind) for kind in ("CACHE", "CONFIG", "DATA", "STATE")}
        kept = {name: os.environ[name] for name in ("PATH", *COVERAGE) if name in os.environ}
        env = {**kept, **places, "HOME": str(self.own), "TMPDIR": str(self.own / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"}
        words = [sys.executable, str(WATCH), str(report), sys.executable, *command]
        done = subprocess.run(words, cwd=self.results, env=env, capture_output=True, text=True, check=False)
        if not report.exists():
            pytest.skip(f"this system lets no process be watched: {done.stderr.strip().splitlines()[-1:]}")
        found = json.loads(report.read_text())
        report.unlink()
        assert found["exit"] == done.returncode, done.stderr
        calls = [f"{note['call']}: {note['what']}" for note in found["noted"] if note["call"] in {"socket", "connect"}]
        made = [note["what"] for note in found["noted"] if "/" in note["what"] and "/.coverage" not in note["what"]]
        return Watched(done.returncode, calls, made)

    def left_behind(self, watched: Watched) -> list[str]:
        """Return what was made outside the results and is still there, or lay outside the temporary folder too."""
        left = [str(path) for path in self.own.rglob("*") if path != self.own / "tmp"]
        allowed = (str(self.results), str(self.own / "tmp"), "/dev/shm/sem.")
        return left + [path for path in watched.made if not any(part in path for part in allowed)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(tmp_path_factory.mktemp("offline"))


@needs_watch
def test_the_watch_sees_a_look_up_that_the_c_library_makes_and_a_file(home: Home) -> None:
    program = (
        "import ctypes; ctypes.CDLL(None).getaddrinfo(b'host.invalid', b'80', None, ctypes.byref(ctypes.c_void_p()))"
    )
    watched = home.run("-c", f"{program}; open('seen', 'w')")
    assert watched.calls == ["socket: datagrams of family 2"]
    assert watched.made == [str(home.results / "seen")]


@needs_watch
def test_no_verb_calls_anybody_or_leaves_anything(home: Home) -> None:
    draw_folder(home.results / "pictures", 8)
    small = ["--set", "steps=4", "--set", "validate_every=2", *SMALL]
    everything = [
        ["demo", "demo"],
        ["info", "demo/dicom"],
        ["segment", "demo/dicom", "-o", "objects", "--preview", "--to", ",".join(DICOM)],
        ["convert", "objects/dicom_lungs-seg.dcm", "--like", "demo/dicom", "lungs.nii.gz"],
        ["segment", "demo/dicom", "labelmap.dcm", "--seg-type", "labelmap"],
        ["convert", "labelmap.dcm", "--like", "demo/dicom", "again.nii.gz"],
        ["convert", "objects/dicom_lungs-rtstruct.dcm", "--like", "demo/dicom", "contours.nii.gz"],
        ["segment", "demo/dicom", "-o", "masks", "--backend", "openvino", "--table", "lungs.csv", "--report"],
        ["compare", "lungs.nii.gz", "contours.nii.gz", "--scan", "demo/dicom", "-o", "change.html"],
        ["batch", "demo/dicom", "cohort", "--workers", "2"],
        ["measure", "demo/dicom", "lungs.nii.gz"],
        ["table", "masks"],
        ["prepare", "pictures", "set", "--split", "0.5,0.5,0", "--modality", "ct", "--workers", "2"],
        ["train", "--preset", "default", "--data", "set", "run", *small],
        ["export", "run", "model", "--openvino", "--torch", "--precision", "int8"],
        ["evaluate", "set", "--model", "model", "-o", "evaluation"],
        ["segment", "demo/dicom", "-o", "own.nii.gz", "--model", "model", "--backend", "torch"],
    ]
    for words in everything:
        watched = home.run("-m", "pleura", *words)
        assert (words, watched.code, watched.calls, home.left_behind(watched)) == (words, 0, [], [])


LONG = f"""
import time
import pleura
from pleura.phantom import chest
volume = chest((16, 64, 64), (20.0, 6.0, 6.0)).volume
for name in ("onnxruntime", "openvino", "torch"):
    pleura.Segmenter(backend=name)(volume)
time.sleep({PATIENCE})
"""
TALKATIVE = f"""
import os, time
import pleura
del os.environ["ORT_DISABLE_TELEMETRY"]
import onnxruntime
time.sleep({PATIENCE})
"""


@needs_watch
def test_nothing_is_sent_later_while_a_program_goes_on(tmp_path: Path) -> None:
    """Beside it runs a program that lets onnxruntime send, to see that it would be seen; old releases send nothing."""
    home, other = Home(tmp_path / "a"), Home(tmp_path / "b")
    with ThreadPoolExecutor(2) as pool:
        quiet, talkative = pool.submit(home.run, "-c", LONG), pool.submit(other.run, "-c", TALKATIVE)
    watched = quiet.result()
    assert (watched.code, watched.calls, home.left_behind(watched)) == (0, [], [])
    assert bool(talkative.result().calls) == bool(other.left_behind(talkative.result()))


def test_openvino_without_its_telemetry_leaves_the_telemetry_to_others() -> None:
    program = (
        "import sys; from pleura.inference.backends import import_openvino\n"
        "sys.modules['openvino_telemetry'] = sys; import_openvino(); print(sys.modules['openvino_telemetry'] is sys)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
