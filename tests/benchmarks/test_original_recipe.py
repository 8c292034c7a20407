"""The benchmark that holds the recipe of the project's beginning beside ours, on drawn slices and a small network."""

from __future__ import annotations

import argparse
from pathlib import Path

import original_recipe
import pytest
from drawn_slices import small_config, write_slices

from pleura.inference.bundle import load_bundle


@pytest.mark.slow
def test_a_run_ends_with_its_time_and_its_best_validation_is_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is validated at each of six steps; without time it is stopped at the first one after a validation."""
    write_slices(tmp_path / "data")
    monkeypatch.setattr(original_recipe, "preset", lambda _name, data, **_own: small_config(Path(data), 6))
    options = argparse.Namespace(out=tmp_path, data=tmp_path / "data", steps=6, view="lungs", minutes=0.0)
    made = original_recipe.made("default", options)
    assert (made["steps"], made["of"]) == (2, 6)
    assert load_bundle(Path(made["bundle"])).name == "default"
    monkeypatch.delattr(original_recipe, "train")  # what is there is not trained again
    assert original_recipe.made("default", options) == made
