"""A mask that we wrote keeps the names of its values, which the JSON beside it states."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import pleura
from pleura import phantom
from pleura.labels import LUNGS, structures
from pleura.reading.stated_labels import stated_structures
from pleura.segmentation import Segmentation


@pytest.fixture
def right_lung(tmp_path: Path) -> tuple[Segmentation, Path]:
    """Return a right lung alone, and its file."""
    volume = phantom.chest((20, 64, 64)).volume
    labels = np.zeros(volume.shape, np.uint8)
    labels[5:15, 20:40, 10:30] = 1
    found = Segmentation(labels, volume)
    return found, found.write(tmp_path / "mask.nii.gz")


def test_right_lung_alone_is_read_again_as_a_right_lung(right_lung: tuple[Segmentation, Path]) -> None:
    made, mask = right_lung
    found = pleura.read_labels(mask, grid=made.volume)
    assert found.structures == LUNGS
    assert found.measurements.region("right lung").voxels == 10 * 20 * 20
    assert found.measurements.region("left lung").voxels == 0


def test_without_its_json_it_is_lung(right_lung: tuple[Segmentation, Path]) -> None:
    made, mask = right_lung
    mask.with_name("mask.nii.gz.json").unlink()
    assert pleura.read_labels(mask, grid=made.volume).structures == structures(["lung"])


@pytest.mark.parametrize(
    "changed",
    [
        {"program": {"name": "another"}},
        {"labels": []},
        {"labels": [{"value": 1, "name": 7}]},
        {"labels": [{"value": 2, "name": "left lung"}]},
        {"labels": "right lung"},
        {"labels": None},
    ],
)
def test_json_that_does_not_name_every_value_says_nothing(
    right_lung: tuple[Segmentation, Path], changed: dict[str, object]
) -> None:
    _, mask = right_lung
    beside = mask.with_name("mask.nii.gz.json")
    beside.write_text(json.dumps(json.loads(beside.read_text()) | changed))
    assert stated_structures(mask, [1]) is None


def test_one_lung_that_was_corrected_is_still_that_lung_and_what_else_it_may_be_is_said(
    right_lung: tuple[Segmentation, Path],
) -> None:
    made, mask = right_lung
    beside = mask.with_name("mask.nii.gz.json")
    stated = beside.read_bytes()
    corrected = made.labels.copy()
    corrected[5:15, 20:40, 40:60] = 1
    Segmentation(corrected, made.volume, structures=structures(["lung"])).write(mask)
    beside.write_bytes(stated)
    found = pleura.read_labels(mask, grid=made.volume)
    assert found.structures == LUNGS
    (note,) = found.warnings
    assert note.code == "sidecar-of-other-mask"
    assert note.message.startswith("read as right lung, left lung, as the JSON beside it says")
    assert note.message.endswith("remove that JSON, and it is read as lung")


def test_two_lungs_that_were_corrected_are_read_without_a_word(right_lung: tuple[Segmentation, Path]) -> None:
    made, mask = right_lung
    beside = mask.with_name("mask.nii.gz.json")
    stated = beside.read_bytes()
    corrected = made.labels.copy()
    corrected[5:15, 20:40, 40:60] = 2
    replace(made, labels=corrected).write(mask)
    beside.write_bytes(stated)
    found = pleura.read_labels(mask, grid=made.volume)
    assert (found.structures, found.warnings) == (LUNGS, ())


@pytest.mark.parametrize("written", [None, {}, "nifti"])
def test_sidecar_that_names_no_file_says_nothing(right_lung: tuple[Segmentation, Path], written: object) -> None:
    _, mask = right_lung
    beside = mask.with_name("mask.nii.gz.json")
    beside.write_text(json.dumps(json.loads(beside.read_text()) | {"mask": written}))
    assert stated_structures(mask, [1]) is None


def test_value_that_was_drawn_since_has_no_name(right_lung: tuple[Segmentation, Path]) -> None:
    assert stated_structures(right_lung[1], [1, 3]) is None
