"""The settings of a training run: one frozen dataclass, read from TOML, checked, written beside the results."""

from __future__ import annotations

import dataclasses
import json
import math
import tomllib
import typing
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pleura.errors import InvalidOption, UnreadableInput

PRESETS = ("default", "original", "notebook", "chest-ct", "chest-radiograph")
"""Configurations that come with the package, see `preset`."""


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides a run.

    Attributes
    ----------
    data : a data set, or a folder that holds several
    weights : how often each set in `data` is drawn, relative; empty where `data` is one set itself
    validation : sets whose `val` part chooses the checkpoint; those of `weights` where empty
    labels : names of the labels 1, 2, ... of the masks; those of the data set where empty
    network : "unet" (compact, the default's), "original" (the paper's) or "notebook" (the notebook's)
    encoder : "" or "efficientnet-lite0": an encoder trained on ImageNet for "unet", first filters for "original"
    widths, depths, shuffle : of "unet" without an encoder, see `pleura.networks.unet.UNet`
    conventions : sets whose masks follow rules of their own; one more channel names which to follow
    slices : 3 shows the network the neighbouring slices too, 1 the slice alone
    window : HU range shown to the network, as [low, high]; pictures that are not HU are shown as they are
    view : what the grid is laid over: "lungs", found by a first look; "body"; or the "whole" picture
    loss : "cross-entropy", "bce" (one label only), "dice", "tversky", "boundary", or several joined by "+"
    optimiser : "adamw", "adam" or "sgd" (momentum 0.9)
    learning_rate, weight_decay : of the optimiser; with "adam" and "sgd" the decay is an L2 penalty
    schedule : "cosine" falls to a hundredth of the rate, "constant" keeps it
    warmup : steps of a straight rise at the start
    batch : samples a step
    accumulate : parts a batch is cut into, one after the other, where memory is short
    steps : length of the run, or
    epochs : length in passes over the training slices; 0 leaves it to `steps`, and so do changed `steps` without it
    augment_probability : share of samples that is augmented freely, the others are moved a little; 0 is the plain
        recipe: no sample is changed, none counts more than once an epoch, and gradients are not clipped
    ema_decay : decay of the running average of the weights, which is what gets validated and kept; 0 for none
    validate_every : steps between validations, 0 for once an epoch; a short run validates eight times at least
    choose : keep the checkpoint with the best "dice" or the lowest "loss" on the validation sets
    patience : validations without a better one before the run stops
    precision : "auto" (bfloat16 on GPUs made for it and on processors with AMX), "float32"
    device : "auto", "cpu", "cuda" or "mps"
    seed : of sampling, augmentation and initial weights
    start : bundle, run or checkpoint whose weights to begin with; "chest-ct" and "chest-radiograph" are shipped
    """

    data: str
    weights: dict[str, float] = dataclasses.field(default_factory=dict)
    validation: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    network: Literal["unet", "original", "notebook"] = "unet"
    encoder: Literal["", "efficientnet-lite0"] = ""
    widths: tuple[int, ...] = (16, 32, 96, 160, 192)
    depths: tuple[int, ...] = (1, 1, 2, 2, 2)
    shuffle: int = 2
    conventions: tuple[str, ...] = ()
    slices: Literal[1, 3] = 3
    window: tuple[float, float] = (-1024.0, 400.0)
    view: Literal["lungs", "body", "whole"] = "lungs"
    loss: str = "cross-entropy+dice"
    optimiser: Literal["adamw", "adam", "sgd"] = "adamw"
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    schedule: Literal["cosine", "constant"] = "cosine"
    warmup: int = 100
    batch: int = 16
    accumulate: int = 1
    steps: int = 4000
    epochs: int = 0
    augment_probability: float = 0.8
    ema_decay: float = 0.998
    validate_every: int = 250
    choose: Literal["dice", "loss"] = "dice"
    patience: int = 40
    precision: Literal["auto", "float32"] = "auto"
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    seed: int = 0
    start: str = ""

    @property
    def outputs(self) -> int:
        """Channels of the network's scores: 1, for a sigmoid, where the loss is binary; else one more than labels."""
        return 1 if "bce" in self.loss.split("+") else len(self.labels) + 1

    def convention_value(self, source: str) -> float | None:
        """Return what the convention's channel holds: 0 for the first of `conventions`, 1 for the last, or None."""
        if not self.conventions:
            return None
        return self.conventions.index(source) / max(len(self.conventions) - 1, 1)


def load_config(path: Path, **changes: object) -> TrainingConfig:
    """Return the configuration in a TOML file, with `changes` to its fields.

    Relative paths in it are taken from the folder of the file. Raises `UnreadableInput` (``config-unreadable``)
    and `InvalidOption` (``config-field``), which names the field.
    """
    try:
        values: dict[str, object] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise UnreadableInput(f"{path}: no readable TOML ({problem})", code="config-unreadable") from problem
    for name in ("data", "start"):
        value = values.get(name)
        if isinstance(value, str) and value and (path.parent / value).exists():
            values[name] = str(path.parent / value)
    return check_config(_changed(values, changes), path.name)


def preset(name: str, **changes: object) -> TrainingConfig:
    """Return a configuration that comes with the package, with `changes` to its fields; `data` must be among them.

    "default" is the compact network as the shipped one was trained; "original" the recipe of the paper that the
    project began with, "notebook" the network its notebook builds; "chest-ct" the last run of the shipped weights.
    """
    if name not in PRESETS:
        text = f"there is no preset {name}{_meant(name, PRESETS)}; there are {', '.join(PRESETS)}"
        raise InvalidOption(text, code="unknown-preset")
    text = (resources.files("pleura.training") / "presets" / f"{name}.toml").read_text(encoding="utf-8")
    return check_config(_changed(tomllib.loads(text), changes), f"preset {name}")


def _changed(values: dict[str, object], changes: dict[str, object]) -> dict[str, object]:
    """Return the values of fields with changes to them; changed steps are the length, whatever epochs there were."""
    length = {"epochs": 0} if "steps" in changes and "epochs" not in changes else {}
    return {**values, **length, **changes}


def _meant(name: str, known: Iterable[str]) -> str:
    """Return ", did you mean X?" for the known name that is spelled much like this one, else nothing."""
    found = get_close_matches(name.lower(), list(known), n=1)
    return f", did you mean {found[0]}?" if found else ""


def config_of(run: Path) -> TrainingConfig:
    """Return the settings of a run; raise `UnreadableInput` (``config-unreadable``) where there is none."""
    path = run / "config.json"
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        message = f"{run}: not the folder of a run (no readable config.json)"
        raise UnreadableInput(message, code="config-unreadable") from problem
    return check_config(values, str(path))


def check_config(values: dict[str, object], where: str) -> TrainingConfig:
    """Return the configuration with these fields; raise `InvalidOption` (``config-field``) naming one that is wrong."""
    hints = typing.get_type_hints(TrainingConfig)
    for name in values:
        if name not in hints:
            _refuse(where, name, f"is not known{_meant(name, hints)}; known are {', '.join(hints)}")
    if not values.get("data"):
        _refuse(where, "data", "is missing; it names the folder of the data set")
    checked = {name: _fitted(where, name, value, hints[name]) for name, value in values.items()}
    config = TrainingConfig(**checked)
    _check_sizes(config, where)
    return config


def _fitted(where: str, name: str, value: object, hint: Any) -> Any:
    """Return the value as the type of its field."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        if value not in inner or isinstance(value, bool):
            _refuse(where, name, f"is {value!r}; choose from {', '.join(map(repr, inner))}")
        return value
    if origin is tuple:
        if not isinstance(value, list | tuple) or not all(_is_a(item, inner[0]) for item in value):
            _refuse(where, name, f"is {value!r}, not a list; each has to be {KINDS[inner[0]]}")
        return tuple(inner[0](item) for item in value)
    if origin is dict:
        if not isinstance(value, dict) or not all(_is_a(item, float) and item >= 0 for item in value.values()):
            _refuse(where, name, f"is {value!r}, not a table of numbers from 0 up")
        return {key: float(item) for key, item in value.items()}
    if not _is_a(value, hint):
        _refuse(where, name, f"is {value!r}, not {KINDS[hint]}")
    return hint(value)


KINDS = {int: "a whole number", float: "a finite number", str: "text"}


def _is_a(value: object, kind: type) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return isinstance(value, kind) and not isinstance(value, bool)


RANGES = {
    **dict.fromkeys(("batch", "accumulate", "shuffle", "patience"), (1, None)),
    **dict.fromkeys(("steps", "epochs", "warmup", "validate_every", "weight_decay", "seed"), (0, None)),
    **dict.fromkeys(("augment_probability", "ema_decay"), (0, 1)),
}
"""The lowest and the highest value of a field, both allowed."""


def _check_sizes(config: TrainingConfig, where: str) -> None:
    for name, (low, high) in RANGES.items():
        value = getattr(config, name)
        if value < low or (high is not None and value > high):
            bounds = f"at least {low}" if high is None else f"between {low} and {high}"
            _refuse(where, name, f"is {value}; it must be {bounds}")
    if config.learning_rate <= 0:
        _refuse(where, "learning_rate", f"is {config.learning_rate}; it must be above 0")
    if len(config.window) != 2 or config.window[0] >= config.window[1]:
        _refuse(where, "window", f"is {list(config.window)}, not [low, high] in HU")
    if config.network == "notebook" and config.encoder:
        _refuse(where, "encoder", f"is {config.encoder!r}; the network notebook has none")
    _check_levels(config, where)
    if config.weights and not any(config.weights.values()):
        _refuse(where, "weights", "is 0 for every set; nothing would be drawn")
    if config.conventions and set(config.weights) != set(config.conventions):
        _refuse(where, "conventions", f"names {', '.join(config.conventions)}; it must name the sets of weights")
    if config.batch % config.accumulate:
        _refuse(where, "accumulate", f"is {config.accumulate}, which does not divide the batch of {config.batch}")
    if not config.steps and not config.epochs:
        _refuse(where, "steps", "is 0, and so is epochs; the run would have no length")


def _check_levels(config: TrainingConfig, where: str) -> None:
    from pleura.training.data import SIDE

    for name in ("widths", "depths"):
        if min(getattr(config, name), default=0) < 1:
            _refuse(where, name, f"is {list(getattr(config, name))}; it must name one level at least, each 1 or more")
    if len(config.widths) != len(config.depths):
        _refuse(where, "depths", f"has {len(config.depths)} levels where widths has {len(config.widths)}")
    if SIDE % (config.shuffle * 2 ** (len(config.widths) - 1)):
        levels = f"{len(config.widths)} levels"
        _refuse(
            where, "shuffle", f"is {config.shuffle}; folded by that and halved for {levels}, {SIDE} pixels fall apart"
        )


def _refuse(where: str, name: str, problem: str) -> typing.NoReturn:
    raise InvalidOption(f"{where}: the field {name} {problem}", code="config-field")
