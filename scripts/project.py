"""Where the four commands look for data, and where they put what they make: in the folder that they are started in.

Started in scripts/ itself, they work in the folder above it, so that `python train.py` there and `python
scripts/train.py` above it are one command.
"""

from __future__ import annotations

import json
import sys
from argparse import SUPPRESS
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

try:
    import pleura  # noqa: F401 - whether it is installed
except ImportError as problem:
    root = Path(__file__).resolve().parents[1]
    sys.exit(f"{problem}; install what is needed first: cd {root} && pip install -r requirements.txt")

from pleura.cli.console import NOTHING_DONE, OutputLost, complain, say, warn
from pleura.cli.parser import verb_parser
from pleura.cli.process import exit_code
from pleura.datasets.description import read_description
from pleura.datasets.files import file_hash
from pleura.datasets.manifest import read_manifest
from pleura.errors import PleuraError, UnreadableInput
from pleura.preparation import PRESETS, Settings
from pleura.preparation.find import find_pairs, is_collection

SCRIPTS = Path(__file__).resolve().parent
USABLE = 0.9
"""Dice below which a warning goes with a model, as at the end of its training."""


def end_with(work: Callable[[], int]) -> NoReturn:
    """Do the work of a command and leave with its exit code; what goes wrong is one line, as in `pleura` itself."""

    def guarded() -> int:
        try:
            return work()
        except OutputLost:
            raise
        except Exception as error:
            complain(error, debug=False)
            return NOTHING_DONE

    sys.exit(exit_code(guarded))


def show_help(verb: str, usage: str, description: str | None, **helps: str) -> int:
    """Print the help of a command that takes the options of a verb of `pleura`; `helps` are those that differ."""
    parser = verb_parser(verb)
    parser.usage, parser.description = usage, description
    for action in parser._actions:
        action.help = helps.get(action.dest, action.help) if action.option_strings else SUPPRESS
    parser.print_help()
    return 0


def here(name: str) -> Path:
    """Return the path of something that the commands make, relative to the current folder where it lies below it."""
    current = Path.cwd()
    return Path("..") / name if current == SCRIPTS else Path(name)


def find_source() -> Path:
    """Return the folder of images and masks: dataset/ or data/, where the command works or beside the scripts."""
    bases = (here("."), SCRIPTS.parent)
    folders = [base / name for base in bases for name in ("dataset", "data")]
    found = [folder for folder in folders if folder.is_dir()]
    for folder in found:
        if is_collection(folder):
            return folder
    if found:
        return found[0]
    raise UnreadableInput(
        f"no dataset/ or data/ in {Path.cwd()}: put pictures into dataset/images and their masks into dataset/masks, "
        "or name their folder: preprocess.py FOLDER, train.py --data FOLDER",
        code="not-found",
    )


def made_of(source: Path, prepared: Path) -> str | None:
    """Return the preset by which a data set was prepared of `source`, "" for none; None where it was not, or otherwise.

    So a data set may be made again of its source, with the pictures that were added or mended, and nothing else.
    """
    try:
        settings = read_description(prepared).settings
        known = {record.source_sha256 for record in read_manifest(prepared)}
    except PleuraError:
        return None
    for name, preset in {"": Settings(), **PRESETS}.items():
        wanted = json.loads(json.dumps({**vars(preset), "patients": False}))
        del wanted["convention"]
        if wanted == settings:
            pairs, _ = find_pairs(source.absolute(), prepared.absolute())
            return name if any(file_hash(pair.files) in known for pair in pairs) else None
    return None


def dice_of(model: Path) -> float | None:
    """Return what the recipe of a model says of its Dice on validation."""
    try:
        recipe = json.loads((model / "recipe.json").read_text(encoding="utf-8"))
        return float(recipe["figures"]["validation"]["dice"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def tell_model(model: Path | None) -> None:
    """Say which model is at work."""
    if model:
        dice = dice_of(model)
        known = f", Dice {dice:.2f} on the pictures by which it was chosen" if dice is not None else ""
        say(f"model: yours, {model.resolve()}{known}")
        if dice is not None and dice < USABLE:
            warn(f"a model with a Dice below {USABLE:g} gives masks of little use; train it longer")
    else:
        say(f"model: the one that comes with pleura, as there is no {here('model')}/, which train.py makes")
