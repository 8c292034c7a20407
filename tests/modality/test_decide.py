"""A CT slice, a frontal radiograph and anything else are distinguished by the picture alone."""

from __future__ import annotations

import hashlib
import json
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pleura.modality import decide
from pleura.phantom import chest


def slice_of_a_chest() -> NDArray[np.uint8]:
    plane = chest(shape=(3, 256, 256), spacing=(60.0, 1.5, 1.5)).volume.voxels[1]
    return np.clip((plane + 1350) / 1500 * 255, 0, 255).astype(np.uint8)


def test_slice_of_a_chest_is_ct_however_it_lies() -> None:
    picture = slice_of_a_chest()
    for turn in range(4):
        for turned in (np.rot90(picture, turn), np.rot90(picture, turn)[::-1], 255 - np.rot90(picture, turn)):
            assert decide(np.ascontiguousarray(turned)).scan == "ct"
    assert decide(picture).kind == "ct"


def test_same_picture_the_other_way_round_is_the_same_decision() -> None:
    picture = slice_of_a_chest()
    first, second = decide(picture), decide(np.ascontiguousarray(picture[::-1, ::-1]))
    assert first.kind == second.kind
    assert first.confidence == pytest.approx(second.confidence, abs=0.02)


def test_recipe_belongs_to_the_network_that_is_shipped() -> None:
    folder = resources.files("pleura.modality")
    exported = (folder / "network.onnx").read_bytes()
    recipe = json.loads((folder / "recipe.json").read_text(encoding="utf-8"))
    assert len(exported) < 150_000
    assert recipe["sha256"] == hashlib.sha256(exported).hexdigest()
    assert recipe["kinds"] == ["ct", "radiograph", "other"]


@pytest.mark.parametrize("shape", [(1, 400), (33, 1200), (2000, 31)])
def test_any_shape_is_decided(shape: tuple[int, int]) -> None:
    assert 0.22 <= decide(np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)).confidence <= 1


def test_noise_and_slopes_are_neither() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (200, 200)).astype(np.uint8)
    slope = np.broadcast_to(np.linspace(0, 255, 300).astype(np.uint8), (200, 300))
    for picture in (noise, np.ascontiguousarray(slope)):
        assert decide(picture).kind == "other"


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
@pytest.mark.parametrize("convention", ["heart-included", "heart-excluded"])
def test_radiographs_are_known_turned_and_inverted(shared: Path, convention: str, turn: int) -> None:
    folder = shared / "data" / "cxr" / convention
    lines = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    for case in [line for line in lines if line["split"] == "val"][::12]:
        with Image.open(folder / case["image"]) as picture:
            grey = np.ascontiguousarray(np.rot90(np.asarray(picture.convert("L")), turn))
        assert decide(grey).scan == "radiograph", case["id"]
        assert decide(255 - grey).scan == "radiograph", case["id"]
