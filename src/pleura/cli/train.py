"""Train a network on a data set, and keep everything that was needed and came of it in the folder RUN.

CONFIG.toml holds the settings; without one, name a --preset and --data: a data set that
`pleura prepare` wrote, or a folder with images/ and masks/, which is then prepared in RUN/data.
A run that was stopped, at any moment, goes on with --resume. On several processors or machines:
torchrun --nproc-per-node 2 -m pleura train CONFIG.toml RUN
"""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pleura.cli.console import say, warn
from pleura.cli.numbers import whole_number
from pleura.cli.paths import given_name, path
from pleura.cli.progress import Pace, counted, is_watched, progress_bar, reported
from pleura.errors import InvalidOption, UnreadableInput, UnwritableOutput, missing_extra
from pleura.text import quantity

if TYPE_CHECKING:
    from pleura.training.checkpoint import Progress
    from pleura.training.config import TrainingConfig
    from pleura.training.loop import Listener


@dataclass(frozen=True)
class SettingOptions:
    """What is asked for by the options of `add_settings`; the fields are these options."""

    epochs: int | None
    learning_rate: float | None
    batch: int | None
    set: Sequence[str]
    quiet: bool


@dataclass(frozen=True)
class Options(SettingOptions):
    """What `pleura train` is asked for; the fields are its arguments."""

    paths: Sequence[Path]
    preset: str | None
    data: str | None
    resume: bool


def add_arguments(parser: ArgumentParser) -> None:
    """Say what can be asked for."""
    parser.usage = (
        "pleura train [options] CONFIG.toml [RUN]\n       pleura train [options] --preset NAME --data DATASET [RUN]"
    )
    parser.add_argument("paths", nargs="*", type=path, metavar="CONFIG RUN", help="settings; folder of the run")
    parser.add_argument(
        "--preset", type=given_name, metavar="NAME", help="default, original, notebook, chest-ct or chest-radiograph"
    )
    parser.add_argument(
        "--data",
        type=given_name,
        metavar="DATASET",
        help="data set, or folder of images and masks, in place of the field data",
    )
    parser.add_argument("--resume", action="store_true", help="go on with a run that was stopped")
    add_settings(parser)


def add_settings(parser: ArgumentParser) -> None:
    """Say which settings of a run have options."""
    parser.add_argument("--epochs", type=whole_number, metavar="N", help="passes over the training pictures")
    parser.add_argument("--learning-rate", type=_rate, metavar="RATE", help="learning rate of the optimiser")
    parser.add_argument("--batch", type=whole_number, metavar="N", help="pictures a step")
    parser.add_argument(
        "--set", action="append", default=[], metavar="FIELD=VALUE", help="change any other field, as in TOML"
    )
    parser.add_argument("--quiet", action="store_true", help="print warnings and errors only")


def run(options: Options, *, advise_export: bool = True) -> int:
    """Train and say what came of it, and how a model is made of it unless the caller makes one."""
    try:
        from pleura.training.config import config_of
        from pleura.training.logger import rows, shortcomings
        from pleura.training.loop import train
        from pleura.training.resolve import check_machine
    except ImportError as problem:
        raise missing_extra(problem.name or "torch", "train") from problem
    folder, config = _run_and_config(options)
    leads = os.environ.get("RANK", "0") == "0"  # of several processes, the first one speaks
    quiet = options.quiet or not leads
    check_machine(config)
    _check_folder(folder, options.resume)
    config = _prepared(config, folder, quiet)
    try:
        with _progress(quiet) as tell:
            progress = train(config, folder, tell)
    except (KeyboardInterrupt, SystemExit):
        if (folder / "last.safetensors").exists():
            again = "the same command" if options.resume else "the same command with --resume"
            warn(f"stopped; {again} goes on from where it stopped")
        raise
    if not quiet:
        _tell(progress.best, folder, config)
        hint = f"; pleura export {folder} BUNDLE makes a model of it" if advise_export else ""
        say(f"written: {folder} (curves.png, samples.png, report.json){hint}")
    for note in shortcomings(config_of(folder), rows(folder / "log.jsonl")) if leads else ():
        warn(note.message)
    return 0


def _check_folder(folder: Path, resume: bool) -> None:
    """Raise `UnwritableOutput` where a run cannot go into a folder."""
    if folder.exists() and not folder.is_dir():
        raise UnwritableOutput(f"{folder} is a file; name a folder for the run", code="not-written")
    if (folder / "last.safetensors").exists() and not resume:
        text = f"{folder} holds a run; go on with it by --resume, or name another folder"
        raise UnwritableOutput(text, code="run-exists")


def settings_of(options: SettingOptions) -> dict[str, object]:
    """Return field -> value of the settings that were given as options; those with a name of their own win."""
    named = {name: getattr(options, name) for name in ("epochs", "learning_rate", "batch")}
    return dict(map(_change, options.set)) | {name: value for name, value in named.items() if value is not None}


def _run_and_config(options: Options) -> tuple[Path, TrainingConfig]:
    from pleura.training.config import load_config, preset

    paths = list(options.paths)
    changes = settings_of(options) | ({"data": options.data} if options.data else {})
    if options.preset:
        config = preset(options.preset, **changes)
    elif paths:
        config = load_config(paths.pop(0), **changes)
    else:
        raise InvalidOption("name a CONFIG.toml, or a --preset with --data", code="no-config")
    if len(paths) > 1:
        raise InvalidOption(f"{len(paths)} folders for one run; name one", code="no-config")
    return (paths[0] if paths else Path("run")), config


def _prepared(config: TrainingConfig, folder: Path, quiet: bool) -> TrainingConfig:
    """Return the configuration with a data set in place of a folder of images and masks."""
    from pleura.cli.prepare import tell_of
    from pleura.inference.backends import cpu_count
    from pleura.preparation import prepare
    from pleura.preparation.unprepared import is_unprepared

    if not Path(config.data).exists():
        raise UnreadableInput(f"{config.data}: there is no such folder", code="not-found")
    alone = os.environ.get("WORLD_SIZE", "1") == "1"  # several processes would write over each other
    if config.weights or not is_unprepared(Path(config.data)) or not alone:
        return config
    with counted("preparing", quiet) as tell:
        report = prepare(config.data, folder / "data", workers=cpu_count(), progress=tell)
    if not quiet:
        tell_of(report, folder / "data")
    return replace(config, data=str(folder / "data"))


def _change(text: str) -> tuple[str, object]:
    """Return field and value of FIELD=VALUE, the value read as TOML, or as text where it is none."""
    import tomllib

    name, equals, value = text.partition("=")
    if not equals:
        raise InvalidOption(f"--set {text}: write FIELD=VALUE", code="config-field")
    try:
        return name.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return name.strip(), value.strip()


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate < 1:
        raise ArgumentTypeError(f"{text!r} is not a rate between 0 and 1, as 0.0001 or 1e-4")
    return rate


def _tell(best: dict[str, float], folder: Path, config: TrainingConfig) -> None:
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    sets = {name: value for name, value in best.items() if name not in {"step", "val_loss", "false_pixels", "score"}}
    listed = ", ".join(f"{value:.4f}" if name == "dice" else f"{name} {value:.4f}" for name, value in sets.items())
    say(f"{quantity(report['steps'], 'step')} in {report['seconds'] / 60:.1f} minutes: {report['ended']}")
    say(f"{_chosen(config)} at step {best['step']:.0f}: Dice {listed}")


def _chosen(config: TrainingConfig) -> str:
    """Return what the weights that are kept are best in: a Dice may fall where it is not what they are chosen by."""
    return "best Dice" if config.choose == "dice" else "lowest loss on validation"


@contextmanager
def _progress(quiet: bool) -> Iterator[Listener | None]:
    """Give the function that is called after each step: a bar on a terminal, a line every some seconds elsewhere."""
    if quiet:
        yield None
    elif is_watched():
        with progress_bar() as move:
            yield lambda progress, config, doing: move(
                progress.step, config.steps if progress.step else None, _bar_text(progress, doing)
            )
    else:
        pace = Pace()
        with reported(sys.stdout) as tell:
            yield lambda progress, config, doing: tell(_line(progress, config, doing, pace))


def _line(progress: Progress, config: TrainingConfig, doing: str, pace: Pace) -> str:
    """Return how far a run is."""
    if not progress.step:
        return doing
    best = progress.best
    text = f"step {progress.step} of {config.steps}: loss {progress.loss:.4f}"
    text += f", {_chosen(config)} at step {best['step']:.0f}: Dice {best['score']:.4f}" if best else ""
    return f"{text}, {doing}" if doing else text + pace.left(progress.step, config.steps)


def _bar_text(progress: Progress, doing: str) -> str:
    """Return what stands beside the bar: what is being done beside the steps, else how good the run is."""
    best = f", best Dice {progress.best['score']:.4f}" if progress.best else ""
    return doing or f"loss {progress.loss:.4f}{best}"
