"""The border of a mask lies between air and tissue, within air, or within tissue."""

from __future__ import annotations

import numpy as np
from drawn_evidence import evidence, labels

from pleura.quality.border import crossings, find_border
from pleura.quality.grid import sampled_grid


def shares(mask: np.ndarray, lungs: np.ndarray) -> dict[str, float]:
    grid = sampled_grid(evidence(mask, lungs))
    border = find_border(grid)
    return {name: float(wrong.mean()) for name, wrong in crossings(border, grid).items()}


def test_border_of_a_lung_is_counted_once_for_each_row_and_column_of_it() -> None:
    border = find_border(sampled_grid(evidence(labels(1))))
    # each lung has 10 rows with two sides and 8 columns with two ends
    assert np.bincount(border.side).tolist() == [0, 36, 36]
    assert set(border.inside) == {40}
    assert set(border.outside) == {255}


def test_border_of_aerated_lung_separates_air_from_tissue() -> None:
    assert shares(labels(), labels()) == {"border_in_air": 0.0, "border_in_tissue": 0.0, "border_reversed": 0.0}


def test_mask_that_leaves_out_lung_ends_in_air() -> None:
    mask = labels()
    mask[:, 13:] = 0  # of 10 rows 5 are left: 8 of 26 crossings lie within lung
    assert shares(mask, labels())["border_in_air"] == 8 / 26


def test_mask_that_holds_tissue_ends_in_tissue() -> None:
    lungs = labels()
    lungs[:, 13:] = 0  # the lower 5 rows of the mask are solid: 2 x 5 sides and 8 ends of 36
    assert shares(labels(), lungs)["border_in_tissue"] == 18 / 36


def test_bright_mask_in_dark_surroundings_is_the_wrong_way_round() -> None:
    given = evidence(labels())
    grid = sampled_grid(type(given)(given.labels, given.probability, 255 - given.planes, given.window))
    assert crossings(find_border(grid), grid)["border_reversed"].all()
