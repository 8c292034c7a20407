"""What becomes of damaged and hostile input: sound files of every format, changed at random, read in watched workers.

    python benchmarks/fuzz.py --count 100000                # prints a table; failing inputs are kept in ./fuzz-failures
    python benchmarks/fuzz.py --first 4711 --count 1        # one input again: the same seed and number, the same bytes
    python benchmarks/fuzz.py --only dicom --every 1        # one format, each readable input segmented

Each input goes through `pleura.read`, `info` and, as a mask, `read_label_map`; segmentations and structure sets through
the readers of `pleura prepare` and `read_labels`; records of bundles through `load_bundle`. Of what can be read, one in
`--every` is segmented with a stand-in for the network, a threshold, between the shipped graphs; its mask is written,
and of one in five of these the preview.

Failures: the process dies (crash); more than 10 seconds of processor time (hang); more than 2 GB; an exception that is
none of `pleura.errors`, or a traceback or a panic on stderr (unnamed).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from fuzz_mutate import mutate
from fuzz_parts import SHAPE, SPACING, Seed
from fuzz_seeds import seeds

MOST_SECONDS = 10.0
MOST_BYTES = 2 << 30
_ADDRESS_SPACE = 12 << 30
"""Bytes a worker may map, so that a giant harms no one else on the machine."""
_PATIENCE = 60.0
"""Seconds of silence after which a worker is taken for hung; its input has then had much more than its share."""
_BATCH = 5000
"""Inputs of one worker, after which a new one begins."""
KINDS = ("crash", "hang", "memory", "unnamed")


def inputs(seed: str, first: int, count: int, only: str) -> Iterator[tuple[int, Seed, dict[str, bytes]]]:
    """Yield number, seed and files of inputs; number and seed alone decide the bytes."""
    known = seeds()
    chosen = [one for one in known if one.name.startswith(only)]
    for number in range(first, first + count):
        rng = Random(f"{seed}:{number}")
        begun = rng.choice(chosen)
        yield number, begun, mutate(begun, known, rng)


class Trial:
    """Everything that is tried with one input."""

    def __init__(self, every: int) -> None:
        import pleura
        from pleura.phantom import chest
        from pleura.volume import Kind

        self.every = every
        self.volume = chest(shape=SHAPE, spacing=SPACING).volume
        self.segmenter = pleura.Segmenter(threads=1)
        for kind in (Kind.HU, Kind.RADIOGRAPH):
            model = self.segmenter.model_for(kind)
            model.network = stand_in(model.bundle)

    def steps(self, seed: Seed, path: Path, number: int) -> Iterator[Callable[[], Any]]:
        """Yield what is done with an input, one by one."""
        from pleura.inference.bundle import load_bundle
        from pleura.reading import read_label_map, survey_path

        if seed.group == "bundle":
            yield lambda: load_bundle(path.parent)
            return
        yield lambda: survey_path(path)
        yield lambda: read_label_map(path)
        yield from self._objects(seed, path)
        yield lambda: self._segmented(path, number)

    def _objects(self, seed: Seed, path: Path) -> Iterator[Callable[[], Any]]:
        from pleura.reading import read_labels
        from pleura.reading.dicom.rtstruct import read_rtstruct, structure_names
        from pleura.reading.dicom.seg import read_seg, segment_names

        if seed.group == "seg":
            yield lambda: segment_names(path)
            yield lambda: read_seg(path, {1, 2})
        if seed.group == "rtstruct":
            yield lambda: structure_names(path)
            yield lambda: read_rtstruct(path, self.volume, {1})
        if seed.group in {"seg", "rtstruct"}:
            yield lambda: read_labels(path, grid=self.volume)
            yield lambda: read_labels(path.parent, grid=self.volume)

    def _segmented(self, path: Path, number: int) -> None:
        import pleura

        volume = pleura.read(path)
        if number % self.every == 0:
            result = self.segmenter(volume)
            turn = number // self.every
            result.write(path.parent / f"written{('.nii.gz', '.nrrd', '.mha')[turn % 3]}")
            if turn % 5 == 0:  # which costs as much as all the rest
                result.preview(path.parent / "preview.png")


def stand_in(bundle: Any) -> Callable[[Any], tuple[Any, ...]]:
    """Return a function with the outputs of a bundle's network: what is dark is lung, half of it right, half left."""
    import numpy as np

    def run(planes: Any) -> tuple[Any, ...]:
        seen = planes[:, 0]
        lung = np.where((seen > 5) & (seen < 90), 200, 50).astype(np.uint8)
        side_score = np.full((len(seen), bundle.side // 2, bundle.side // 2), 90, np.uint8)
        side_score[..., bundle.side // 4 :] = 170
        if bundle.output == "lungs":
            return lung, side_score
        marked = lung > 128
        left = np.arange(bundle.side) >= bundle.side // 2
        classes = [~marked, marked & ~left, marked & left]
        return (np.stack(classes, axis=1).astype(np.uint8) * 255,)

    return run


def work(options: argparse.Namespace) -> None:
    """Try inputs one by one; say on stdout which one begins, and what it came to."""
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    trial = Trial(options.every)
    graphs = list(trial.segmenter.bundle.folder.glob("*.onnx"))
    with TemporaryDirectory(prefix="pleura-fuzz-") as name:
        noise = Path(name) / "stderr"
        os.dup2(os.open(noise, os.O_CREAT | os.O_WRONLY | os.O_APPEND), 2)
        for number, seed, files in inputs(options.seed, options.first, options.count, options.only):
            print(json.dumps({"begins": number, "group": seed.group}), flush=True)
            with TemporaryDirectory(dir=name) as folder:
                for part, data in files.items():
                    (Path(folder) / part).write_bytes(data)
                if seed.group == "bundle":
                    for graph in graphs:
                        (Path(folder) / graph.name).symlink_to(graph)
                found = outcome(trial.steps(seed, Path(folder) / next(iter(files)), number), noise)
            print(json.dumps({"number": number, **found}), flush=True)


def outcome(steps: Iterator[Callable[[], Any]], noise: Path) -> dict[str, Any]:
    """Return what an input came to: "read" or "refused", or a kind of failure with what was seen."""
    from pleura.errors import PleuraError

    Path("/proc/self/clear_refs").write_text("5")  # forgets the highest memory so far
    begun, spoken, what, detail = time.process_time(), noise.stat().st_size, "refused", ""
    for step in steps:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("always")
                step()
            what = "read" if what == "refused" else what
        except PleuraError as error:
            if not str(error).isprintable() or len(str(error)) > 1000:
                what, detail = "unnamed", f"message {str(error)[:200]!r}"
            if isinstance(error.__cause__, MemoryError):
                what, detail = "memory", "MemoryError"
        except MemoryError as error:
            what, detail = "memory", f"MemoryError {error}"[:200]
        except BaseException as error:
            import traceback

            where = traceback.extract_tb(error.__traceback__)[-1]
            what, detail = "unnamed", f"{type(error).__name__}: {error} ({where.name}, line {where.lineno})"[:300]
    seconds, peak = time.process_time() - begun, _peak()
    if peak > MOST_BYTES:
        what, detail = "memory", f"{peak / 1e9:.1f} GB"
    if seconds > MOST_SECONDS:
        what, detail = "hang", f"{seconds:.0f} s"
    said = noise.read_bytes()[spoken:]
    if b"panicked" in said or b"Traceback" in said:
        what, detail = "unnamed", said.decode(errors="replace")[:300]
    return {"what": what, "detail": detail, "seconds": round(seconds, 2), "peak": peak}


def _peak() -> int:
    """Return the most memory this process has held since it was last forgotten, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) << 10
    return 0


def watch(options: argparse.Namespace, first: int, count: int) -> Iterator[dict[str, Any]]:
    """Yield the outcome of each input of a stretch, in workers that are replaced where they die or fall silent."""
    while count > 0:
        size = min(count, _BATCH)
        command = [sys.executable, __file__, "--worker", "--seed", options.seed, "--only", options.only]
        command += ["--every", str(options.every), "--first", str(first), "--count", str(size)]
        begun: dict[str, Any] = {"begins": first, "group": "none"}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
            assert worker.stdout is not None
            signal.signal(signal.SIGALRM, lambda *_, process=worker: process.kill())
            done = first
            for line in worker.stdout:
                signal.alarm(int(_PATIENCE))
                said = json.loads(line)
                if "begins" in said:
                    begun = said
                else:
                    done = said["number"] + 1
                    yield {"group": begun["group"], **said}
            silent = signal.alarm(0) == 0
        if done < first + size:
            what = "hang" if silent and worker.returncode == -signal.SIGKILL else "crash"
            yield {
                "group": begun["group"],
                "number": begun["begins"],
                "what": what,
                "detail": f"exit {worker.returncode}",
            }
            done = begun["begins"] + 1
        count -= done - first
        first = done


def keep(options: argparse.Namespace, number: int, found: dict[str, Any]) -> None:
    """Write the files of a failing input, and what it came to."""
    folder = options.keep / f"{number}-{found['what']}"
    folder.mkdir(parents=True, exist_ok=True)
    for _, _, files in inputs(options.seed, number, 1, options.only):
        for name, data in files.items():
            (folder / name).write_bytes(data)
    (folder / "outcome.json").write_text(json.dumps(found))


def table(totals: dict[str, Counter[str]]) -> Iterator[str]:
    """Yield the lines of the table: one a format, and all together."""
    columns = ("read", "refused", *KINDS)
    yield f"{'':12}{'inputs':>8}" + "".join(f"{name:>9}" for name in columns)
    whole: Counter[str] = Counter()
    for group, counts in [*sorted(totals.items()), ("all", whole)]:
        yield f"{group:12}{counts.total():>8}" + "".join(f"{counts[name]:>9}" for name in columns)
        whole.update(counts)


def main(argv: list[str] | None = None) -> int:
    """Try inputs and print the table; return 1 after any failure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000, help="inputs to try")
    parser.add_argument("--first", type=int, default=0, help="number of the first one")
    parser.add_argument("--seed", default="pleura", help="other inputs under the same numbers")
    parser.add_argument("--only", default="", help="seeds whose name begins with this")
    parser.add_argument("--every", type=int, default=20, help="one in so many that can be read is segmented")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failures"), help="folder for failing inputs")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.worker:
        work(options)
        return 0
    totals: defaultdict[str, Counter[str]] = defaultdict(Counter)
    slowest, largest = 0.0, 0
    try:
        for found in watch(options, options.first, options.count):
            totals[found["group"]][found["what"]] += 1
            slowest, largest = max(slowest, found.get("seconds", 0)), max(largest, found.get("peak", 0))
            if found["what"] in KINDS:
                print(f"{found['number']} {found['group']}: {found['what']} {found['detail']!r}", flush=True)
                keep(options, found["number"], found)
    except KeyboardInterrupt:
        print("interrupted")
    print("\n".join(table(totals)))
    print(f"longest {slowest:.1f} s of processor time, most memory {largest / 1e6:.0f} MB")
    return int(any(counts[kind] for counts in totals.values() for kind in KINDS))


if __name__ == "__main__":
    sys.exit(main())
