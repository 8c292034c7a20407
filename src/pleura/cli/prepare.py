"""Make a data set to train and evaluate on: find images and masks, check them, split them by patient.

SOURCE is a folder in any usual layout: images/ and masks/ with files of one name, a.jpg beside
a_mask.jpg, imagesTr/ and labelsTr/ of nnU-Net or the Decathlon, DICOM series with SEG or RTSTRUCT,
LUNA16, the RSNA challenge, pairs of NIfTI, NRRD or MHA files. DEST gets images/, masks/,
manifest.jsonl, dataset.json and report.json. A second run goes on where the first one stopped.
What cannot be used is listed.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pleura.cli.console import say, warn
from pleura.cli.numbers import number_list, rows_and_columns
from pleura.cli.paths import path
from pleura.cli.progress import counted
from pleura.cli.scan_options import add_scan_options
from pleura.conventions import Convention, Modality
from pleura.text import quantity

if TYPE_CHECKING:
    from pleura.preparation import Report, Settings

MOST_MESSAGES, MOST_NAMES = 20, 5
"""Messages on refusals, or on cases to look at, that are printed, and names that are listed of each."""


@dataclass(frozen=True)
class Options:
    """What `pleura prepare` is asked for; the fields are its arguments."""

    source: Path
    dest: Path
    preset: str | None
    window: tuple[float, float] | None
    spacing: tuple[float, float, float] | None
    size: tuple[int, int] | None
    slices: int | None
    split: tuple[float, float, float] | None
    seed: int
    patients: str
    modality: Modality
    convention: Convention
    workers: int | None
    quiet: bool


def add_arguments(parser: ArgumentParser) -> None:
    """Say what can be asked for."""
    parser.add_argument("source", type=path, metavar="SOURCE", help="folder of images and masks")
    parser.add_argument("dest", type=path, metavar="DEST", help="folder for the data set")
    parser.add_argument(
        "--preset", choices=("original",), help="soft-tissue window, 1 mm, the middle slice of each scan, 256 x 256"
    )
    parser.add_argument("--window", type=number_list(2), metavar="LOW,HIGH", help="clip HU and stretch them to 8 bits")
    parser.add_argument("--spacing", type=number_list(3), metavar="X,Y,Z", help="resample scans to these millimetres")
    parser.add_argument(
        "--size", type=rows_and_columns, metavar="ROWS,COLUMNS", help="crop and pad scans, resize pictures"
    )
    parser.add_argument("--slices", type=int, metavar="N", help="keep this many axial slices from the middle")
    parser.add_argument(
        "--split",
        type=number_list(3),
        metavar="A,B,C",
        help="shares of train, val, test; else as the source states, or 0.7,0.15,0.15",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the split by chance; 0 by default")
    parser.add_argument(
        "--patients", default="", metavar="RULE", help="CSV with image,patient, or a regular expression with a group"
    )
    add_scan_options(parser)
    parser.add_argument("--workers", type=int, metavar="N", help="processes; one a core by default, never more")
    parser.add_argument("--quiet", action="store_true", help="print warnings and errors only")


def run(options: Options) -> int:
    """Prepare the data set and say what came of it."""
    from pleura.inference.backends import cpu_count
    from pleura.preparation.run import require_cases, try_prepare

    workers = cpu_count(options.workers)
    with counted("preparing", options.quiet) as tell:
        report = try_prepare(options.source, options.dest, _settings(options), workers, tell)
    for note in report.notes:
        warn(note.message)
    if not options.quiet:
        tell_of(report, options.dest)
    require_cases(report)
    return 0


def _settings(options: Options) -> Settings:
    from pleura.preparation import PRESETS, Settings

    given = {name: getattr(options, name) for name in ("window", "spacing", "size", "slices", "split")}
    asked = {name: value for name, value in given.items() if value is not None}
    modality = "" if options.modality == "auto" else options.modality
    base = PRESETS[options.preset] if options.preset else Settings()
    base = replace(base, modality=modality, convention=options.convention, seed=options.seed, patients=options.patients)
    return replace(base, **asked)


def tell_of(report: Report, dest: Path) -> None:
    """Print what came of preparing a data set."""
    counts = report.counts
    parts = ", ".join(f"{counts[part]} {part}" for part in ("train", "val", "test"))
    one = counts["images"] == 1
    masks = f"{'without' if report.cases and not report.labels else 'with'} {'a mask' if one else 'masks'}"
    say(f"{quantity(counts['images'], 'image')} {masks} of {quantity(counts['patients'], 'patient')}: {parts}")
    if report.labels:
        say(f"labels: {', '.join(f'{value} {name}' for value, name in sorted(report.labels.items()))}")
    details = dest / "report.json"
    _list("not used", [(one.code, one.name, one.message) for one in report.refused], details)
    _list("to look at", [(code, name, message) for name, code, message in report.explained_warnings], details)
    if report.reused:
        say(f"{quantity(report.reused, 'case was', 'cases were')} there already")
    if report.cases:
        say(f"written: {dest}")


def _list(title: str, found: Sequence[tuple[str, str, str]], details: Path) -> None:
    """Count codes, and say each message once with what it was found on; what is too much is in the report alone."""
    if not found:
        return
    counts = Counter(code for code, _, _ in found).most_common()
    say(f"{title}: {', '.join(f'{count} {code}' for code, count in counts)}")
    names_of: dict[str, list[str]] = {}
    for _, name, message in found:
        names_of.setdefault(message, []).append(name)
    for message, names in list(names_of.items())[:MOST_MESSAGES]:
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        say(f"  {', '.join(names[:MOST_NAMES])}{more}: {message}")
    if len(names_of) > MOST_MESSAGES or max(map(len, names_of.values())) > MOST_NAMES:
        say(f"  all of them are in {details}")
