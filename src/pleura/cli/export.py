"""Turn a training run into a bundle: one folder that `pleura segment --model` runs, with all that belongs to it.

RUN is the folder that `pleura train` wrote; its best checkpoint is taken. BUNDLE gets network.onnx
and recipe.json, and on request the network for OpenVINO and for PyTorch. What is exported is
compared with the trained network, on slices of --check where it is given; where masks differ
too much, BUNDLE stays as it was.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path

from pleura.cli.console import say
from pleura.cli.paths import path
from pleura.cli.progress import reported
from pleura.errors import missing_extra
from pleura.text import quantity


@dataclass(frozen=True)
class Options:
    """What `pleura export` is asked for; the fields are its arguments."""

    run: Path
    bundle: Path
    name: str
    version: str
    licence: str
    precision: str
    openvino: bool
    torch: bool
    check: Path | None
    quiet: bool


def add_arguments(parser: ArgumentParser) -> None:
    """Say what can be asked for."""
    parser.add_argument("run", type=path, metavar="RUN", help="folder of a training run")
    parser.add_argument("bundle", type=path, metavar="BUNDLE", help="folder for the model")
    parser.add_argument("--name", default="", metavar="TEXT", help="name of the model; that of the folder by default")
    parser.add_argument("--version", default="1", metavar="TEXT", help="version of the model; 1 by default")
    parser.add_argument(
        "--licence",
        default="not stated",
        metavar="TEXT",
        help="licence of the weights; it follows from the training data",
    )
    parser.add_argument(
        "--precision", choices=("fp32", "fp16", "int8"), default="fp32", help="numbers of the network; fp32 by default"
    )
    parser.add_argument("--openvino", action="store_true", help="write network.xml and network.bin as well")
    parser.add_argument("--torch", action="store_true", help="write network.pt2 (torch.export) as well")
    parser.add_argument("--check", type=path, metavar="DATASET", help="compare masks on slices of this data set")
    parser.add_argument("--quiet", action="store_true", help="print warnings and errors only")


def run(options: Options) -> int:
    """Export and say how far the result agrees with what was trained."""
    try:
        from pleura.training.bundling import BundleOptions, write_bundle
    except ImportError as problem:
        raise missing_extra(problem.name or "torch", "train") from problem
    wanted = BundleOptions(
        options.name,
        options.version,
        options.licence,
        options.precision,
        openvino=options.openvino,
        torch=options.torch,
        check=options.check,
    )
    with reported(sys.stderr, options.quiet) as on_step:
        made = write_bundle(options.run, options.bundle, wanted, on_step)
    if options.quiet:
        return 0
    for name, dice in made.agreement.items():
        say(f"{name}: Dice {dice:.4f} against the trained network on {quantity(made.slices, 'slice')}")
    say(f"written: {options.bundle} ({made.recipe.name} {made.recipe.version}, {options.precision})")
    return 0
