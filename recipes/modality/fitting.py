"""Fit the network that tells CT slices from radiographs, measure it, and write it with its recipe."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from pleura.networks.modality import CLASSES, ModalityNet
from recipes.modality.augmentation import changed, cropped, refilled, shuffled
from recipes.modality.drawn import drawn
from recipes.modality.graph import compare, graph, shares
from recipes.modality.pictures import ct_pictures, laterals, projections, radiographs, reformats

STEPS = 2200
"""Five minutes on one core; a cycle of the learning rate has to end, so the number is part of the recipe."""
_EACH = 32
"""Pictures of CT, and as many radiographs, in a batch; about as many of neither (`draw_batch`)."""
_DRAWN = 3000
"""Drawn pictures to train on: many times the other kinds of neither, none of which looks like another."""
_SMOOTHING = 0.05
"""Of labels: what is unsure is warned of, so shares must not all be near 0 or 1 (chosen)."""
_NEITHER = 0.55
"""The share from which a picture counts as neither: most pictures that are handed in are scans."""
KINDS = ("ct", "radiograph", "other")
FACTS = {
    "name": "modality",
    "version": "0.1.0",
    "task": "axial CT slice, frontal chest radiograph, or neither",
    "kinds": list(KINDS),
    "neither": _NEITHER,
    "sure": 0.75,
    "licence": "CC-BY-NC-SA-4.0",
    "licence_note": "Follows from the training data, part of which is CC BY-NC-SA, CC BY-NC, or states no licence.",
    "training_data": [
        {"set": "ct: slices, covid, covid_stacks, nolung, hard_unlabelled, hard_unlabelled2", "use": "ct"},
        {"set": "ct: volumes, nsclc_rt, volumes_unlabelled", "use": "ct; projections and other planes: other"},
        {"set": "drawn chests, 8 patients", "use": "ct"},
        {"set": "cxr: heart-included, heart-excluded", "use": "radiograph"},
        {"set": "cxr: other/lateral, odd numbers", "use": "other"},
        {"set": "drawn pictures of no chest", "use": "other"},
    ],
}
"""What the recipe says beside figures and hash."""

Stock = Mapping[str, Tensor]


def gather(data: Path, split: str) -> dict[str, Tensor]:
    """Return the pictures of one split by what they show, each (n, 1, s, s) grey 0..1."""
    front, side = projections(data, split)
    found: dict[str, NDArray[np.uint8]] = {
        "ct": ct_pictures(data, split),
        "radiograph": radiographs(data, split),
        "front": front,
        "side": side,
        "lateral": laterals(data, split),
        "reformat": reformats(data, split),
        "drawn": drawn(_DRAWN if split == "train" else _DRAWN // 10, np.random.default_rng(len(split))),
    }
    return {name: torch.from_numpy(pictures)[:, None].float() / 255 for name, pictures in found.items()}


def train(stock: Stock, steps: int = STEPS, seed: int = 0) -> ModalityNet:
    """Return a network fitted to a stock of pictures; a moving mean of its weights."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    network = ModalityNet()
    # a high rate and little decay, as usual for a small network with normalisation and one cycle (chosen)
    optimizer = torch.optim.AdamW(network.parameters(), lr=4e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps, pct_start=0.1)
    # over the last 200 steps or so: a tenth of all
    mean = torch.optim.swa_utils.AveragedModel(
        network,
        multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.995),  # type: ignore[no-untyped-call]
        use_buffers=True,
    )
    for step in range(steps):
        pictures, kinds = draw_batch(stock, generator)
        loss = functional.cross_entropy(network(pictures * 255), kinds, label_smoothing=_SMOOTHING)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        mean.update_parameters(network)
        if step % 250 == 0:
            print(f"step {step}: loss {loss.item():.3f}", file=sys.stderr, flush=True)
    network.load_state_dict(mean.module.state_dict())
    return network.eval()


def draw_batch(stock: Stock, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return changed pictures, and their kinds; a third of "other" is made of the other two kinds."""
    # three projections of CT from the front count as radiographs, so that a projection alone decides nothing; of what
    # is neither, most is drawn and reformatted, as there are few real pictures of it (chosen)
    ct = _picked(stock["ct"], _EACH, generator)
    radiograph = torch.cat([_picked(stock["radiograph"], _EACH - 3, generator), _picked(stock["front"], 3, generator)])
    parts = int(torch.randint(2, 5, (1,), generator=generator))
    filling = _picked(stock["drawn"], 4, generator)
    other = [
        _picked(stock["side"], 6, generator),
        _picked(stock["lateral"], 3, generator),
        _picked(stock["reformat"], 7, generator),
        _picked(stock["drawn"], 12, generator),
        shuffled(torch.cat([_picked(stock[name], 3, generator) for name in ("ct", "radiograph")]), parts, generator),
        refilled(torch.cat([_picked(stock["ct"], 3, generator), _picked(stock["radiograph"], 1, generator)]), filling),
        cropped(_picked(stock["radiograph"], 3, generator), generator),
    ]
    pictures = changed(torch.cat([ct, radiograph, *other]), generator)
    counts = torch.tensor([len(ct), len(radiograph), len(pictures) - len(ct) - len(radiograph)])
    return pictures, torch.arange(CLASSES).repeat_interleave(counts)


def _picked(pictures: Tensor, count: int, generator: torch.Generator) -> Tensor:
    return pictures[torch.randint(0, len(pictures), (count,), generator=generator)]


def figures(network: ModalityNet, stock: Stock) -> dict[str, dict[str, float]]:
    """Return, for each kind of picture, how many there are, how many go wrong, and how sure the network was.

    `lowest_right` is the smallest share of a right decision, `highest_wrong` the largest of a wrong one; 0 without.
    """
    wanted = {"ct": 0, "radiograph": 1, "front": 1}
    found = {}
    for name, pictures in stock.items():
        each = shares(network, functional.avg_pool2d(pictures, 2) * 255)
        kind = torch.where(each[:, 2] >= _NEITHER, KINDS.index("other"), each[:, :2].argmax(1))
        share = each.gather(1, kind[:, None])[:, 0]
        right = kind == wanted.get(name, KINDS.index("other"))
        found[name] = {
            "pictures": len(pictures),
            "wrong": int((~right).sum()),
            "lowest_right": round(float(share[right].min()), 3) if right.any() else 0.0,
            "highest_wrong": round(float(share[~right].max()), 3) if not right.all() else 0.0,
        }
    return found


def write(network: ModalityNet, measured: Mapping[str, Any], folder: Path) -> None:
    """Write the graph and its recipe into a folder."""
    exported = graph(network)
    compare(network, exported)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "network.onnx").write_bytes(exported)
    recipe = {**FACTS, "sha256": hashlib.sha256(exported).hexdigest(), "figures": {"val": measured}}
    (folder / "recipe.json").write_text(json.dumps(recipe, indent=2) + "\n", encoding="utf-8")
