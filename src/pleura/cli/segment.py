"""Mark the right (1) and the left (2) lung of each scan, on the scan's own grid.

Without OUTPUT the mask is named after the input and lies here: INPUT_lungs.nii.gz, or .png for a
picture. OUTPUT ends in .nii.gz, .nii, .nrrd, .mha, or .png for one slice. Beside each mask a .json
states how it was made. An earlier result of the same scan is replaced, one of another scan only with
--overwrite, and any other file never. A folder is one scan for each study of CT slices in it, and one
for each volume, picture or radiograph beside them, subfolders included; a DICOMDIR is its folder.
"""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pleura.batch.engine import abreast, in_order
from pleura.batch.plan import Job, guard, identities, picture_path, plan
from pleura.cli import outcome
from pleura.cli.console import NOTHING_DONE, SOME_FAILED, WARNED, say
from pleura.cli.numbers import whole_number
from pleura.cli.outcome import Outcome
from pleura.cli.paths import given_path, path
from pleura.cli.scan_options import add_scan_options
from pleura.errors import PleuraError
from pleura.inference.backends import BACKENDS, DEVICES

if TYPE_CHECKING:
    from pleura.segmenter import Segmenter
    from pleura.volume import Volume


def add_arguments(parser: ArgumentParser) -> None:
    """Say what can be asked for."""
    parser.usage = "pleura segment [options] INPUT [OUTPUT]\n       pleura segment [options] INPUT... -o FOLDER"
    parser.add_argument(
        "paths", nargs="+", type=given_path, metavar="INPUT", help="folder of DICOM slices or images, or a file"
    )
    parser.add_argument("-o", "--output", type=path, metavar="PATH", help="file for one mask, or folder for many")
    parser.add_argument(
        "--series",
        type=_key,
        metavar="KEY",
        help="which of several series: its number, a part of its description, its UID; or all",
    )
    parser.add_argument("--resume", action="store_true", help="skip scans whose result is there and up to date")
    parser.add_argument("--overwrite", action="store_true", help="replace results of other inputs, and changed masks")
    parser.add_argument("--preview", action="store_true", help="write a picture of the result beside the mask")
    parser.add_argument("--json", action="store_true", help="print one JSON object a scan, and nothing else")
    parser.add_argument("--quiet", action="store_true", help="print warnings and errors only")
    parser.add_argument("--fail-on-warning", action="store_true", help="exit with 3 where a mask has a warning")
    add_scan_options(parser, default=": each lung to the spine (the default), or the lung fields only")
    parser.add_argument("--model", metavar="BUNDLE", help="folder of another model, or the name of a shipped one")
    parser.add_argument("--backend", choices=BACKENDS, default="auto", help="what runs the network")
    parser.add_argument(
        "--device",
        choices=DEVICES,
        default="auto",
        help="where it runs; cuda and mps with torch",
    )
    parser.add_argument(
        "--threads", type=whole_number, metavar="N", help="processor threads; one a core by default, never more"
    )


def run(wishes: Namespace) -> int:
    """Segment every scan; a bad one does not stop the rest."""
    try:
        return _run(wishes)
    except PleuraError as error:
        if wishes.json:
            say(json.dumps(outcome.error_data(error)))
        raise


def _run(wishes: Namespace) -> int:
    jobs = plan(wishes.paths, wishes.output, series=wishes.series)
    from pleura.files import make_folder
    from pleura.segmenter import Segmenter

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
    batch = _Batch(segmenter, jobs, identities(job.source for job in jobs), wishes)
    outcomes = in_order(batch.outcome, len(jobs), workers)
    failed = warned = 0
    for number, found in zip(_counted(len(jobs), wishes.quiet), outcomes, strict=True):
        prefix = f"{number + 1}/{len(jobs)}: {jobs[number].named}: " if len(jobs) > 1 else ""
        outcome.report(found, prefix, as_json=wishes.json, quiet=wishes.quiet, debug=wishes.debug)
        failed += found.error is not None
        warned += bool(found.warnings)
    if len(jobs) > 1 and not (wishes.json or wishes.quiet):
        say(f"{len(jobs) - failed} of {len(jobs)} segmented")
    if failed:
        return NOTHING_DONE if failed == len(jobs) else SOME_FAILED
    return WARNED if warned and wishes.fail_on_warning else 0


def _workers(jobs: Sequence[Job], wishes: Namespace) -> int:
    """Return how many scans to segment at a time; of the backends only onnxruntime may be called by several threads."""
    from pleura.inference.backends import cpu_count

    if wishes.backend not in {"auto", "onnxruntime"} or wishes.device not in {"auto", "cpu"}:
        return 1
    return abreast([job.source for job in jobs], cpu_count(wishes.threads))


@dataclass(frozen=True)
class _Batch:
    """What all scans of a call share.

    Attributes
    ----------
    inputs : the `identities` of all inputs, none of which is ever written to
    """

    segmenter: Segmenter
    jobs: Sequence[Job]
    inputs: frozenset[tuple[int, int]]
    wishes: Namespace

    def outcome(self, number: int) -> Outcome:
        """Segment one scan, write the result, and return its outcome."""
        job = self.jobs[number]
        try:
            return self._segmented(job, number)
        except Exception as error:
            return outcome.failed(error, job, number)

    def _segmented(self, job: Job, number: int) -> Outcome:
        from pleura.files import folder_lock
        from pleura.reading import read
        from pleura.writing import read_sidecar, sidecar_path, write, write_preview
        from pleura.writing.earlier import remove_preview_of_other

        begun = time.perf_counter()
        volume = read(job.source, series=job.series)
        volume = replace(volume, notes=(*volume.notes, *job.notes))
        seconds = {"read": time.perf_counter() - begun}
        target = job.target(volume)
        picture = picture_path(target) if self.wishes.preview else None
        place = {"output": str(target), "preview": str(picture) if picture else None}
        data = {**outcome.identified(job, number), **place}
        earlier = self._earlier(volume, target, picture) if self.wishes.resume else None
        if earlier is not None:
            return outcome.left_alone(self._also_named({**data, "seconds": {}, **earlier}, volume))
        self._guard(volume, target, picture)
        result = self.segmenter(volume)
        for stage, taken in result.timings.items():
            seconds[stage] = seconds.get(stage, 0.0) + taken
        with folder_lock(target.parent):
            self._guard(volume, target, picture)
            remove_preview_of_other(target, picture_path(target), volume)
            write(result, target)
            if picture:
                write_preview(result, picture)
            sidecar = read_sidecar(sidecar_path(target)) or {}
        rounded = {stage: round(taken, 3) for stage, taken in seconds.items()}
        return outcome.written(result, self._also_named({**data, "seconds": rounded, **sidecar}, volume))

    def _also_named(self, data: dict[str, Any], volume: Volume) -> dict[str, Any]:
        """Add a warning where a mask of the same voxels lies there under a name that no input of this call has."""
        stems = {job.stem.name for job in self.jobs}
        same = self._masks.get(volume.identity.sha256[:32], ())
        names = [mask.name for mask in same if mask.is_file() and not stems.intersection(_stems(mask))]
        if not names or not volume.identity.sha256:
            return data
        text = f"the same scan has another mask beside this one: {', '.join(names)}; remove what is not wanted"
        return {**data, "warnings": [*data["warnings"], {"code": "same-scan-twice", "message": text}]}

    @cached_property
    def _masks(self) -> Mapping[str, Sequence[Path]]:
        """The masks of ours that lay in the folder of the results, by their inputs; none where a file was named."""
        from pleura.writing.earlier import masks_by_input

        return {} if self.jobs[0].output else masks_by_input(self.jobs[0].stem.parent)

    def _earlier(self, volume: Volume, target: Path, picture: Path | None) -> dict[str, Any] | None:
        """Return the sidecar of a result that is there and that segmenting the scan again would only repeat."""
        from pleura.writing import earlier

        return earlier.up_to_date(target, picture, volume, self.segmenter.provenance(volume))

    def _guard(self, volume: Volume, target: Path, picture: Path | None) -> None:
        """Refuse to write over inputs, files of other making and, unless that is wanted, results of other inputs."""
        from pleura.writing import sidecar_path
        from pleura.writing.earlier import refuse_to_lose

        guard([target, sidecar_path(target), *([picture] if picture else [])], self.inputs)
        if not self.wishes.overwrite:
            refuse_to_lose(target, picture, volume)


def _stems(mask: Path) -> tuple[str, ...]:
    """Return what a mask is called without its suffix, which may have a dot within."""
    return mask.stem, Path(mask.stem).stem


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


def _key(text: str) -> str:
    if not text.strip():
        raise ArgumentTypeError("an empty name; leave it out to have the series chosen")
    return text
