"""What is said of a Dice follows from the same limits as the verdict."""

from __future__ import annotations

import pytest

from pleura.quality import ExpectedDice, Quality
from pleura.quality.flags import verdict_of
from pleura.quality.limits import Limit, limit_above
from pleura.quality.words import below_limits


def test_one_lung_has_a_lower_limit_than_both() -> None:
    assert limit_above(0.93) == Limit(0.95, "check")
    assert limit_above(0.93, of_one_lung=True) is limit_above(0.95) is None
    assert limit_above(0.7) == Limit(0.75, "reject")
    assert limit_above(0.7, of_one_lung=True) == Limit(0.90, "check")


@pytest.mark.parametrize("both", [0.74, 0.75, 0.94, 0.95])
@pytest.mark.parametrize("right", [0.74, 0.89, 0.90])
def test_verdict_is_good_where_nothing_is_said_to_lie_below_a_limit(both: float, right: float) -> None:
    dice = {name: ExpectedDice(one, one, one) for name, one in (("right lung", right), ("both lungs", both))}
    verdict = verdict_of([], dice)
    assert (verdict == "good") is (below_limits(Quality(verdict, dice)) == [])
