"""What a run leaves to be read: logs of validations and losses, TensorBoard's events, and a report with pictures."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from pleura import __version__
from pleura.datasets.manifest import manifest_hash
from pleura.errors import InvalidOption
from pleura.labels import of_lungs
from pleura.text import quantity
from pleura.training.checkpoint import BEST, Progress
from pleura.training.config import TrainingConfig, config_of
from pleura.training.pictures import draw_curves, draw_samples
from pleura.training.seen import write_cases
from pleura.training.validation import ValidationCase
from pleura.volume import Note

if TYPE_CHECKING:
    from torch import nn
    from torch.utils.tensorboard import SummaryWriter

LOSS_EVERY = 10
"""Steps of which one mean loss is logged."""

LEAST_LOSSES = 20
"""Losses logged of any run that has as many steps."""

MAY_CHANGE = {"data", "device", "steps", "epochs", "validate_every", "patience"}
"""Fields in which a run may go on otherwise than it began; of `data` the content has to be the same."""


def check_same(run: Path, config: TrainingConfig) -> None:
    """Raise `InvalidOption` (``run-differs``) where the run in a folder began with other settings or other data."""
    before, now = dataclasses.asdict(config_of(run)), dataclasses.asdict(config)
    found = [
        f"{name} = {before[name]!r}, not {value!r}"
        for name, value in now.items()
        if name not in MAY_CHANGE and value != before[name]
    ]
    versions = json.loads((run / "versions.json").read_text(encoding="utf-8"))
    if versions["manifest_sha256"] != manifest_hash(Path(config.data) / name for name in config.weights):
        found.append("another data set")
    if found:
        text = f"{run} began with {found[0]}; train with that, or in another folder"
        raise InvalidOption(text, code="run-differs")


class RunLogger:
    """The log of a run; nothing is written unless this process `is_main`."""

    def __init__(self, run: Path, config: TrainingConfig, is_main: bool) -> None:
        self.run, self.config, self.is_main = run, config, is_main
        self._events: SummaryWriter | None = None
        if not is_main:
            return
        self._losses: list[float] = []
        (run / "config.json").write_text(json.dumps(dataclasses.asdict(config), indent=1) + "\n")
        (run / "versions.json").write_text(json.dumps(_versions(config), indent=1) + "\n")
        write_cases(run, config)
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:  # the log below holds the same numbers
            return
        self._events = SummaryWriter(str(run / "tensorboard"))

    def note_loss(self, step: int, loss: float) -> None:
        """Note the training loss of a step; the log gets the mean of a few."""
        if not self.is_main:
            return
        self._losses.append(loss)
        if step % min(LOSS_EVERY, max(1, self.config.steps // LEAST_LOSSES)) and step < self.config.steps:
            return
        mean = sum(self._losses) / len(self._losses)
        self._losses = []
        with (self.run / "losses.jsonl").open("a") as file:
            file.write(json.dumps({"step": step, "loss": round(mean, 5)}) + "\n")
        if self._events:
            self._events.add_scalar("loss of a few steps", mean, step)

    def write(self, progress: Progress, result: dict[str, float]) -> None:
        """Note a validation."""
        row = {"step": progress.step, "loss": progress.loss, "seconds": progress.seconds, **result}
        with (self.run / "log.jsonl").open("a") as file:
            file.write(json.dumps({key: round(value, 5) for key, value in row.items()}) + "\n")
        if self._events:
            for name, value in row.items():
                self._events.add_scalar(name, value, progress.step)
            self._events.flush()

    def close(self, network: nn.Module, cases: list[ValidationCase], progress: Progress, device: torch.device) -> None:
        """Draw curves and samples with the best weights, and write the report."""
        from safetensors.torch import load_file

        if (self.run / BEST).exists():
            network.load_state_dict(load_file(self.run / BEST))
        worst = draw_samples(self.run / "samples.png", network, cases, device)
        draw_curves(self.run / "curves.png", rows(self.run / "log.jsonl"), rows(self.run / "losses.jsonl"))
        stopped_early = progress.validations_without_gain >= self.config.patience
        report = {
            "steps": progress.step,
            "seconds": round(progress.seconds, 1),
            "best": {name: round(value, 5) for name, value in progress.best.items()},
            "ended": "no better for a while" if stopped_early else "all steps done",
            "worst_slices": [{"id": name, "dice": dice} for name, dice in worst],
            "weights_sha256": hashlib.sha256((self.run / BEST).read_bytes()).hexdigest(),
        }
        (self.run / "report.json").write_text(json.dumps(report, indent=1) + "\n")
        if self._events:
            self._events.close()


def rows(log: Path) -> list[dict[str, float]]:
    """Return the lines of a log by step; where a run went on after a kill, the later account counts."""
    found: list[dict[str, float]] = []
    for line in log.read_text().splitlines():
        row = json.loads(line)
        while found and found[-1]["step"] >= row["step"]:
            found.pop()
        found.append(row)
    return found


USABLE = 0.9
"""Dice on validation below which no model of lungs is of use: `original` and `default` reach 0.917 to 0.985 on sets of
some hundred pictures (docs/explanation/original-recipe.md)."""

RISING = 0.01
"""Gain of the last validation over the best of those before by which a run was still learning when it ended."""


def shortcomings(config: TrainingConfig, validations: Sequence[dict[str, float]]) -> tuple[Note, ...]:
    """Return a note where a run was too short for its weights to be used, with what tells so."""
    scores = [row["score"] for row in validations]
    steps = int(validations[-1]["step"])
    if steps < config.steps:  # it stopped by itself, where more steps bring nothing
        return ()
    reasons = []
    if steps < 2 * config.warmup:
        text = quantity(steps, "step hardly reaches", "steps hardly reach")
        reasons.append(f"its {text} beyond the {config.warmup} in which the learning rate rises")
    if of_lungs(config.labels) and max(scores) < USABLE:
        reasons.append(f"Dice on validation is {max(scores):.2f}, and below {USABLE:g} masks are of little use")
    if len(scores) > 1 and scores[-1] > max(scores[:-1]) + RISING:
        reasons.append("it was still getting better when it ended")
    if not reasons:
        return ()
    text = f"this run is too short for its model to be used: {'; '.join(reasons)}; give it more epochs or steps"
    return (Note("run-short", f"{text}, and it goes on from where it ended"),)


def _versions(config: TrainingConfig) -> dict[str, str]:
    packages = {name: version(name) for name in ("torch", "numpy", "onnx", "safetensors")}
    manifest = manifest_hash(Path(config.data) / name for name in config.weights)
    return {"pleura": __version__, "python": platform.python_version(), **packages, "manifest_sha256": manifest}
