"""A configuration is held against its data and its machine, and what it leaves open is filled in."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from drawn_slices import small_config as config

from pleura.errors import PleuraError
from pleura.training.config import config_of, preset
from pleura.training.convert import real_planes
from pleura.training.loop import train
from pleura.training.resolve import resolve_config, with_length


@pytest.mark.parametrize(
    ("change", "code"),
    [({"loss": "focal"}, "unknown-loss"), ({"device": "cuda"}, "no-device"), ({"data": "nowhere"}, "no-manifest")],
)
def test_field_that_turns_out_wrong_is_named(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], code: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(PleuraError, match=f"the field {next(iter(change))}") as caught:
        train(dataclasses.replace(config(data, 2), **change), tmp_path / "run")
    assert caught.value.code == code
    assert not (tmp_path / "run").exists()


def test_run_keeps_paths_that_hold_from_any_folder(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(data)
    train(preset("notebook", data="drawn", epochs=1), tmp_path / "run")
    train(preset("notebook", data="drawn", epochs=1, start=os.path.relpath(tmp_path / "run")), tmp_path / "next")
    monkeypatch.chdir(tmp_path)
    kept = json.loads((tmp_path / "next" / "config.json").read_text())
    assert kept["data"] == str(data / "drawn")
    assert Path(kept["start"]).is_absolute()
    assert len(real_planes(config_of(tmp_path / "next"))) == 4


@pytest.mark.parametrize(
    ("given", "slices", "every", "patience"),
    [
        ({"steps": 4000, "validate_every": 250, "patience": 40}, 100, 250, 40),  # enough of them as it is
        ({"steps": 600, "validate_every": 250, "patience": 40}, 100, 75, 134),  # 40 times 250 steps are 134 times 75
        ({"steps": 0, "epochs": 50, "validate_every": 0, "patience": 5}, 100, 50, 5),  # an epoch of 50 steps of 2
        ({"steps": 0, "epochs": 2, "validate_every": 0, "patience": 5}, 100, 12, 21),
        ({"steps": 3, "validate_every": 2, "patience": 40}, 100, 1, 80),
    ],
)
def test_run_of_any_length_validates_eight_times(
    data: Path, given: dict[str, int], slices: int, every: int, patience: int
) -> None:
    found = with_length(dataclasses.replace(config(data, 2), **given), slices)  # type: ignore[arg-type]
    assert (found.validate_every, found.patience) == (every, patience)


def test_data_set_that_is_one_itself_is_all_that_is_drawn_and_validated_by(data: Path) -> None:
    open_fields = {"weights": {}, "validation": (), "labels": ()}
    found = resolve_config(dataclasses.replace(config(data / "drawn", 2), **open_fields))
    assert (found.weights, found.validation) == ({"": 1.0}, ("",))
    assert found.labels == ("right lung", "left lung")
