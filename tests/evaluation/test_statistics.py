"""Many cases in a few numbers, and how far chance could have moved them."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from two_lungs import LUNGS, lungs, save

from pleura.evaluation.cases import find_cases
from pleura.evaluation.run import (
    differences,
    evaluate_files,
)
from pleura.evaluation.scoring import Score, failed
from pleura.evaluation.statistics import METRICS, bootstrap, column, compare, summarise


def test_summary_takes_the_worse_tail_and_names_infinite_ones() -> None:
    values = np.array([1.0, 2.0, 3.0, math.inf])
    found = summarise(values, np.arange(4), "low")
    assert (found.cases, found.infinite, found.mean, found.median) == (4, 1, 2.0, 2.5)
    assert math.isinf(found.worst or 0)


def test_bootstrap_draws_patients_not_cases() -> None:
    # a thousand slices of one patient are one observation
    many = bootstrap(np.array([0.9] * 1000 + [0.5]), np.array([1] * 1000 + [2]))
    assert many is not None
    assert many[0] == pytest.approx(0.5)
    assert many[1] == pytest.approx(0.9)
    assert bootstrap(np.array([0.9, 0.8]), np.array([1, 1])) is None


def test_difference_of_two_sets_of_predictions(folders: tuple[Path, Path], tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        save(tmp_path / "better" / f"{name}.png", lungs(1))
    first = evaluate_files(find_cases(*folders))
    second = evaluate_files(find_cases(folders[0], tmp_path / "better"))
    dice = differences(first, second, LUNGS)["both lungs"]["dice"]
    # 1.0 -> 0.9, 0.5 -> 0.9, 0.0 -> 0.9
    assert dice.mean == pytest.approx((-0.1 + 0.4 + 0.9) / 3)
    assert (dice.better, dice.worse, dice.cases) == (2, 1, 3)


def test_interval_holds_95_percent_of_the_draws() -> None:
    # of a coin thrown by 100 patients the mean has a deviation of 0.05: 1.96 of them to either side
    coins = np.repeat([0.0, 1.0], 50)
    low, high = bootstrap(coins, np.arange(100)) or (0.0, 0.0)
    assert (low, high) == (pytest.approx(0.402, abs=0.015), pytest.approx(0.598, abs=0.015))


def test_worst_5_percent_is_the_figure_by_nearest_rank() -> None:
    values = np.arange(1.0, 42.0)  # of 41 cases, two are 5 %
    assert summarise(values, np.arange(41), "low").worst_5_percent == 39.0
    assert summarise(values, np.arange(41), "high").worst_5_percent == 3.0


def test_no_case_is_no_figure() -> None:
    found = summarise(np.zeros(0), np.zeros(0, np.int64), "high")
    assert (found.cases, found.mean, found.interval, found.worst) == (0, None, None, None)


def scores(*values: float, unit: str = "mm") -> list[Score]:
    masks = [failed(str(number), number, ["lung"], "x") for number in range(len(values))]
    return [
        replace(score, unit=unit, error=None, agreements={"lung": replace(score.agreements["lung"], hd95=value)})
        for score, value in zip(masks, values, strict=True)
    ]


def test_lengths_in_pixels_are_not_mixed_with_millimetres() -> None:
    mixed = [*scores(1.0, 2.0), *scores(30.0, unit="px")]
    assert column(mixed, "lung", "hd95", "mm")[0].tolist() == [1.0, 2.0]
    assert column(mixed, "lung", "dice", "mm")[0].tolist() == [0, 0, 0]


def test_shorter_distance_is_better_and_an_infinite_one_is_no_pair() -> None:
    hd95 = next(metric for metric in METRICS if metric.name == "hd95")
    found = compare(scores(4.0, 2.0, math.inf), scores(1.0, 3.0, 1.0), "lung", hd95, "mm")
    assert (found.cases, found.mean, found.better, found.worse) == (2, -1.0, 1, 1)


def test_equal_predictions_have_no_difference() -> None:
    hd95 = next(metric for metric in METRICS if metric.name == "hd95")
    assert compare(scores(4.0, 2.0), scores(4.0, 2.0), "lung", hd95, "mm").p == 1.0
