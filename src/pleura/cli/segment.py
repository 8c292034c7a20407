"""Mark the right (1) and the left (2) lung of each scan, on the scan's own grid.

Without OUTPUT the mask is lungs.nii.gz here, or lungs.png for a picture. OUTPUT ends in .nii.gz,
.nii, .nrrd, .mha, or .png for one slice. Beside each mask a .json tells how it was made. Earlier
results are replaced, other files never. A folder of pictures, volumes or radiographs counts as many,
subfolders included; a folder of CT slices is one scan, one of many patients as many.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pleura.cli.abreast import abreast, in_order
from pleura.cli.console import NOTHING_DONE, SOME_FAILED, complain, say, warn
from pleura.cli.folders import left_out
from pleura.cli.jobs import Job, guard, identities, picture_path, plan
from pleura.errors import PleuraError
from pleura.options import BACKENDS, CONVENTIONS, DEVICES, MODALITIES
from pleura.segmentation import Segmentation
from pleura.volume import Note, Volume, grid_text

if TYPE_CHECKING:
    from pleura.segmenter import Segmenter


def add_arguments(parser: ArgumentParser) -> None:
    """Say what can be asked for."""
    parser.usage = "pleura segment [options] INPUT [OUTPUT]\n       pleura segment [options] INPUT... -o FOLDER"
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="INPUT", help="folder of DICOM slices or images, or a file"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="PATH", help="file for one mask, or folder for many")
    parser.add_argument("--series", metavar="KEY", help="which series, where a DICOM folder holds several")
    parser.add_argument("--resume", action="store_true", help="leave scans alone whose result is there, up to date")
    parser.add_argument("--preview", action="store_true", help="write a picture of the result beside the mask")
    parser.add_argument("--json", action="store_true", help="print one JSON object a scan, and nothing else")
    parser.add_argument("--quiet", action="store_true", help="print warnings and errors only")
    parser.add_argument("--modality", choices=MODALITIES, default="auto", help="what pictures show")
    parser.add_argument(
        "--convention",
        choices=CONVENTIONS,
        default="",
        help="of radiographs: each lung to the spine (the default), or the lung fields only",
    )
    parser.add_argument("--model", metavar="BUNDLE", help="folder of another model, or the name of a shipped one")
    parser.add_argument("--backend", choices=BACKENDS, default="auto", help="what runs the network")
    parser.add_argument(
        "--device",
        choices=DEVICES,
        default="auto",
        help="where it runs; cuda and mps with torch",
    )
    parser.add_argument("--threads", type=_threads, metavar="N", help="processor threads; all by default")


def run(wishes: Namespace) -> int:
    """Segment every scan; a bad one does not stop the rest."""
    jobs = plan(wishes.paths, wishes.output, series=wishes.series)
    from pleura.segmenter import Segmenter
    from pleura.writing.place import make_folder

    if jobs[0].output is None:
        make_folder(jobs[0].stem.parent)
    workers = _workers(jobs, wishes)
    segmenter = Segmenter(
        model=wishes.model,
        modality=wishes.modality,
        convention=wishes.convention,
        backend=wishes.backend,
        device=wishes.device,
        threads=1 if workers > 1 else wishes.threads,
    )
    work = partial(_outcome, segmenter, jobs, identities(job.source for job in jobs), wishes)
    outcomes = in_order(work, len(jobs), workers)
    failed = sum(
        not _told(outcome, number, wishes)
        for number, outcome in zip(_counted(len(jobs), wishes.quiet), outcomes, strict=True)
    )
    if not failed:
        return 0
    return NOTHING_DONE if failed == len(jobs) else SOME_FAILED


def _workers(jobs: Sequence[Job], wishes: Namespace) -> int:
    """Return how many scans to segment at a time; of the backends only onnxruntime may be called by several threads."""
    from pleura.inference.backends import available_threads

    if wishes.backend not in {"auto", "onnxruntime"} or wishes.device not in {"auto", "cpu"}:
        return 1
    return abreast([job.source for job in jobs], wishes.threads or available_threads())


@dataclass(frozen=True)
class Outcome:
    """What came of one scan: lines for stdout, warnings, and what went wrong."""

    lines: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    error: Exception | None = None


def _outcome(
    segmenter: Segmenter, jobs: Sequence[Job], inputs: frozenset[tuple[int, int]], wishes: Namespace, number: int
) -> Outcome:
    """Segment one scan of several, write the result, and return what is to be told about it."""
    from pleura.reading import read

    job = jobs[number]
    prefix = f"{number + 1}/{len(jobs)}: " if len(jobs) > 1 else ""
    source: Path | Volume = job.source
    try:
        if wishes.resume:
            source = read(job.source, series=wishes.series)
            earlier = _earlier(segmenter, source, job, number, wishes.preview)
            if earlier is not None:
                return _left_alone(earlier, prefix, wishes)
        result = _noted(segmenter(source, series=wishes.series), left_out(job.source))
        target, picture = _written(result, job, inputs, wishes.preview)
    except Exception as error:
        return Outcome(error=error)
    lines: tuple[str, ...] = ()
    if wishes.json:
        lines = (json.dumps(_summary(result, number, target, picture)),)
    elif not wishes.quiet:
        lines = tuple(_lines(result, prefix, target, picture))
    return Outcome(lines, tuple(f"{target.name}: {warning.message}" for warning in result.warnings))


def _earlier(segmenter: Segmenter, volume: Volume, job: Job, number: int, preview: bool) -> dict[str, Any] | None:
    """Return the summary of a result that is there and that segmenting the scan again would only repeat."""
    from pleura.writing import is_ours, record_of, record_path

    target = job.target(volume)
    picture = picture_path(target) if preview else None
    if not all(file.is_file() and is_ours(file) for file in (target, picture) if file):
        return None
    found = record_of(record_path(target), volume, segmenter.provenance(volume))
    return found and {**_place(number, target, picture), "seconds": {}, **found}


def _left_alone(earlier: Mapping[str, Any], prefix: str, wishes: Namespace) -> Outcome:
    """Return what is told of a result that is there already: its warnings too, which hold as before."""
    target = Path(earlier["output"])
    told = json.dumps(earlier) if wishes.json else f"{prefix}there already: {target}"
    warnings = tuple(f"{target.name}: {warning['message']}" for warning in earlier["warnings"])
    return Outcome((told,) if wishes.json or not wishes.quiet else (), warnings)


def _told(outcome: Outcome, number: int, wishes: Namespace) -> bool:
    """Print what came of one scan; return False where it failed."""
    if outcome.error is not None:
        complain(outcome.error, debug=wishes.debug)
        if wishes.json:
            code = outcome.error.code if isinstance(outcome.error, PleuraError) else "unexpected"
            say(json.dumps({"number": number + 1, "error": code}))
        return False
    for line in outcome.lines:
        say(line)
    sys.stdout.flush()
    for warning in outcome.warnings:
        warn(warning)
    return True


def _noted(result: Segmentation, notes: tuple[Note, ...]) -> Segmentation:
    return replace(result, volume=replace(result.volume, notes=(*result.volume.notes, *notes)))


def _written(
    result: Segmentation, job: Job, inputs: frozenset[tuple[int, int]], preview: bool
) -> tuple[Path, Path | None]:
    """Write mask and picture and return where they are."""
    from pleura.writing import preview as draw
    from pleura.writing import record_path, write

    target = job.target(result.volume)
    picture = picture_path(target) if preview else None
    files = [target, record_path(target), *([picture] if picture else [])]
    guard(files, inputs)
    write(result, target)
    return target, draw(result, picture) if picture else None


def _summary(result: Segmentation, number: int, target: Path, picture: Path | None) -> dict[str, Any]:
    from pleura.writing import record

    seconds = {stage: round(seconds, 3) for stage, seconds in result.timings.items()}
    return {**_place(number, target, picture), "seconds": seconds, **record(result)}


def _place(number: int, target: Path, picture: Path | None) -> dict[str, Any]:
    return {"number": number + 1, "output": str(target), "preview": str(picture) if picture else None}


def _lines(result: Segmentation, prefix: str, target: Path, picture: Path | None) -> Iterator[str]:
    """Give what was read, what was found and where it is, line by line."""
    volume = result.volume
    yield f"{prefix}{volume.identity.format}, {grid_text(volume)}"
    yield from (f"note: {note.message}" for note in volume.notes)
    yield ", ".join(_measured(result))
    yield f"written: {target}{f' and {picture}' if picture else ''}"


def _measured(result: Segmentation) -> Iterator[str]:
    """Give the size of each structure; of lungs their litres, of a radiograph heights and what left is of right."""
    from pleura.labels import LUNGS
    from pleura.writing import height, left_to_right, size_text

    for label in result.structures:
        yield f"{label.name} {size_text(result, label.value)}"
        tall = height(result, label.value)
        if tall is not None:
            yield f"{tall:.1f} cm high"
    volumes = result.volumes_ml if result.structures == LUNGS else {}
    if volumes:
        yield f"together {sum(volumes.values()) / 1000:.2f} L"
    ratio = left_to_right(result)
    if ratio is not None:
        yield f"left to right {ratio:.2f}"


def _counted(count: int, quiet: bool) -> Iterable[int]:
    """Return 0 .. count - 1, with a progress bar where there is more than one and somebody is watching."""
    return range(count) if count < 2 or quiet or not _watched() else _progress(count)


def _watched() -> bool:
    return sys.stderr.isatty()


def _progress(count: int) -> Iterator[int]:
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, redirect_stdout=sys.stdout.isatty()) as progress:
        yield from progress.track(range(count), description="segmenting")


def _threads(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a number of threads, 1 or more")
    return int(text)
