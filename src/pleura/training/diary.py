"""What a run leaves to be read: a log, TensorBoard's events, curves, pictures of samples, and a report."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from pleura import __version__
from pleura.errors import PleuraError
from pleura.training.checkpoint import BEST, Progress
from pleura.training.config import TrainingConfig, config_of
from pleura.training.sources import manifest_hash
from pleura.training.validation import Sheet, guess

if TYPE_CHECKING:
    from torch import nn

PICTURES = 12
"""Validation slices that are drawn at the end, the worst ones."""


MAY_CHANGE = {"data", "device", "steps", "epochs", "validate_every", "patience"}
"""Fields in which a run may go on otherwise than it began; of `data` the content has to be the same."""


def check_same(run: Path, config: TrainingConfig) -> None:
    """Raise `PleuraError` (``run-differs``) where the run in a folder began with other settings or other data."""
    before, now = dataclasses.asdict(config_of(run)), dataclasses.asdict(config)
    found = [
        f"{name} = {before[name]!r}, not {value!r}"
        for name, value in now.items()
        if name not in MAY_CHANGE and value != before[name]
    ]
    versions = json.loads((run / "versions.json").read_text(encoding="utf-8"))
    if versions["manifest_sha256"] != manifest_hash(Path(config.data), list(config.weights)):
        found.append("another data set")
    if found:
        text = f"{run} began with {found[0]}; train with that, or in another folder"
        raise PleuraError(text, code="run-differs")


class Diary:
    """The log of a run; nothing is written unless this process `leads`."""

    def __init__(self, run: Path, config: TrainingConfig, leads: bool) -> None:
        self.run, self.config, self.leads = run, config, leads
        self._events: Any = None
        if not leads:
            return
        (run / "config.json").write_text(json.dumps(dataclasses.asdict(config), indent=1) + "\n")
        (run / "versions.json").write_text(json.dumps(_versions(config), indent=1) + "\n")
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:  # the log below holds the same numbers
            return
        self._events = SummaryWriter(str(run / "tensorboard"))

    def write(self, progress: Progress, result: dict[str, float]) -> None:
        """Note a validation."""
        row = {"step": progress.step, "loss": progress.loss, "seconds": progress.seconds, **result}
        with (self.run / "log.jsonl").open("a") as file:
            file.write(json.dumps({key: round(value, 5) for key, value in row.items()}) + "\n")
        if self._events:
            for name, value in row.items():
                self._events.add_scalar(name, value, progress.step)
            self._events.flush()

    def close(self, network: nn.Module, sheets: list[Sheet], progress: Progress, device: torch.device) -> None:
        """Draw curves and samples with the best weights, and write the report."""
        from safetensors.torch import load_file

        if (self.run / BEST).exists():
            network.load_state_dict(load_file(self.run / BEST))
        worst = _draw_samples(self.run / "samples.png", network, sheets, device)
        _draw_curves(self.run)
        report = {
            "steps": progress.step,
            "seconds": round(progress.seconds, 1),
            "best": {name: round(value, 5) for name, value in progress.best.items()},
            "ended": "no better for a while" if progress.stale >= self.config.patience else "all steps done",
            "worst_slices_dice": worst,
            "weights_sha256": hashlib.sha256((self.run / BEST).read_bytes()).hexdigest(),
        }
        (self.run / "report.json").write_text(json.dumps(report, indent=1) + "\n")
        if self._events:
            self._events.close()


def rows(run: Path) -> list[dict[str, float]]:
    """Return the log of a run; where it went on after a kill, the later account of a step counts."""
    found = {}
    for line in (run / "log.jsonl").read_text().splitlines():
        row = json.loads(line)
        found[row["step"]] = row
    return [found[step] for step in sorted(found)]


def _versions(config: TrainingConfig) -> dict[str, str]:
    packages = {name: version(name) for name in ("torch", "numpy", "onnx", "safetensors")}
    manifest = manifest_hash(Path(config.data), list(config.weights))
    return {"pleura": __version__, "python": platform.python_version(), **packages, "manifest_sha256": manifest}


def _draw_curves(run: Path) -> None:
    from matplotlib.figure import Figure

    found = rows(run)
    steps = [row["step"] for row in found]
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    losses, scores = figure.subplots(1, 2)
    for name, label in (("loss", "training"), ("val_loss", "validation")):
        losses.plot(steps, [row[name] for row in found], label=label)
    for name in found[0]:
        if name not in {"step", "seconds", "loss", "val_loss", "false_pixels"}:
            scores.plot(steps, [row[name] for row in found], label="mean of the sets" if name == "score" else name)
    for axes, title in ((losses, "loss"), (scores, "Dice on validation")):
        axes.set(title=title, xlabel="step")
        axes.legend(fontsize=8)
    figure.savefig(run / "curves.png", dpi=120, metadata={"Software": None})


@torch.no_grad()
def _draw_samples(path: Path, network: nn.Module, sheets: list[Sheet], device: torch.device) -> list[float]:
    """Draw the worst validation slices: reference in yellow, prediction in red; return their Dice."""
    from PIL import Image

    network.eval()
    tiles: list[tuple[float, NDArray[np.uint8]]] = []
    for sheet in sheets:
        middle = int((sheet.labels > 0).sum(dim=(1, 2)).argmax())
        image, truth = sheet.images[middle : middle + 1], sheet.labels[middle]
        marked = guess(network(image.to(device)).float().cpu(), (truth.shape[0], truth.shape[1]))[0]
        a, b = marked.numpy() > 0, (truth.numpy() > 0) & (truth.numpy() < 255)
        dice = float(2 * (a & b).sum() / max(a.sum() + b.sum(), 1))
        grey = (image[0, 1 if image.shape[1] > 2 else 0].numpy() * 255).astype(np.uint8)
        tiles.append((dice, _contours(grey, b, a)))
    tiles.sort(key=lambda tile: tile[0])
    shown = [tile for _, tile in tiles[:PICTURES]]
    columns = min(4, len(shown))
    while len(shown) % columns:
        shown.append(np.zeros_like(shown[0]))
    lines = [np.concatenate(shown[start : start + columns], axis=1) for start in range(0, len(shown), columns)]
    Image.fromarray(np.concatenate(lines)).save(path)
    return [round(dice, 4) for dice, _ in tiles[:PICTURES]]


def _contours(grey: NDArray[np.uint8], truth: NDArray[np.bool_], marked: NDArray[np.bool_]) -> NDArray[np.uint8]:
    picture = np.repeat(grey[..., None], 3, axis=2)
    for mask, colour in ((truth, (255, 220, 0)), (marked, (230, 60, 60))):
        inner = mask.copy()
        for axis in (0, 1):
            inner &= np.roll(mask, 1, axis) & np.roll(mask, -1, axis)
        picture[mask & ~inner] = colour
    return picture
