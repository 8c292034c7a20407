"""A training run as a bundle: exported, in every form that is asked for, and each compared with what was trained."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pleura.errors import UnreadableInput, UnwritableOutput
from pleura.inference.recipe import Recipe
from pleura.training.checkpoint import BEST
from pleura.training.config import config_of
from pleura.training.convert import add_openvino, add_torch, lower_precision, real_planes, reference_masks
from pleura.training.export import building, export_run


@dataclass(frozen=True)
class BundleOptions:
    """What a bundle is called, and what it holds.

    Attributes
    ----------
    name : of the model; that of the bundle's folder where it is empty
    version, licence : of the model and its weights
    precision : of the numbers of the network: "fp32", "fp16" or "int8"
    openvino, torch : write the network for these, too
    check : data set on whose slices masks are compared; None for the run's own
    """

    name: str = ""
    version: str = "1"
    licence: str = "not stated"
    precision: str = "fp32"
    openvino: bool = False
    torch: bool = False
    check: Path | None = None


@dataclass(frozen=True)
class Exported:
    """A bundle that was written.

    Attributes
    ----------
    recipe : what the bundle says of itself
    agreement : backend -> Dice of its masks against the trained network's
    slices : how many of them were compared
    """

    recipe: Recipe
    agreement: Mapping[str, float]
    slices: int


def write_bundle(
    run: Path, bundle: Path, options: BundleOptions, on_step: Callable[[str], None] = lambda _doing: None
) -> Exported:
    """Write the bundle of a run, from its best checkpoint; where masks differ too much, the old one stays.

    Parameters
    ----------
    run : folder of the run
    bundle : folder for the bundle, which holds nothing else
    on_step : called with what is being done

    Raises
    ------
    UnreadableInput : the run has no weights (`no-weights`) or no settings (`config-unreadable`)
    UnwritableOutput : the folder holds other files (`folder-in-use`), or cannot be written (`not-written`)
    InvalidBundle : what was exported does not give what was trained (`export-mismatch`)
    """
    if not (run / BEST).is_file():
        raise UnreadableInput(f"{run}: no {BEST} there; name the folder of a run", code="no-weights")
    if bundle.is_dir() and any(bundle.iterdir()) and not (bundle / "recipe.json").is_file():
        raise UnwritableOutput(f"{bundle} holds other files; name a new folder", code="folder-in-use")
    facts = {"licence": options.licence, **_figures(run)}
    with building(bundle) as folder:
        on_step("reading slices to compare on")
        planes = real_planes(config_of(run), options.check)
        on_step("exporting the network")
        recipe = export_run(run, folder, options.name or bundle.name, options.version, facts)
        on_step("comparing what was exported with what was trained")
        whole = reference_masks(folder, planes)
        if options.precision != "fp32":
            lower_precision(folder, options.precision, planes)
        if options.openvino:
            add_openvino(folder)
        if options.torch:
            add_torch(run, folder)
        found = whole.compare(folder)
    return Exported(recipe, found, len(planes))


def _figures(run: Path) -> dict[str, object]:
    """Return what the recipe says of how good the run was on its validation pictures; nothing of an unfinished one."""
    try:
        report = json.loads((run / "report.json").read_text(encoding="utf-8"))
        return {"figures": {"validation": {"dice": report["best"]["score"], "step": report["best"]["step"]}}}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
