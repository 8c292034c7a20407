"""Labels by CT numbers: airways are followed to where they leak, and lungs keep what is joined to them."""

from __future__ import annotations

import numpy as np

from recipes.ct.label import _airway, _sided

SPACING = (2.0, 1.0, 1.0)


def test_airway_is_followed_into_bronchi_that_are_less_dark_than_the_windpipe() -> None:
    smooth = np.full((60, 60, 60), 40, np.float32)
    smooth[40:, 27:33, 27:33] = -970  # 1.4 mL
    smooth[15:40, 26:34, 20:40] = -930  # 8 mL, more than a third of what there was
    smooth[2:15, 5:55, 5:55] = -830  # the lung: 65 mL
    row = {"box": "0,60,0,60,0,60", "seed": "55,30,30"}
    assert np.array_equal(_airway(smooth, row, SPACING), smooth < -900)


def test_tip_of_a_lung_is_its_own_up_to_half_way_where_both_touch() -> None:
    lung = np.zeros((20, 60, 80), bool)
    lung[:, 20:, :35] = True
    lung[:, 20:24, 35:60] = True  # the tip of the right lung, in front of the left one
    lung[:, 26:, 45:] = True
    lung[:, 24:26, 58:60] = True  # where both touch
    labels = _sided(lung, SPACING)
    assert set(np.unique(labels[:, 20:24, :45])) == {1}
    assert set(np.unique(labels[:, 26:, 45:])) == {2}
