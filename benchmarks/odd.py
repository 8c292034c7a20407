"""What becomes of odd files: one line each with the outcome and whether it is what a careful reader would do.

    python benchmarks/odd.py                  # every file of ../shared/odd, segmented
    python benchmarks/odd.py --read-only      # read without the network
    python benchmarks/odd.py --match 09-nrrd

`odd_expectations.tsv` gives the allowed outcomes of each path, parted by |:

    error             any named error
    error:CODE        the error with this code
    read              a volume (and a mask, unless --read-only)
    read+CODE+CODE    the same, with these notes or warnings
    read=PATH         the same, with the voxels of another file

A traceback, a run of more than ten seconds, and an empty mask without a warning are failures whatever is allowed.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pleura
from pleura.errors import PleuraError

SHARED = Path(__file__).parents[2] / "shared" / "odd"
EXPECTATIONS = Path(__file__).with_name("odd_expectations.tsv")
LONGEST = 10.0


@dataclass(frozen=True)
class Outcome:
    """What one path gave: "read" or "error" (or CRASH, HANG, SILENT), its codes, the voxels' hash, and a message."""

    what: str
    codes: frozenset[str] = frozenset()
    sha256: str = ""
    message: str = ""

    def __str__(self) -> str:
        return f"{self.what}:{'+'.join(sorted(self.codes))}" if self.codes else self.what


PATIENCE = 10
"""Others may use the machine: with one at its half, two paths of 153 were called hanging after 10 s on the clock."""


class Hang(Exception):
    """A path took longer than `LONGEST` seconds."""


def expectations() -> dict[str, list[str]]:
    """Return path -> allowed outcomes."""
    lines = EXPECTATIONS.read_text().splitlines()[1:]
    return {path: allowed.split("|") for path, allowed in (line.split("\t") for line in lines)}


def try_reading(path: Path) -> Outcome:
    """Return what `pleura.read` makes of a path."""
    volume = pleura.read(path)
    return Outcome("read", frozenset(note.code for note in volume.notes), volume.identity.sha256)


def try_segmenting(segmenter: pleura.Segmenter) -> Callable[[Path], Outcome]:
    """Return a function that says what segmenting makes of a path."""

    def attempt(path: Path) -> Outcome:
        result = segmenter(path)
        codes = frozenset(note.code for note in (*result.volume.notes, *result.warnings))
        silent = not result.labels.any() and not result.warnings
        return Outcome("SILENT" if silent else "read", codes, result.volume.identity.sha256)

    return attempt


def outcome(path: Path, attempt: Callable[[Path], Outcome]) -> Outcome:
    """Run one attempt with an alarm; whatever happens becomes an outcome."""
    try:
        with alarm(LONGEST):
            return attempt(path)
    except PleuraError as error:
        return Outcome("error", frozenset({error.code}), message=str(error))
    except Hang:
        return Outcome("HANG")
    except Exception as error:
        return Outcome("CRASH", message=f"{type(error).__name__}: {error}")


def agrees(found: Outcome, allowed: list[str], hash_of: Callable[[str], str]) -> bool:
    """Say whether an outcome is among the allowed ones."""
    for one in allowed:
        if one.startswith("read="):
            fits = found.what == "read" and found.sha256 == hash_of(one.removeprefix("read="))
        else:
            what, *codes = one.replace("error:", "error+").split("+")
            fits = found.what == what and found.codes.issuperset(codes)
        if fits:
            return True
    return False


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise `Hang` in the block after `seconds` of the processor, or `PATIENCE` times as many on the clock."""

    def ring(*_: object) -> None:
        raise Hang

    timers = ((signal.SIGPROF, signal.ITIMER_PROF, seconds), (signal.SIGALRM, signal.ITIMER_REAL, PATIENCE * seconds))
    before = [signal.signal(number, ring) for number, _, _ in timers]
    for _, timer, limit in timers:
        signal.setitimer(timer, limit)
    try:
        yield
    finally:
        for (number, timer, _), handler in zip(timers, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)


def main(argv: list[str] | None = None) -> int:
    """Print one line a path and the totals; return 1 after a crash, a hang or a silent empty mask."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=SHARED)
    parser.add_argument("--read-only", action="store_true", help="read without segmenting")
    parser.add_argument("--match", default="", help="only paths that contain this")
    options = parser.parse_args(argv)
    attempt = try_reading if options.read_only else try_segmenting(pleura.Segmenter())
    totals: Counter[str] = Counter()
    for path, allowed in expectations().items():
        if options.match not in path:
            continue
        begun = time.perf_counter()
        found = outcome(options.folder / path, attempt)
        seconds = time.perf_counter() - begun
        good = agrees(found, allowed, lambda other: outcome(options.folder / other, try_reading).sha256)
        totals.update([found.what, "agree" if good else "differ"])
        verdict = "  " if good else f"!= {'|'.join(allowed)} "
        print(f"{path:70} {seconds:5.2f} s  {found}  {verdict}{found.message}", flush=True)
    count = totals["agree"] + totals["differ"]
    failures = {name: totals[name] for name in ("CRASH", "HANG", "SILENT")}
    print(f"\n{count} paths: {totals['read']} read, {totals['error']} refused, {failures}")
    print(f"agreement {totals['agree']} of {count} = {totals['agree'] / max(count, 1):.1%}")
    return 1 if any(failures.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
