"""Parts of hand-made lungs hold the voxels that a count by hand gives, each once."""

from __future__ import annotations

import numpy as np
import pytest

from pleura.measurement.regions import box_around, divided_counts, parts


def counted(labels: np.ndarray, value: int = 1) -> dict[str, int]:
    divided, _ = divided_counts(labels, None, [value])
    return {part: int(counts.sum()) for part, counts in parts(divided[0])}


def test_thirds_by_height_share_the_slices_and_thirds_by_volume_the_voxels() -> None:
    labels = np.zeros((9, 4, 20), np.uint8)
    for z, width in enumerate((0, 12, 12, 2, 2, 2, 2, 2, 2)):
        labels[z, 1, :width] = 1
    found = counted(labels)
    # 8 slices from below; thirds at 8/3 and 16/3 slices: the slices whose middles lie below 2.67 are three, and so on
    assert found["lower_third_by_height"] == 12 + 12 + 2
    assert found["middle_third_by_height"] == 2 + 2
    assert found["upper_third_by_height"] == 2 + 2 + 2
    # 36 voxels, thirds at 12 and 24: the middles of the slices lie at 6, 18, 25, 27, 29, ...
    assert [found[f"{third}_third_by_volume"] for third in ("lower", "middle", "upper")] == [12, 12, 12]
    assert found["whole"] == 36


def test_halves_are_divided_at_the_middle_of_the_depth_whose_row_is_dorsal() -> None:
    labels = np.zeros((3, 9, 6), np.uint8)
    labels[:, 2:7, 1] = 1  # rows 2 to 6: 2 and 3 in front, the middle one 4 with 5 and 6 behind
    found = counted(labels)
    assert (found["ventral_half_by_depth"], found["dorsal_half_by_depth"]) == (6, 9)


@pytest.mark.parametrize("seed", range(5))
def test_parts_of_each_kind_make_up_the_whole(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, (7, 8, 9)).astype(np.uint8)  # 3 stands for nothing that is measured
    hu = rng.integers(-1024, 100, labels.shape).astype(np.int16)
    divided, first = divided_counts(labels, hu, [2, 1])
    for value, of_one in zip((2, 1), divided, strict=True):
        found = dict(parts(of_one))
        expected = np.bincount(hu[labels == value].astype(int) - first, minlength=of_one.shape[-1])
        for kind in ("third_by_height", "third_by_volume", "half_by_depth"):
            np.testing.assert_array_equal(sum(found[part] for part in found if part.endswith(kind)), expected)


def test_slices_without_lung_between_those_with_it_belong_to_its_height() -> None:
    labels = np.zeros((6, 3, 3), np.uint8)
    labels[[0, 5], 1, 1] = 1
    found = counted(labels)
    assert (found["lower_third_by_height"], found["middle_third_by_height"], found["upper_third_by_height"]) == (
        1,
        0,
        1,
    )


def test_empty_labels_have_an_empty_box_and_no_voxels() -> None:
    empty = np.zeros((4, 5, 6), np.uint8)
    assert empty[box_around(empty)].size == 0
    assert set(counted(empty[box_around(empty)]).values()) == {0}
