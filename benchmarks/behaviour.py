"""SHA-256 of what the commands write and say for some 250 inputs, to show that a change of the code changes nothing.

    python benchmarks/behaviour.py before.tsv                  # with the code as it was
    python benchmarks/behaviour.py after.tsv --against before.tsv

One line an input: exit code, then SHA-256 of mask, record, picture and messages, all shortened. The inputs: every odd
file and case, every eighth held-back picture and slice, whole scans and the phantom in every format out, and one run
of each other verb (of their folders all files are hashed together). Figures of networks differ from processor to
processor, so compare runs of one machine. Threads are fixed at two.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SHARED = Path(__file__).parents[2] / "shared"
EVERY = 8
"""One in so many held-back pictures: 39 of 308."""
COLUMNS = ("code", "mask", "record", "picture", "messages")
_SECONDS = re.compile(rb"\d+(\.\d+)? ?(s|ms|min|minutes)\b|in \d+:\d+|\"(seconds|timings)\": *(\{[^}]*\}|[\d.e-]+)")
_EXPORTED_AGAIN = (
    (
        b"2c60c493b0e5d4f8f5101833c0a3e31b810ca6014db00f8a116ded94c7d7bde2",
        b"9f145673ec1b4f5b3c58e2ffec43403cbbc805e72071f68540d15163b8039e5e",
    ),
    (
        b"40d9dd045bdf3bb49147f23fafb28cd5b4deca8fa3e950948fc0e49bccfd1cff",
        b"fce97645d942b4b111ea5e928bffd7e57f0f2b09c87b16d5653e3fadc665f785",
    ),
)
"""SHA-256 of networks whose outputs got other names, now and before: records state it, and nothing else of it."""


@dataclass(frozen=True)
class Run:
    """A name, and the words after `python -m pleura`; `{out}` stands for the path of the mask or folder."""

    name: str
    words: tuple[str, ...]
    suffix: str = ".nii.gz"


def main() -> int:
    """Write the table, and compare it; return 1 where something differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("--against", type=Path, help="an earlier table")
    parser.add_argument("--match", default="", help="only names that contain this")
    parser.add_argument("--python", default=sys.executable, help="the Python whose pleura is tried")
    options = parser.parse_args()
    before = _read(options.against) if options.against else {}
    differing = count = 0
    with options.table.open("w") as table:
        table.write("\t".join(("name", *COLUMNS)) + "\n")
        for run in runs():
            if options.match not in run.name:
                continue
            line = hashes(run, options.python)
            table.write("\t".join((run.name, *line)) + "\n")
            table.flush()
            count += 1
            old = before.get(run.name, line)
            changed = [name for name, now, then in zip(COLUMNS, line, old, strict=True) if now != then]
            if changed:
                differing += 1
                print(f"{run.name}: {', '.join(changed)} differ", flush=True)
    print(f"{count} inputs" + (f", {differing} differ" if before else ""))
    return 1 if differing else 0


def runs() -> Iterator[Run]:
    """Yield what is run: segmenting first, then the other verbs."""
    for folder in ("odd", "cases"):
        table = Path(__file__).with_name(f"{folder}_expectations.tsv")
        for line in table.read_text().splitlines()[1:]:
            path = line.split("\t")[0]
            if (SHARED / folder / path).exists():
                yield Run(f"{folder}/{path}", _segment(SHARED / folder / path))
    for part in ("ct/slices", "ct/covid", "ct/nolung", "ct/nolung2", "cxr/heart-included", "cxr/heart-excluded"):
        for path in sorted((SHARED / "data" / part / "val" / "images").iterdir())[::EVERY]:
            yield Run(f"{part}/{path.name}", _segment(path), ".png")
    for path in sorted((SHARED / "data/ct").glob("*/val/images/*.nii.gz")):
        yield Run(f"scan/{path.name}", _segment(path))
    yield from _formats()
    yield from _other_verbs()


def _segment(path: Path, *more: str) -> tuple[str, ...]:
    return ("segment", str(path), "{out}", "--preview", "--threads", "2", *more)


def _formats() -> Iterator[Run]:
    phantom = Path("{phantom}")
    yield Run("info phantom", ("info", str(phantom)))
    for suffix in (".nii.gz", ".nii", ".nrrd", ".mha"):
        yield Run(f"phantom{suffix}", _segment(phantom), suffix)
    for options in (("--modality", "ct"), ("--backend", "torch"), ("--json",)):
        yield Run(f"phantom {' '.join(options)}", _segment(phantom, *options))


def _other_verbs() -> Iterator[Run]:
    slices, xrays = SHARED / "data/ct/slices/val", SHARED / "data/cxr/heart-included/val"
    for path in (slices, xrays, SHARED / "cases"):
        yield Run(f"info {path.parent.name}/{path.name}", ("info", str(path)))
        yield Run(f"prepare {path.parent.name}/{path.name}", ("prepare", str(path), "{out}", "--quiet"), "")
    prepared = "{prepared}"
    yield Run("evaluate", ("evaluate", prepared, "-o", "{out}", "--split", "train", "--quiet"), "")
    yield Run("train", ("train", "--preset", "default", "--data", prepared, "{out}", "--set", "steps=3", "--quiet"), "")
    for verb in ("segment", "prepare", "train", "evaluate", "export", "info", "demo"):
        yield Run(f"help {verb}", (verb, "--help"))


def hashes(run: Run, python: str) -> tuple[str, ...]:
    """Return the values of `COLUMNS` for one run."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        out = folder / f"out{run.suffix}"
        words = [word.replace("{out}", str(out)) for word in run.words]
        words = [str(MADE[word](python)) if word in MADE else word for word in words]
        done = subprocess.run(
            [python, "-m", "pleura", *words], capture_output=True, timeout=600, cwd=folder, env=_environment()
        )
        said = (done.stdout + done.stderr).replace(str(folder).encode(), b"").replace(str(SHARED).encode(), b"")
        record = out.with_name(f"{out.name}.json")
        picture = next((path for path in folder.glob("*.png") if path != out), folder / "none.png")
        files = (_sha(out), _sha(record), _sha(picture), hashlib.sha256(_SECONDS.sub(b"", said)).hexdigest()[:16])
        return (str(done.returncode), *files)


def _environment() -> dict[str, str]:
    return {**os.environ, "COLUMNS": "100", "SOURCE_DATE_EPOCH": "0"}


def _sha(path: Path) -> str:
    """Return the shortened SHA-256 of a file, or of all files of a folder with their names; - where there is none."""
    if not path.exists():
        return "-"
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            digest.update(str(file.relative_to(path)).encode() + _with_former_hashes(file.read_bytes()))
    return digest.hexdigest()[:16]


def _with_former_hashes(content: bytes) -> bytes:
    """Return the content of a record as if its model had not been exported again."""
    for now, before in _EXPORTED_AGAIN:
        content = content.replace(now, before)
    return content


@cache
def _phantom(python: str) -> Path:
    """Return a DICOM series of the phantom."""
    folder = Path(tempfile.mkdtemp(dir=TEMPORARY)) / "phantom"
    code = f"import pleura.phantom as p; p.write_dicom(p.chest(seed=3), {str(folder)!r})"
    subprocess.run([python, "-c", code], check=True)
    return folder


@cache
def _prepared(python: str) -> Path:
    """Return a prepared data set of held-back slices."""
    folder = Path(tempfile.mkdtemp(dir=TEMPORARY)) / "prepared"
    words = ("prepare", str(SHARED / "data/ct/slices/val"), str(folder), "--quiet")
    subprocess.run([python, "-m", "pleura", *words], check=True, capture_output=True)
    return folder


MADE = {"{phantom}": _phantom, "{prepared}": _prepared}


def _read(table: Path) -> dict[str, tuple[str, ...]]:
    lines = table.read_text().splitlines()[1:]
    return {line.split("\t")[0]: tuple(line.split("\t")[1:]) for line in lines}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as TEMPORARY:
        sys.exit(main())
