"""Draw a chest CT with known lungs, write it as DICOM, segment those files and compare with the truth."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path

from pleura.cli.console import say
from pleura.cli.paths import path
from pleura.errors import UnwritableOutput


@dataclass(frozen=True)
class Options:
    """What `pleura demo` is asked for; the fields are its arguments."""

    folder: Path


def add_arguments(parser: ArgumentParser) -> None:
    """Say what can be asked for."""
    parser.add_argument(
        "folder",
        nargs="?",
        type=path,
        metavar="FOLDER",
        default=Path("pleura-demo"),
        help="folder for what is drawn and found; pleura-demo by default",
    )


def run(options: Options) -> int:
    """Walk the whole way on a chest that anybody may have."""
    from pleura.evaluation.metrics import dice
    from pleura.files import make_folder
    from pleura.labels import LUNGS
    from pleura.phantom import chest, write_dicom
    from pleura.segmenter import Segmenter
    from pleura.writing import write, write_preview

    series = _series_folder(options.folder)
    make_folder(series)
    phantom = chest()
    files = write_dicom(phantom, series)
    say(f"drawn: a chest CT of {len(files)} slices with known lungs, {series}")
    result = Segmenter()(series)
    say(f"segmented in {sum(result.timings.values()):.1f} s")
    for label in LUNGS:
        agreement = dice(phantom.labels == label.value, result.labels == label.value)
        say(f"{label.name}: Dice {agreement:.4f} against the truth")
    mask = write(result, options.folder / "lungs.nii.gz")
    picture = write_preview(result, options.folder / "lungs-preview.png")
    say(f"written: {mask} and {picture}")
    return 0


def _series_folder(folder: Path) -> Path:
    """Return the folder for the slices; refuse one that holds anything but an earlier demo's."""
    series = folder / "dicom"
    if series.is_dir() and any(not (file.stem.isdigit() and file.suffix == ".dcm") for file in series.iterdir()):
        raise UnwritableOutput(f"{series} holds other files; name another folder", code="folder-in-use")
    return series
