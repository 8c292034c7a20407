"""Train the coarse look from a pool of samples; begins where it stopped.

    python -m recipes.ct.train POOL RUN --steps 3000 [--fold 0/4] [--free] [--widths 24 48 96 128]

RUN/last.pt holds everything to go on, RUN/ema.pt the averaged weights (float16), RUN/log.tsv the losses. Samples of
patients that the fold holds back, or whose licence is not free, are not read. The pool may still be growing.
"""

from __future__ import annotations

import argparse
import copy
import math
import random
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from recipes.ct.network import CoarseNet
from recipes.ct.samples import KNOWN, PAINTED, ROUGH, SOLID
from recipes.ct.scans import Scan, scans

LONGEST = (80, 80, 96)
"""Cells of a sample along z, y and x at most; more is cut at random, as a scan that ends there."""

REUSE = 8
"""About how often a sample in memory is drawn; half of the draws are used."""


def chosen(fold: str, *, free_only: bool) -> list[Scan]:
    """Return the scans to train on: all, or all but those of fold k of "k/4"."""
    held_back = int(fold.split("/")[0]) if fold else -1
    return [scan for scan in scans(free_only=free_only) if scan.fold != held_back]


class Pool:
    """Samples on disk, a part of them in memory."""

    def __init__(self, folder: Path, names: set[str], kept: int, seed: int) -> None:
        self.folder, self.names, self.most, self.rng = folder, names, kept, random.Random(seed)
        self.unread: list[Path] = []
        self.kept: list[NDArray[np.uint8]] = []

    def draw(self) -> NDArray[np.uint8]:
        """Return a random sample, now and then a fresh one."""
        if len(self.kept) < self.most or self.rng.random() < 1 / REUSE:
            sample: NDArray[np.uint8] = np.load(self._next())
            if len(self.kept) < self.most:
                self.kept.append(sample)
            else:
                self.kept[self.rng.randrange(self.most)] = sample
            return sample
        return self.rng.choice(self.kept)

    def draw_alike(self, count: int) -> list[NDArray[np.uint8]]:
        """Return samples of like size, so that little is padded: the first of twice as many, and those next to it."""
        drawn = [self.draw() for _ in range(2 * count)]
        drawn.sort(key=lambda sample: sample[0].size)
        first = self.rng.randrange(count + 1)
        return drawn[first : first + count]

    def _next(self) -> Path:
        while not self.unread:
            found = [path for path in self.folder.glob("*.npy") if path.name.rsplit("-", 2)[0] in self.names]
            self.rng.shuffle(found)
            self.unread = found
            if not found:
                time.sleep(5)
        return self.unread.pop()


def batch(samples: list[NDArray[np.uint8]], rng: np.random.Generator) -> Tensor:
    """Return samples cut, and padded with air to a common size, (n, 6, z, y, x) uint8."""
    cut = [_cut(sample, rng) for sample in samples]
    size = [-(-max(sample.shape[axis] for sample in cut) // ROUGH) * ROUGH for axis in (1, 2, 3)]
    whole = np.zeros((len(cut), 6, *size), np.uint8)
    whole[:, 2] = 255
    for place, sample in enumerate(cut):
        z, y, x = (int(rng.integers(0, whole - used + 1)) for whole, used in zip(size, sample.shape[1:], strict=True))
        whole[place, :, z : z + sample.shape[1], y : y + sample.shape[2], x : x + sample.shape[3]] = sample
    return torch.from_numpy(whole)


def parted(planes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return inputs (n, 3, z, y, x) with a little noise, soft targets (n, 3, ...) and weights (n, ...)."""
    inputs = planes[:, :3].float()
    shift, strength = torch.randn(len(planes), 1, 1, 1, 1), 4 * torch.rand(len(planes), 1, 1, 1, 1)
    noise = torch.randn_like(inputs[:, :2]) * strength.to(inputs) + 2 * shift.to(inputs)
    inputs[:, :2] += noise
    lung = planes[:, 3:5].float() / 255
    targets = torch.cat([(1 - lung.sum(dim=1, keepdim=True)).clamp(min=0), lung], dim=1)
    bits = planes[:, 5]
    beside = functional.max_pool3d(lung.sum(dim=1), 5, 1, 2) > 0.3  # within 8 mm: domes, fluid, the heart
    weights = 1 + (bits & PAINTED > 0).float() + beside.float() + (bits & SOLID > 0).float()
    weights = weights * (bits & KNOWN > 0).float()
    return inputs.clamp(0, 255), targets, weights


def _cut(sample: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return the sample without a few cells at its edges, and not longer than `LONGEST`."""
    spans = []
    for size, longest in zip(sample.shape[1:], LONGEST, strict=True):
        low, high = rng.integers(0, 4, 2) if size > 24 else (0, 0)
        extra = max(size - low - high - longest, 0)
        low = int(low) + int(rng.integers(0, extra + 1))
        spans.append(slice(low, min(low + longest, size - int(high))))
    return sample[:, spans[0], spans[1], spans[2]]


def loss_of(scores: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Return weighted cross-entropy plus 0.3 of a soft Dice loss of the two lungs."""
    logs = functional.log_softmax(scores, dim=1)
    entropy = (-(targets * logs).sum(dim=1) * weights).sum() / weights.sum().clamp(min=1)
    known = (weights > 0).float()[:, None]
    found, wanted = logs.exp()[:, 1:] * known, targets[:, 1:] * known
    overlap = 2 * (found * wanted).sum(dim=(2, 3, 4)) + 100
    dice = overlap / ((found + wanted).sum(dim=(2, 3, 4)) + 100)
    return entropy + 0.3 * (1 - dice).mean()


def step(network: nn.Module, optimiser: torch.optim.Optimizer, planes: Tensor) -> float | None:
    """Take one step; None where the gradient is no number, and nothing is changed."""
    planes = planes.to(next(network.parameters()).device)
    inputs, targets, weights = parted(planes)
    optimiser.zero_grad(set_to_none=True)
    with torch.autocast(planes.device.type, dtype=torch.bfloat16):
        scores = network(inputs)
    loss = loss_of(scores.float(), targets, weights)
    loss.backward()  # type: ignore[no-untyped-call]
    norm = nn.utils.clip_grad_norm_(network.parameters(), 2.0)
    if not torch.isfinite(norm) or not torch.isfinite(loss):
        return None
    optimiser.step()
    return float(loss.detach())


@torch.no_grad()
def follow(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Move the averaged weights and running statistics towards the network's."""
    for ours, theirs in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if ours.dtype.is_floating_point:
            ours.lerp_(theirs, 1 - decay)
        else:
            ours.copy_(theirs)


def main() -> None:
    """Train until the steps are done."""
    options = _parse()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    options.run.mkdir(parents=True, exist_ok=True)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network = CoarseNet(options.widths, options.depths).to(device)
    optimiser = torch.optim.AdamW(network.parameters(), lr=options.rate, weight_decay=0.02)
    average = copy.deepcopy(network).eval()
    done = _resume(options, network, average, optimiser)
    names = {scan.id for scan in chosen(options.fold, free_only=options.free)}
    pool = Pool(options.pool, names, options.kept, options.seed + done)
    rng = np.random.default_rng(options.seed + done)
    network.train()
    start, losses, skipped = time.monotonic(), [], 0
    while done < options.steps and time.monotonic() - start < options.seconds:
        part = max(done / options.steps, (time.monotonic() - start) / options.seconds)
        for group in optimiser.param_groups:
            group["lr"] = options.rate * min((done + 1) / 60, 1.0) * _falling(part)
        value = step(network, optimiser, batch(pool.draw_alike(options.batch), rng))
        done += 1
        if value is None:
            skipped += 1
        else:
            losses.append(value)
            follow(average, network, min(0.996, 1 - 1 / (done / 4 + 2)))
        if done % 50 == 0:
            _save(options, network, average, optimiser, done)
            minutes = (time.monotonic() - start) / 60
            with (options.run / "log.tsv").open("a") as file:
                file.write(f"{done}\t{np.mean(losses):.4f}\t{skipped}\t{minutes:.1f}\n")
            losses = []
    _save(options, network, average, optimiser, done)


def _falling(part: float) -> float:
    """Return the share of the rate: full for the first half, then down to a hundredth along a cosine."""
    return 1.0 if part < 0.4 else 0.01 + 0.99 * (1 + math.cos(math.pi * (part - 0.4) / 0.6)) / 2


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("pool", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--seconds", type=float, default=1e9, help="end by then, the rate falling in time")
    parser.add_argument("--kept", type=int, default=160, help="samples held in memory, 4 MB each")
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--widths", type=int, nargs="+", default=[16, 48, 96, 128])
    parser.add_argument("--depths", type=int, nargs="+", default=[1, 2, 2, 2])
    parser.add_argument("--fold", default="", help="k/4: leave out the patients of fold k")
    parser.add_argument("--free", action="store_true", help="only scans whose licence allows any use")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def _resume(
    options: argparse.Namespace, network: nn.Module, average: nn.Module, optimiser: torch.optim.Optimizer
) -> int:
    """Load where the run stopped and return its steps; 0 for a new run."""
    last = options.run / "last.pt"
    if not last.exists():
        return 0
    state = torch.load(last, map_location=next(network.parameters()).device)
    network.load_state_dict(state["network"])
    average.load_state_dict(state["average"])
    optimiser.load_state_dict(state["optimiser"])
    return int(state["done"])


def _save(
    options: argparse.Namespace, network: nn.Module, average: nn.Module, optimiser: torch.optim.Optimizer, done: int
) -> None:
    state = {"network": network.state_dict(), "average": average.state_dict(), "optimiser": optimiser.state_dict()}
    part = options.run / "last.part"
    torch.save({**state, "done": done}, part)
    part.replace(options.run / "last.pt")
    small = {
        key: value.half() if value.dtype.is_floating_point else value for key, value in average.state_dict().items()
    }
    torch.save(
        {"widths": options.widths, "depths": options.depths, "weights": small, "fold": options.fold, "done": done},
        options.run / "ema.pt",
    )


if __name__ == "__main__":
    main()
