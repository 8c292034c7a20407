"""What a mask states of its making: program, model, parameters and input, without a clock and without personal data."""

from __future__ import annotations

import pleura
from pleura.inference.model import Model
from pleura.segmentation import Provenance
from pleura.volume import Volume, input_fields


def model_provenance(model: Model, volume: Volume, modality: str, convention: str, quality: str) -> Provenance:
    """Return what a mask of the volume states, so that the same call makes it again.

    Parameters
    ----------
    model : what makes the mask
    volume : the scan, its kind settled
    modality, convention, quality : as the caller gave them
    """
    bundle = model.bundle
    parameters = {"backend": model.backend}
    if quality != "fast":
        parameters["quality"] = quality
    if modality != "auto":
        parameters["modality"] = modality
    if bundle.conventions:
        parameters["convention"] = convention or bundle.conventions[0]
    return {
        "program": {"name": "pleura", "version": pleura.__version__},
        "model": {"name": bundle.name, "version": bundle.version, "sha256": bundle.sha256},
        "parameters": parameters,
        "input": input_fields(volume),
    }
