"""`pleura segment`: scans in, masks out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pleura.cli.console import NOTHING_DONE, SOME_FAILED, answering, complain, warn
from pleura.cli.jobs import Job, guard, picture_path, plan
from pleura.errors import PleuraError
from pleura.segmentation import Segmentation

if TYPE_CHECKING:
    from pleura.segmenter import Segmenter


@dataclass(frozen=True)
class _Wishes:
    """What was asked for beside the masks."""

    series: str | None
    preview: bool
    as_json: bool
    quiet: bool
    debug: bool


def segment(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT... [OUTPUT]", help="DICOM folder or file, NIfTI, NRRD, MHA, picture; many with -o."
        ),
    ],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File for one mask, folder for many.")] = None,
    series: Annotated[str | None, typer.Option(help="Which series, where a DICOM folder holds several.")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Write a picture of the result beside the mask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a scan, and nothing else.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print warnings and errors only.")] = False,
    model: Annotated[Path | None, typer.Option(help="Folder of another model bundle.")] = None,
    backend: Annotated[str, typer.Option(help="auto, onnxruntime, openvino or torch.")] = "auto",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, help="Processor threads; all by default.")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Mark the right (1) and the left (2) lung of each scan, on the scan's own grid.

    Without OUTPUT the mask is lungs.nii.gz here, or lungs.png for a picture. OUTPUT ends in .nii.gz, .nii, .nrrd,
    .mha, or .png for one slice. Beside each mask a .json tells how it was made. Earlier results are replaced, other
    files never. A folder of pictures or volumes counts as many scans.
    """
    with answering(debug):
        jobs = plan(inputs, output)
        from pleura.segmenter import Segmenter

        segmenter = Segmenter(model=model, backend=backend, device=device, threads=threads)
        wishes = _Wishes(series, preview, as_json, quiet, debug)
        failed = sum(not _done(segmenter, jobs, number, wishes) for number in _counted(len(jobs), quiet))
    if failed:
        raise typer.Exit(NOTHING_DONE if failed == len(jobs) else SOME_FAILED)


def _done(segmenter: Segmenter, jobs: Sequence[Job], number: int, wishes: _Wishes) -> bool:
    """Segment one scan of several and tell about it; return False where it failed, so that the others go on."""
    try:
        result = segmenter(jobs[number].source, series=wishes.series)
        target, picture = _written(result, jobs, number, wishes.preview)
    except Exception as error:
        complain(error, wishes.debug)
        if wishes.as_json:
            code = error.code if isinstance(error, PleuraError) else "unexpected"
            typer.echo(json.dumps({"input": number + 1, "error": code}))
        return False
    if wishes.as_json:
        typer.echo(json.dumps(_summary(result, number, target, picture)))
    elif not wishes.quiet:
        _tell(result, f"{number + 1}/{len(jobs)}: " if len(jobs) > 1 else "", target, picture)
    for warning in result.warnings:
        warn(f"{target.name}: {warning.message}")
    return True


def _written(result: Segmentation, jobs: Sequence[Job], number: int, preview: bool) -> tuple[Path, Path | None]:
    """Write mask and picture and return where they are."""
    from pleura.writing import preview as draw
    from pleura.writing import record_path, write

    target = jobs[number].target(result)
    picture = picture_path(target) if preview else None
    files = [target, record_path(target), *([picture] if picture else [])]
    guard(files, [job.source for job in jobs])
    if jobs[number].output is None:
        target.parent.mkdir(parents=True, exist_ok=True)
    write(result, target)
    return target, draw(result, picture) if picture else None


def _summary(result: Segmentation, number: int, target: Path, picture: Path | None) -> dict[str, Any]:
    from pleura.writing import record

    return {
        "input": number + 1,
        "output": str(target),
        "preview": str(picture) if picture else None,
        "seconds": {stage: round(seconds, 3) for stage, seconds in result.timings.items()},
        **record(result),
    }


def _tell(result: Segmentation, prefix: str, target: Path, picture: Path | None) -> None:
    """Print what was read, what was found and where it is."""
    from pleura.labels import LUNGS
    from pleura.writing import millilitres

    volume = result.volume
    shape = " x ".join(str(n) for n in (volume.shape[1:] if volume.planar else volume.shape))
    steps = " x ".join(f"{step:.2f}" for step in (volume.spacing[1:] if volume.planar else volume.spacing))
    typer.echo(f"{prefix}{volume.identity.format}, {shape}{f', {steps} mm' if volume.spacing_known else ''}")
    for note in volume.notes:
        typer.echo(f"note: {note.message}")
    sizes = [(label.name, millilitres(result, label.value)) for label in LUNGS]
    known = [f"{name} {size:.0f} mL" for name, size in sizes if size is not None]
    if known:
        typer.echo(", ".join(known))
    typer.echo(f"written: {target}{f' and {picture}' if picture else ''}")


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
