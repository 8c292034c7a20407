"""What the commands make of the small inputs of ../shared/cases, each of which a former version got wrong.

    python benchmarks/cases.py                        # every case
    python benchmarks/cases.py --match rescale
    python benchmarks/cases.py --python .venv/bin/python

Each case runs in a process of its own, as a user would run it. `cases_expectations.tsv` says for each path what is
good: alternatives parted by |, each of words parted by spaces:

    read | error      a mask was written | a named error
    +CODE | -CODE     there is a note, a warning or an error with this code | there is none
    same:PATH         Dice against the mask of another input is at least 0.97 (PATH `stored`: of its stored pixels)
    forms:kept        the mask has the matrices and codes of the source's sform and qform
    right:on-right    the right lung lies on the right of the stored pixels
    says:TEXT         a message holds this text

Never good: a traceback, an error without a name, the name of a Python exception or a control character in what is
printed, more than ten seconds of processor time or 2 GB of memory.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SHARED = Path(__file__).parents[2] / "shared" / "cases"
EXPECTATIONS = Path(__file__).with_name("cases_expectations.tsv")
MOST_SECONDS, MOST_MB = 10.0, 2048.0
LEAST_DICE = 0.97
"""Reading a value differently by rounding moves some border voxels of these coarse scans, a fault moves far more."""
_WALL_SECONDS = 120.0
_DATA_LIMIT = 8 << 30
"""Bytes that a child may take: a case that asks for more must not take the machine with it."""
_EXCEPTION = re.compile(r"\b[A-Z]\w*(?:Error|Exception|Panic)\b")
_CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_READ_SEG = """
import sys
from pathlib import Path
from pleura.reading.dicom.seg import read_seg, segment_names
from pleura.errors import PleuraError
try:
    path = Path(sys.argv[1])
    read_seg(path, list(segment_names(path)))
except PleuraError as error:
    print('{"error": "%s"}' % error.code)
    print(f"pleura: error: {error}", file=sys.stderr)
    sys.exit(2)
"""
"""DICOM SEG are read by `prepare` beside their scans, which the cases lack, so the reader is called by itself."""


@dataclass
class Outcome:
    """What one command gave: its codes, its messages, the mask if there is one, and what is wrong whatever is meant."""

    codes: set[str] = field(default_factory=set)
    messages: str = ""
    mask: Path | None = None
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0
    megabytes: float = 0.0

    @property
    def what(self) -> str:
        """Return "read" where a mask was written, else "error"."""
        return "read" if self.mask else "error"


def main(argv: list[str] | None = None) -> int:
    """Print one line a case and the totals; return 1 where a case is not good."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=SHARED)
    parser.add_argument("--match", default="", help="only paths that contain this")
    parser.add_argument("--python", default=sys.executable, help="the Python whose pleura is tried")
    options = parser.parse_args(argv)
    good = count = 0
    with tempfile.TemporaryDirectory() as temporary:
        runner = Runner(options.folder, Path(temporary), options.python)
        for path, expected in expectations().items():
            if options.match not in path:
                continue
            outcome = runner.run(path)
            missing = runner.missing(path, outcome, expected)
            count, good = count + 1, good + (not missing)
            print(_line(path, expected, outcome, missing), flush=True)
    print(f"\n{good} of {count} good")
    return 0 if good == count else 1


def expectations() -> dict[str, str]:
    """Return path -> what is good."""
    lines = EXPECTATIONS.read_text().splitlines()[1:]
    return dict(line.split("\t")[:2] for line in lines)  # type: ignore[misc]


def _line(path: str, expected: str, outcome: Outcome, missing: str) -> str:
    verdict = "good" if not missing else "BAD "
    what = f"{outcome.what} {'+'.join(sorted(outcome.codes))}"
    used = f"{outcome.seconds:5.1f} s {outcome.megabytes:5.0f} MB"
    return f"{verdict} {path:50} {used}  {what}" + (f"\n       {missing}; wanted: {expected}" if missing else "")


class Runner:
    """Runs the cases of a folder, each mask once."""

    def __init__(self, folder: Path, temporary: Path, python: str) -> None:
        self.folder, self.temporary, self.python = folder, temporary, python
        self._outcomes: dict[str, Outcome] = {}

    def run(self, path: str) -> Outcome:
        """Return what becomes of a case, or of an input that a case is compared with."""
        if path not in self._outcomes:
            self._outcomes[path] = self._run(path)
        return self._outcomes[path]

    def missing(self, path: str, outcome: Outcome, expected: str) -> str:
        """Return why an outcome is not good, or an empty text."""
        if outcome.faults:
            return ", ".join(outcome.faults)
        unmet = [self._unmet(path, outcome, words.split()) for words in expected.split("|")]
        return "" if "" in unmet else " or ".join(unmet)

    def _run(self, path: str) -> Outcome:
        place = self.temporary / str(len(self._outcomes))
        (place / "out").mkdir(parents=True)
        source = self._laid_out(path, place / "in")
        target = place / "out" / ("mask.png" if _is_picture(path) else "mask.nii.gz")
        if Path(path).name.startswith("obj-seg"):
            command = ["-c", _READ_SEG, str(source)]
        else:
            command = ["-m", "pleura", "segment", str(source), str(target), "--json"]
        done = _measured([self.python, *command], place)
        outcome = _outcome(*done, target)
        if outcome.codes == {"one-slice-only"}:
            raise SystemExit(f"{path}: the benchmark takes it for a picture, and it is a volume")
        return outcome

    def _laid_out(self, path: str, folder: Path) -> Path:
        """Copy a case with what lies beside it, and make what cannot be copied."""
        folder.mkdir()
        if path.endswith("@stored"):
            return _stored_as_picture(self.folder / path.removesuffix("@stored"), folder / "stored.png")
        origin = self.folder / path
        if origin.parent.name == "robust":
            shutil.copy(origin, folder)
        else:
            shutil.copytree(origin.parent, folder, dirs_exist_ok=True)
        if origin.suffix == ".nhdr":
            os.mkfifo(folder / "fifo.raw")
        return folder / origin.name

    def _unmet(self, path: str, outcome: Outcome, words: list[str]) -> str:
        return next((text for text in (self._problem(path, outcome, word) for word in words) if text), "")

    def _problem(self, path: str, outcome: Outcome, word: str) -> str:
        kind, _, rest = word.partition(":")
        if word in {"read", "error"}:
            return "" if outcome.what == word else f"not {word}"
        if word[0] in "+-":
            return "" if (word[1:] in outcome.codes) == (word[0] == "+") else f"not {word}"
        if kind == "says":
            return "" if rest in outcome.messages else f"does not say {rest}"
        if outcome.mask is None:
            return "no mask"
        if kind == "same":
            other = self.run(f"{path}@stored" if rest == "stored" else rest)
            dice = _dice(_labels(outcome.mask), _labels(other.mask)) if other.mask else 0.0
            return "" if dice >= LEAST_DICE else f"Dice {dice:.3f} against {rest}"
        check = {"forms": partial(_forms_problem, self.folder / path), "right": _right_problem}[kind]
        return check(outcome.mask)


def _is_picture(path: str) -> bool:
    return path.endswith((".png", ".jpg", "@stored")) or any(word in path for word in ("/cr-", "CT.dcm", "693_J2KR"))


def _measured(command: list[str], folder: Path) -> tuple[int, bytes, bytes, float, float]:
    """Run a command; return exit code (None as -1), stdout, stderr, processor seconds and peak MB."""
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        child = subprocess.Popen(command, stdout=out, stderr=err, stdin=subprocess.DEVNULL, preexec_fn=_limit)
        ends = time.monotonic() + _WALL_SECONDS
        status, used = 0, None
        while used is None:
            pid, status, found = os.wait4(child.pid, os.WNOHANG)
            used = found if pid else None
            if used is None and time.monotonic() > ends:
                child.kill()
            time.sleep(0.02)
        child.returncode = code = os.waitstatus_to_exitcode(status)
    texts = ((folder / name).read_bytes() for name in ("stdout", "stderr"))
    return code, *texts, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024  # type: ignore[return-value]


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (_DATA_LIMIT, _DATA_LIMIT))


def _outcome(code: int, out: bytes, err: bytes, seconds: float, megabytes: float, target: Path) -> Outcome:
    found = Outcome(messages=(out + err).decode(errors="replace"), seconds=seconds, megabytes=megabytes)
    found.mask = target if code == 0 and target.is_file() else None
    for line in out.decode(errors="replace").splitlines():
        try:
            found.codes |= _codes(json.loads(line))
        except ValueError:
            found.faults.append("stdout is not JSON")
    checks = {
        f"exit code {code}": code not in {0, 2},
        "traceback": b"Traceback" in err,
        "unexpected": "unexpected" in found.codes or (code == 2 and not found.codes),
        "names an exception": _EXCEPTION.search(found.messages) is not None,
        "control characters": _CONTROL.search(out + err) is not None,
        f"{seconds:.0f} s": seconds > MOST_SECONDS,
        f"{megabytes:.0f} MB": megabytes > MOST_MB,
    }
    found.faults += [fault for fault, true in checks.items() if true]
    return found


def _codes(summary: dict[str, Any]) -> set[str]:
    """Return the codes of notes, warnings and error in what `--json` prints of a scan."""
    notes = {note["code"] for note in (*summary.get("notes", ()), *summary.get("warnings", ()))}
    error = summary.get("error")
    return notes | ({error["code"] if isinstance(error, dict) else error} if error else set())


def _labels(mask: Path) -> NDArray[Any]:
    if mask.suffix == ".png":
        from PIL import Image

        with Image.open(mask) as picture:
            return np.asarray(picture)
    import nibabel

    return np.asarray(nibabel.load(mask).dataobj)


def _dice(one: NDArray[Any], other: NDArray[Any]) -> float:
    """Return the lower Dice of the two lungs; 0 where the masks differ in shape."""
    if one.shape != other.shape:
        return 0.0
    sizes = [(np.sum(one == side), np.sum(other == side), np.sum((one == side) & (other == side))) for side in (1, 2)]
    return float(min(2 * both / max(a + b, 1) for a, b, both in sizes))


def _forms_problem(source: Path, mask: Path) -> str:
    import nibabel

    headers = [nibabel.load(path).header for path in (source, mask)]
    for name in ("get_sform", "get_qform"):
        (matrix, code), (kept, kept_code) = (getattr(header, name)(coded=True) for header in headers)
        if code != kept_code or (code and not np.allclose(matrix, kept, atol=1e-3)):
            return f"{name[4:]} is not the source's"
    return ""


def _right_problem(mask: Path) -> str:
    labels = _labels(mask)
    right, left = (np.flatnonzero((labels == side).any(axis=0)) for side in (1, 2))
    return "" if right.size and left.size and right.mean() > left.mean() else "right is not on the right"


def _stored_as_picture(source: Path, target: Path) -> Path:
    """Write the stored pixels of a DICOM file as a PNG of what they show, without rescale or window."""
    import pydicom
    from PIL import Image

    pixels = pydicom.dcmread(source).pixel_array
    Image.fromarray(pixels).save(target)
    return target


if __name__ == "__main__":
    sys.exit(main())
