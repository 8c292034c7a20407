"""`pleura demo`: the whole way on a chest that anybody may have, with its truth known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pleura.cli.console import answering
from pleura.errors import UnwritableOutput


def demo(
    folder: Annotated[Path, typer.Argument(help="Folder to write to; made if it is missing.")] = Path("pleura-demo"),
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Draw a chest CT with known lungs, write it as DICOM, segment those files and compare with the truth."""
    from pleura.evaluation.metrics import dice
    from pleura.labels import LUNGS
    from pleura.phantom import chest, write_dicom
    from pleura.segmenter import Segmenter
    from pleura.writing import preview, write

    with answering(debug):
        phantom = chest()
        series = _series_folder(folder)
        files = write_dicom(phantom, series)
        typer.echo(f"drawn: a chest CT of {len(files)} slices with known lungs, {series}")
        result = Segmenter()(series)
        typer.echo(f"segmented in {sum(result.timings.values()):.1f} s")
        for label in LUNGS:
            agreement = dice(phantom.labels == label.value, result.labels == label.value)
            typer.echo(f"{label.name}: Dice {agreement:.4f} against the truth")
        mask = write(result, folder / "lungs.nii.gz")
        picture = preview(result, folder / "lungs-preview.png")
        typer.echo(f"written: {mask} and {picture}")


def _series_folder(folder: Path) -> Path:
    """Return the folder for the slices; refuse one that holds anything but an earlier demo's."""
    series = folder / "dicom"
    if series.is_dir() and any(not (file.stem.isdigit() and file.suffix == ".dcm") for file in series.iterdir()):
        raise UnwritableOutput(f"{series} holds other files; name another folder", code="folder-in-use")
    return series
