"""Slices on the page are counted from the head down, whichever way they were stored, and none is shown twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pleura.geometry import from_axial
from pleura.phantom import chest
from pleura.quality import Flag, Quality
from pleura.reporting.scan_pictures import pictures
from pleura.segmentation import Segmentation
from pleura.volume import Volume

pytestmark = pytest.mark.usefixtures("small_pictures")


@pytest.fixture(scope="module")
def result() -> Segmentation:
    phantom = chest((24, 64, 64), (13.0, 6.0, 6.0))
    return Segmentation(phantom.labels, phantom.volume)


def test_every_slice_is_there_from_the_head_down(result: Segmentation) -> None:
    slices = pictures(result)["slices"]
    assert [one.level for one in slices] == list(range(23, -1, -1))
    assert slices[0].words == "slice 1 of 24, 0 mm from the top, index 23"
    assert slices[3].words == "slice 4 of 24, 39 mm from the top, index 20"


def test_slice_that_stands_out_is_named_and_shown_first(result: Segmentation) -> None:
    flag = Flag("solid-tissue", "solid tissue", (20,))
    found = pictures(replace(result, quality=Quality("check", {}, (flag,))))
    assert [one.number for one in found["slices"] if one.flags] == [4]
    assert found["montage"][0][0]["words"] == "slice 4 of 24, 39 mm from the top"
    assert found["montage"][0][0]["why"] == "solid tissue"


@pytest.mark.parametrize("flagged", [(), (4, 5), tuple(range(4, 20))])
def test_twelve_axial_slices_are_shown_and_none_twice(result: Segmentation, flagged: tuple[int, ...]) -> None:
    judged = replace(result, quality=Quality("check", {}, (Flag("solid-tissue", "solid tissue", flagged),)))
    axial, others = pictures(judged)["montage"]
    assert len({one["words"] for one in axial}) == len(axial) == 12
    assert [one["words"] for one in others] == [
        "coronal, through the middle",
        "sagittal, through the right lung",
        "sagittal, through the left lung",
    ]


def test_no_lung_is_named_where_none_is_marked(result: Segmentation) -> None:
    _, others = pictures(replace(result, labels=np.zeros_like(result.labels)))["montage"]
    assert [one["words"] for one in others][1:] == ["sagittal, in the right half", "sagittal, in the left half"]


def test_scan_stored_from_the_head_down_counts_from_the_head(result: Segmentation) -> None:
    affine = np.diag([1.0, 1.0, -1.0, 1.0]) @ result.volume.affine
    voxels, labels = (np.ascontiguousarray(from_axial(one, affine)) for one in (result.volume.voxels, result.labels))
    flag = Flag("solid-tissue", "solid tissue", (3,))
    turned = Segmentation(labels, Volume(voxels, affine), quality=Quality("check", {}, (flag,)))
    found = pictures(turned)
    assert found["slices"][0].words == "slice 1 of 24, 0 mm from the top, index 0"
    assert [(one.number, one.level) for one in found["slices"] if one.flags] == [(4, 20)]


def test_of_very_many_slices_some_are_shown_and_each_that_stands_out() -> None:
    labels = np.zeros((700, 8, 8), np.uint8)
    labels[100:600, 2:6, 2:6] = 1
    volume = Volume(np.full(labels.shape, -800, np.int16), np.diag([1.0, 1.0, 1.0, 1.0])[[2, 1, 0, 3]])
    flag = Flag("solid-tissue", "solid tissue", (200, 201))
    slices = pictures(Segmentation(labels, volume, quality=Quality("check", {}, (flag,))))["slices"]
    assert 230 < len(slices) < 240
    assert {200, 201} <= {one.level for one in slices}


def test_slices_that_stand_out_are_offered_the_worst_first(result: Segmentation) -> None:
    flags = (Flag("solid-tissue", "solid tissue", (8, 12)), Flag("empty-inside", "air", (3, 12)))
    found = pictures(replace(result, quality=Quality("check", {}, flags)))
    assert [found["slices"][k].level for k in found["worst"]] == [8, 12, 3]
    assert found["slices"][found["worst"][1]].flags == ("solid tissue", "air")
