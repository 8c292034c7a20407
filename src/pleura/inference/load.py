"""From the name or the folder of a bundle to the model that runs it."""

from __future__ import annotations

from pathlib import Path

from pleura.conventions import CONVENTIONS
from pleura.errors import InvalidOption, UnsuitableInput
from pleura.inference.backends import make_backend
from pleura.inference.bundle import Bundle, load_bundle
from pleura.inference.lung_model import LungModel
from pleura.inference.model import Model
from pleura.inference.probability_model import ProbabilityModel
from pleura.inference.recipe import PROBABILITIES, SIDED_LUNGS, Output
from pleura.volume import Kind

MODELS: dict[Output, type[LungModel] | type[ProbabilityModel]] = {
    SIDED_LUNGS: LungModel,
    PROBABILITIES: ProbabilityModel,
}
"""Output of a network -> the model that makes labels of it."""


def load_model(name: str | Path | None, *, convention: str, backend: str, device: str, threads: int) -> Model:
    """Return a model, ready to run.

    Parameters
    ----------
    name : folder of a bundle, or the name of a shipped one; if None, that for CT
    convention : of radiographs, which a model for CT ignores; one that the model follows, where it is chosen by name
    backend, device, threads : see `pleura.inference.backends.make_backend`

    Raises `InvalidOption` (``unknown-convention``) besides what `load_bundle` and `make_backend` raise.
    """
    bundle = load_bundle(name)
    _check_convention(convention, CONVENTIONS if name is None else bundle.conventions)
    named, network = make_backend(bundle, backend=backend, device=device, threads=threads)
    return MODELS[bundle.output](bundle, named, network, threads, convention)


def check_kind(bundle: Bundle, kind: Kind) -> None:
    """Raise `UnsuitableInput` where a model that was chosen by name does not know this kind of scan."""
    if kind is Kind.HU and bundle.kinds == {Kind.RADIOGRAPH}:
        raise UnsuitableInput("a CT: this model knows radiographs only", code="not-a-radiograph")
    if kind is Kind.RADIOGRAPH and kind not in bundle.kinds:
        raise UnsuitableInput("a radiograph: this model knows CT only", code="radiograph")


def _check_convention(convention: str, known: tuple[str, ...]) -> None:
    if convention and convention not in known:
        choices = f"choose from {', '.join(known)}" if known else "this model knows but one"
        raise InvalidOption(f"there is no convention {convention}; {choices}", code="unknown-convention")
