"""Train the network of slices on slices of the sets and of painted scans.

    python -m recipes.ct.slice_train DATA POOL RUN --steps 3000       # goes on where it stopped

DATA holds the sets of slices of the preset ``chest-ct``, POOL what `recipes.ct.slice_samples` wrote. It starts from the
shipped network; with ``--free`` from nothing, with the painted scans alone whose licences allow any use.
"""

from __future__ import annotations

import argparse
import copy
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from pleura.inference.grid import FieldOfView
from pleura.networks.build import unfold_batchnorm
from pleura.networks.unet import UNet
from pleura.training.augment import sample, spatial
from pleura.training.data import SIDE, TrainingCase
from pleura.training.initial import find_weights
from pleura.training.load import load
from pleura.training.losses import UNKNOWN, make_objective
from pleura.training.sampler import Batch, Sampler
from pleura.volume import Kind
from recipes.ct.scans import scans
from recipes.ct.slice_samples import TRUTH, planes_hu

SETS = {
    "slices": 40.0,
    "covid_stacks": 26.0,
    "covid": 32.0,
    "volumes": 4.0,
    "nsclc_rt": 3.0,
    "nolung": 4.0,
    "nolung2": 4.0,
}
"""Weights of the sets of slices, as the preset's, but for those whose whole scans are in the pool: they come less."""

FLAT_DISEASE = 0.5
"""Share of the slices that keep the disease painted on them alone; it is flat, and called lung whatever it looks
like."""

WIDTHS, DEPTHS, SHUFFLE = (16, 32, 96, 160, 192), (1, 1, 2, 2, 2), 2
"""The network of slices; see `pleura.networks.unet`."""

CHANGED = 0.85
"""Share of the samples that are changed freely, as in the preset."""

OF_POOL = 0.5
"""Share of a batch that comes from painted scans."""

OBJECTIVE = make_objective("cross-entropy+dice", 3)

WEIGHT_DECAY, WARM_UP, KEPT_EVERY = 0.02, 60, 100
"""Of convolutions, as in the preset; steps until the rate is full; steps between two states that are kept."""

SOLID_HU = -300.0
"""What is denser is solid tissue, as the rules of anatomy have it."""

BESIDE = 40
"""Pixels from the lung within which solid background is looked at closely: 56 mm on a grid over an adult's lungs."""

CLOSELY, IN_LUNG = 0.5, 1.25
"""Weight of the mean cross-entropy over solid pixels in and beside the lungs of painted scans, and how much more those
in the lungs count: a mass is a hundredth of a slice, and hardly moves a mean over all of it. With 1.5, and less fluid
among the painted scans, fluid was called lung (README.md)."""

LAST = "last.pt"

WHOLE = FieldOfView(0, 0, SIDE, SIDE)


class Pool:
    """Draws samples of a folder, each scan as often as its weight."""

    def __init__(self, folder: Path, seed: int, dropped: Sequence[str], *, free_only: bool) -> None:
        used = [scan.id for scan in scans(free_only=free_only) if scan.id not in dropped]
        paths = [path for path in sorted(folder.glob("*.npy")) if _of(path, used)]
        self.files = [np.load(path, mmap_mode="r") for path in paths]
        self.rng = np.random.default_rng(seed)

    def draw(self, count: int) -> Batch:
        """Return samples."""
        picked = [self.files[int(self.rng.integers(len(self.files)))] for _ in range(count)]
        stacks = [np.array(file[int(self.rng.integers(len(file)))]) for file in picked]
        images = np.stack([planes_hu(stack) for stack in stacks])
        labels = np.stack([with_solid(stack[TRUTH], hu[1]) for stack, hu in zip(stacks, images, strict=True)])
        return Batch(images, labels, (_whole_case(),) * count, np.ones(count, bool))


def _of(path: Path, ids: Sequence[str]) -> bool:
    return any(path.name.startswith(f"{one}-") for one in ids)


def _whole_case() -> TrainingCase:
    nothing = np.zeros((0, SIDE, SIDE))
    return TrainingCase(
        "pool", nothing.astype(np.int16), nothing.astype(np.uint8), WHOLE, None, Kind.HU, np.ones(0, bool)
    )


def with_solid(labels: NDArray[np.uint8], hu: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return labels in which solid lung is 3 (right) and 4 (left), and solid background beside the lungs 5."""
    solid, lung = hu > SOLID_HU, (labels == 1) | (labels == 2)
    beside = ndimage.distance_transform_cdt(~lung, "chessboard") <= BESIDE if lung.any() else lung
    labels = np.where(solid & (labels == 0) & beside, np.uint8(5), labels)
    return np.where(solid & lung, labels + np.uint8(2), labels)


def without_solid(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return labels as `with_solid` found them, and how much each pixel of solid tissue counts; 0 elsewhere."""
    in_lung, beside = (labels == 3) | (labels == 4), labels == 5
    return torch.where(in_lung, labels - 2, torch.where(beside, 0, labels)), IN_LUNG * in_lung.float() + beside.float()


def augmented(batch: Batch, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Return images (n, 3, SIDE, SIDE) in 0..1, labels (n, SIDE, SIDE) int64, and sides (n,) bool."""
    images = torch.from_numpy(batch.images)
    drawn = sample.draw(rng, batch, CHANGED)
    drawn = [_usable(one, case, rng) for one, case in zip(drawn, batch.cases, strict=True)]
    low, high = (torch.tensor([one.window[end] for one in drawn]).view(-1, 1, 1, 1) for end in (0, 1))
    images = ((images - low) / (high - low)).clamp_(0, 1)
    laid = [one.spatial for one in drawn]
    fovs = [case.fov for case in batch.cases]
    images, labels = spatial.apply(laid, fovs, images, torch.from_numpy(batch.labels), count=5)
    for index, one in enumerate(drawn):
        images[index], labels[index] = sample._apply_one(one, images[index], labels[index])
    return images.clamp_(0, 1), labels, torch.from_numpy(batch.sides)


def _usable(one: sample.SampleParams, case: TrainingCase, rng: np.random.Generator) -> sample.SampleParams:
    """Return what may happen to a sample: one of the pool has its disease, its size and its turn already."""
    if case.source == "pool":
        plain = replace(one.intensity, fov_radius=None)
        return replace(one, spatial=spatial.draw_small(rng), disease=None, intensity=plain)
    return one if case.kind is not Kind.HU or rng.random() < FLAT_DISEASE else replace(one, disease=None)


def first_network(*, free: bool) -> UNet:
    """Return the shipped network, or one that knows nothing."""
    network = UNet(3, 3, WIDTHS, DEPTHS, SHUFFLE)
    if not free:
        network.load_state_dict(unfold_batchnorm(network, find_weights("chest-ct")))
    return network


@dataclass(eq=False)
class State:
    """All that a run goes on from: the network, its weights averaged over the steps, the optimiser, steps done."""

    network: UNet
    average: UNet
    optimiser: torch.optim.Optimizer
    done: int = 0

    @classmethod
    def of(cls, run: Path, rate: float, *, free: bool, device: str = "cpu") -> State:
        """Return the state in which a run stopped, or that of a new one."""
        network = first_network(free=free).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        groups = [
            {"params": [p for p in network.parameters() if p.dim() > 1], "weight_decay": WEIGHT_DECAY},
            {"params": [p for p in network.parameters() if p.dim() <= 1], "weight_decay": 0.0},
        ]
        state = cls(network.train(), copy.deepcopy(network).eval(), torch.optim.AdamW(groups, lr=rate))
        if (run / LAST).exists():
            kept = torch.load(run / LAST, map_location=device)
            for name in ("network", "average", "optimiser"):
                getattr(state, name).load_state_dict(kept[name])
            state.done = int(kept["done"])
        return state

    def save(self, run: Path) -> None:
        """Keep the state; a file that is half written never takes the place of a whole one."""
        parts = {name: getattr(self, name).state_dict() for name in ("network", "average", "optimiser")}
        torch.save({**parts, "done": self.done}, run / "last.part")
        (run / "last.part").replace(run / LAST)

    def step(self, images: Tensor, labels: Tensor, sides: Tensor, rate: float) -> float:
        """Train on a batch and return its loss; one that is no number, as bfloat16 gives at times, is passed over."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        device = next(self.network.parameters()).device
        images, labels, sides = images.to(device), labels.to(device), sides.to(device)
        with torch.autocast(device.type, torch.bfloat16):
            scores = self.network(images.contiguous(memory_format=torch.channels_last))
        labels, weight = without_solid(labels)
        loss = OBJECTIVE(scores.float(), labels, sides) + CLOSELY * weighted(scores.float(), labels, weight)
        self.optimiser.zero_grad()
        if torch.isfinite(loss):
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
            self.optimiser.step()
        self.done += 1
        self._follow(min(0.998, 1 - 1 / (self.done / 4 + 2)))
        return float(loss.detach())

    @torch.no_grad()
    def _follow(self, kept: float) -> None:
        """Move the average towards the network."""
        for mean, value in zip(self.average.state_dict().values(), self.network.state_dict().values(), strict=True):
            if mean.dtype.is_floating_point:
                mean.lerp_(value, 1 - kept)
            else:
                mean.copy_(value)


def weighted(scores: Tensor, labels: Tensor, weight: Tensor) -> Tensor:
    """Return the mean cross-entropy over the pixels that have a weight; none is unknown."""
    each = nn.functional.cross_entropy(scores, torch.where(labels == UNKNOWN, 0, labels), reduction="none")
    return (each * weight).sum() / weight.sum().clamp_min(1)


def train(options: argparse.Namespace) -> None:
    """Train until the steps are done, keeping the state every `KEPT_EVERY` steps."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    options.run.mkdir(parents=True, exist_ok=True)
    state = State.of(options.run, options.rate, free=options.free, device=options.device)
    state.save(options.run)  # so that no step at all makes a run of the network that it begins with
    batches = iter(DataLoader(Batches(options, state.done), batch_size=None, num_workers=options.workers))
    start, losses = time.monotonic(), list[float]()
    while state.done < options.steps:
        rate = options.rate * min((state.done + 1) / WARM_UP, 1.0) * _falling(state.done / options.steps)
        losses.append(state.step(*next(batches), rate))
        if state.done % KEPT_EVERY == 0 or state.done == options.steps:
            state.save(options.run)
            with (options.run / "log.tsv").open("a") as file:
                file.write(f"{state.done}\t{np.nanmean(losses):.4f}\t{(time.monotonic() - start) / 60:.1f}\n")
            losses.clear()


class Batches(IterableDataset[tuple[Tensor, Tensor, Tensor]]):
    """Yields batches without end, each process that loads its own: of other seeds, and of the same files in memory."""

    def __init__(self, options: argparse.Namespace, done: int) -> None:
        self.options, self.done = options, done
        self.cases = [case for source in SETS if not options.free for case in load(options.data, source, "train")]
        pool = self._pool(0)
        print(f"{len(pool.files)} painted scans, {len(self.cases)} cases", flush=True)

    def _pool(self, seed: int) -> Pool:
        return Pool(self.options.pool, seed, self.options.without, free_only=self.options.free)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Yield images, labels and sides, as `augmented` gives them."""
        info = get_worker_info()
        rng = np.random.default_rng([self.options.seed, self.done, info.id if info else 0])
        pool, seed = self._pool(int(rng.integers(2**31))), int(rng.integers(2**31))
        sampler = None if self.options.free else Sampler(self.cases, SETS, seed)
        while True:
            yield _batch(sampler, pool, self.options.batch, rng)


def _batch(sampler: Sampler | None, pool: Pool, size: int, rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Return what `augmented` makes of slices of the sets, where they are used, and of those of the pool."""
    of_pool = round(OF_POOL * size) if sampler else size
    drawn = [pool.draw(of_pool), *([sampler.draw(size - of_pool)] if sampler else [])]
    images, labels, sides = zip(*(augmented(one, rng) for one in drawn), strict=True)
    return torch.cat(images), torch.cat(labels), torch.cat(sides)


def _falling(part: float) -> float:
    """Return the share of the rate: full for three tenths, then down to a hundredth along a cosine."""
    return 1.0 if part < 0.3 else 0.01 + 0.99 * (1 + math.cos(math.pi * (part - 0.3) / 0.7)) / 2


def main() -> None:
    """Read the options and train."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("pool", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--without", nargs="*", default=[], help="scans of the pool to leave out")
    parser.add_argument("--free", action="store_true", help="only scans whose licence allows any use, from nothing")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--workers", type=int, default=0, help="processes that make batches beside the training")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
