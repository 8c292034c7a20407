"""Train a network on the pictures in dataset/ or data/, and make it a model that test.py and evaluate.py use.

    python train.py [--preset NAME] [--data FOLDER] [--epochs N] [--learning-rate RATE] [--batch N] [--set FIELD=VALUE]

Prepares the data set in prepared/ where that has not been done, trains into the folder runs/PRESET and exports the
model to model/. A run that was stopped goes on; other settings or pictures begin another run. --preset original is the
recipe of the paper; without it the default network is trained. --data is another folder of images and masks.
"""

from __future__ import annotations

import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import count
from pathlib import Path

from project import end_with, find_source, here, made_of

from pleura.cli import main
from pleura.cli import train as train_verb
from pleura.cli.console import flush, say, warn
from pleura.cli.parser import Parser, options_of
from pleura.cli.paths import path
from pleura.cli.train import SettingOptions, add_settings, settings_of
from pleura.datasets.manifest import is_dataset
from pleura.errors import PleuraError, missing_extra
from pleura.training.config import PRESETS, TrainingConfig, preset

LAST = "last.safetensors"


@dataclass(frozen=True)
class Options(SettingOptions):
    """What is asked for; the fields are the options."""

    preset: str
    data: Path | None


def parse(given: Sequence[str]) -> Options:
    """Return the options."""
    parser = Parser(
        prog="train.py", description=__doc__, formatter_class=RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--preset", default="default", help=f"{', '.join(PRESETS)}; default by default")
    parser.add_argument("--data", type=path, metavar="FOLDER", help="images and masks, in place of dataset/ or data/")
    add_settings(parser)
    return options_of(Options, parser.parse_args(given))


def prepare(source: Path | None, prepared: Path, quiet: Sequence[str]) -> int:
    """Make the data set, or add what is new in its source; return the exit code. `quiet` is the option, or nothing."""
    if source is None and is_dataset(prepared):
        source = find_source()
        by = made_of(source, prepared)
        if by is None:
            if not quiet:
                say(f"{prepared}/ is used as it is; preprocess.py makes it again")
            return 0
    else:
        source, by = source or find_source(), ""
    if not quiet:
        say(f"pictures: {source}")
    return main(["prepare", str(source), str(prepared), *(["--preset", by] if by else []), *quiet])


def run_folder(name: str, config: TrainingConfig) -> Path:
    """Return the folder of the run that these settings and pictures go on with, else the next one that is free."""
    from pleura.training.logger import check_same
    from pleura.training.resolve import resolve_config

    config = resolve_config(config)
    differences: list[PleuraError] = []
    for number in count(1):
        folder = here("runs") / (name if number == 1 else f"{name}-{number}")
        try:
            if (folder / LAST).is_file():
                check_same(folder, config)
            elif differences:
                warn(f"another run is begun: {differences[-1]}")
            return folder
        except PleuraError as difference:
            differences.append(difference)
    raise AssertionError


def train(options: Options) -> int:
    """Prepare, train and export; return the exit code."""
    prepared, model = here("prepared"), here("model")
    config = preset(options.preset, data=str(prepared), **settings_of(options))
    try:
        from pleura.training.resolve import check_machine
    except ImportError as problem:
        raise missing_extra(problem.name or "torch", "train") from problem
    check_machine(config)
    quiet = ["--quiet"] if options.quiet else []
    code = prepare(options.data, prepared, quiet)
    if code:
        return code
    run = run_folder(options.preset, config)
    if not quiet:
        say(
            f"{'goes on' if (run / LAST).is_file() else 'trains'} in {run}/: curves.png and samples.png show the result"
        )
    flush()
    settings = {field.name: getattr(options, field.name) for field in fields(SettingOptions)}
    verb = train_verb.Options(paths=(run,), preset=options.preset, data=str(prepared), resume=True, **settings)
    code = train_verb.run(verb, advise_export=False)
    return code or main(["export", str(run), str(model), "--name", "my model", *quiet])


if __name__ == "__main__":
    end_with(lambda: train(parse(sys.argv[1:])))
