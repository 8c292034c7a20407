"""What a mask states of its making is enough to make it again, and names nobody."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

import pleura
from pleura.inference.bundle import RADIOGRAPH, load_bundle
from pleura.inference.provenance import model_provenance
from pleura.volume import Identity, Volume


def test_program_model_parameters_and_input_are_stated() -> None:
    identity = Identity("dicom", "ab" * 32, series_uid="1.2.3")
    volume = Volume(np.zeros((2, 3, 4), np.int16), np.eye(4)[[2, 1, 0, 3]], identity=identity)
    model = SimpleNamespace(bundle=load_bundle(), backend="onnxruntime")
    assert model_provenance(model, volume, "auto", "", "fast") == {  # type: ignore[arg-type]
        "program": {"name": "pleura", "version": pleura.__version__},
        "model": {"name": "chest-ct", "version": model.bundle.version, "sha256": model.bundle.sha256},
        "parameters": {"backend": "onnxruntime"},
        "input": {"format": "dicom", "sha256": "ab" * 32, "series_uid": "1.2.3", "kind": "hu", "shape": [2, 3, 4]},
    }


def test_what_the_caller_asked_for_is_stated_and_the_convention_that_was_followed() -> None:
    volume = Volume(np.zeros((1, 3, 4), np.uint8), np.eye(4)[[2, 1, 0, 3]], kind="radiograph")  # type: ignore[arg-type]
    model = SimpleNamespace(bundle=load_bundle(RADIOGRAPH), backend="torch")
    for asked, followed in (("", "heart-included"), ("heart-excluded", "heart-excluded")):
        parameters = model_provenance(model, volume, "cr", asked, "off")["parameters"]  # type: ignore[arg-type]
        assert parameters == {"backend": "torch", "modality": "cr", "convention": followed, "quality": "off"}
