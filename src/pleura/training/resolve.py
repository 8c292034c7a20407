"""What a run's configuration leaves open, filled in from its data and its machine, and held against them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pleura.datasets.manifest import manifest_hash
from pleura.errors import InvalidOption, PleuraError
from pleura.labels import of_lungs
from pleura.training.config import TrainingConfig
from pleura.training.distributed import choose_device
from pleura.training.initial import find_weights
from pleura.training.load import label_names
from pleura.training.losses import make_objective

LEAST_VALIDATIONS = 8
"""Validations of any run that is long enough: fewer points make no curve, and leave little to choose the best from."""


def resolve_config(config: TrainingConfig) -> TrainingConfig:
    """Return the configuration with what follows from its data filled in, and paths that hold from any folder.

    What follows from the data are sets, labels and validation sets.

    Raises `InvalidOption` (``config-field``) where the loss does not fit the labels, and what `label_names` raises.
    """
    weights = config.weights or {"": 1.0}
    with in_field("data"):
        manifest_hash(Path(config.data) / name for name in weights)
    validation = config.validation or tuple(name for name in weights if name == "" or not Path(name).is_absolute())
    labels = config.labels or label_names(Path(config.data), [*weights, *validation])
    if "bce" in config.loss.split("+") and len(labels) > 1:
        labels = ("lung",) if of_lungs(labels) else labels
        if len(labels) > 1:
            message = f"the field loss is {config.loss}, for one label; the data set has {', '.join(labels)}"
            raise InvalidOption(message, code="config-field")
    data = str(Path(config.data).absolute())
    start = str(Path(config.start).absolute()) if config.start and Path(config.start).exists() else config.start
    return dataclasses.replace(config, data=data, start=start, weights=weights, labels=labels, validation=validation)


@contextmanager
def in_field(name: str) -> Iterator[None]:
    """Name a field of the configuration in the errors that come of it."""
    try:
        yield
    except PleuraError as problem:
        raise problem.within(f"the field {name}") from problem


def check_machine(config: TrainingConfig) -> None:
    """Raise `PleuraError` where what does not depend on the data is wrong: loss, device or weights to start from."""
    with in_field("loss"):
        make_objective(config.loss, 1 if "bce" in config.loss.split("+") else max(len(config.labels) + 1, 2))
    with in_field("device"):
        choose_device(config.device)
    if config.start:
        find_weights(config.start)


def with_length(config: TrainingConfig, slices: int) -> TrainingConfig:
    """Return the configuration with its length in steps, for a number of training slices, and eight validations.

    Where that makes validations more frequent, as many more have to be without gain before the run stops.
    """
    epoch = math.ceil(slices / config.batch)
    steps = config.epochs * epoch or config.steps
    wanted = config.validate_every or epoch
    every = max(1, min(wanted, steps // LEAST_VALIDATIONS))
    patience = math.ceil(config.patience * wanted / every)
    return dataclasses.replace(config, steps=steps, validate_every=every, patience=patience)
