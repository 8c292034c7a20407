"""The settings of a training run: one frozen dataclass, read from TOML, written beside the results."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides a run.

    Attributes
    ----------
    data : folder that holds the sets
    weights : chance of each set to be drawn, relative; only its `train` part is read
    validation : sets whose `val` part chooses the checkpoint
    widths, depths, shuffle : the network, see `pleura.networks.unet.UNet`
    batch : samples a step
    steps : length of the run
    learning_rate : highest rate, reached after `warmup` steps, then falling as a cosine to a hundredth
    weight_decay : AdamW's
    strength : chance of a sample to be augmented freely; the others are only moved a little
    average : decay of the running average of the weights, which is what gets validated and kept
    validate_every : steps between validations
    patience : validations without a better score before the run stops
    seed : of sampling, augmentation and initial weights
    start : checkpoint whose weights to begin with, or none
    """

    data: str
    weights: dict[str, float]
    validation: tuple[str, ...] = ("slices", "covid", "volumes", "nsclc_rt", "nolung")
    widths: tuple[int, ...] = (24, 48, 96, 128, 160)
    depths: tuple[int, ...] = (1, 2, 2, 2, 2)
    shuffle: int = 2
    batch: int = 16
    steps: int = 6000
    learning_rate: float = 2e-3
    warmup: int = 200
    weight_decay: float = 0.01
    strength: float = 1.0
    average: float = 0.998
    validate_every: int = 250
    patience: int = 40
    seed: int = 0
    start: str = ""


def load_config(path: Path) -> TrainingConfig:
    """Return the configuration in a TOML file. Raises `ValueError` naming an unknown or missing field."""
    values: dict[str, Any] = tomllib.loads(path.read_text())
    known = {item.name for item in dataclasses.fields(TrainingConfig)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise ValueError(f"{path.name}: unknown field {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    for name in ("data", "weights"):
        if name not in values:
            raise ValueError(f"{path.name}: the field {name} is missing")
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return TrainingConfig(**{**values, **lists})
