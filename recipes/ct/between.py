"""From two runs to the network between them, of which a further run may begin or a bundle be made.

    python -m recipes.ct.between FIRST SECOND RUN --share 0.5

The second run has gone on from the first. What it learnt and what it lost lie on the straight line between their
weights: half way, more of the first is kept than of the second is lost (README.md).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from recipes.ct.slice_train import LAST, State


def write_between(first: Path, second: Path, run: Path, share: float) -> None:
    """Write a run that begins with the averaged weights of two, `share` of them of the second."""
    weights, other = (torch.load(one / LAST, map_location="cpu")["average"] for one in (first, second))
    for name, value in weights.items():
        if value.dtype.is_floating_point:
            value.lerp_(other[name], share)
    state = State.of(run, rate=0.0, free=False)
    state.network.load_state_dict(weights)
    state.average.load_state_dict(weights)
    run.mkdir(parents=True)
    state.save(run)


def main() -> None:
    """Read the options and write the run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--share", type=float, default=0.5)
    options = parser.parse_args()
    write_between(options.first, options.second, options.run, options.share)


if __name__ == "__main__":
    main()
