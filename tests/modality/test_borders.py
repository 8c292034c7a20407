"""Plain borders are cut, and nothing else is: the dark outer parts of a real radiograph stay."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pleura.modality.borders import without_borders

NOISE = np.random.default_rng(0).integers(0, 255, (40, 60)).astype(np.uint8)


@pytest.mark.parametrize("grey", [0, 255])
def test_plain_borders_are_cut_on_each_side_by_itself(grey: int) -> None:
    framed = np.pad(NOISE, ((3, 0), (10, 25)), constant_values=grey)
    assert without_borders(framed) == (slice(3, 43), slice(10, 70))
    assert without_borders(NOISE) == (slice(0, 40), slice(0, 60))


def test_smear_of_a_jpeg_and_dust_leave_a_border_plain_but_what_is_within_stays() -> None:
    plane = np.pad(NOISE, 200)
    plane[:200] += np.random.default_rng(1).integers(0, 8, (200, 460)).astype(np.uint8)
    plane[50, 300:302] = 255
    assert without_borders(plane) == (slice(200, 240), slice(200, 260))
    plane[215:225] = 7
    assert without_borders(plane) == (slice(200, 240), slice(200, 260))


def test_picture_that_is_plain_throughout_stays_whole() -> None:
    assert without_borders(np.full((30, 50), 4.0)) == (slice(0, 30), slice(0, 50))


@pytest.mark.parametrize("convention", ["heart-included", "heart-excluded"])
def test_no_lung_of_a_real_radiograph_is_cut(shared: Path, convention: str) -> None:
    folder = shared / "data" / "cxr" / convention
    lines = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    for case in [line for line in lines if line["split"] == "val"]:
        with Image.open(folder / case["image"]) as picture, Image.open(folder / case["mask"]) as mask:
            part = without_borders(np.asarray(picture.convert("L")))
            labels = np.asarray(mask) > 0
        assert labels[part].sum() == labels.sum(), case["id"]
