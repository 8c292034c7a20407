"""The simulation of many workers: with times that are known its efficiency is, too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from scaling import recorded, simulate

from pleura.batch.table import COLUMNS
from pleura.batch.table_file import write_table


def efficiency(line: str) -> float:
    (found,) = re.findall(r"efficiency (\d\.\d+)", line)
    return float(found)


def rows(count: int, seconds: str) -> list[dict[str, str]]:
    return [dict.fromkeys(COLUMNS, "") | {"seconds": seconds} for _ in range(count)]


def test_workers_that_are_handed_scans_for_nothing_are_busy_all_the_time(tmp_path: Path) -> None:
    # Eight scans for each of four workers, all of 1000 s: what SQLite takes is less than a second of them.
    assert efficiency(simulate(tmp_path / "a", rows(32, "1000"), 4, 0.0)) > 0.99


def test_who_hands_out_one_scan_a_second_keeps_one_of_a_hundred_workers_busy(tmp_path: Path) -> None:
    # 200 scans of a second are handed out in 200 s, in which a hundred workers could have done 20,000.
    found = efficiency(simulate(tmp_path / "a", rows(200, "1"), 100, 1.0))
    assert found == pytest.approx(0.01, abs=0.001)


def test_only_scans_that_were_segmented_have_a_time(tmp_path: Path) -> None:
    lost = dict.fromkeys(COLUMNS, "") | {"source": "b", "error": "damaged"}
    write_table(tmp_path / "table.csv", [*rows(1, "2.5"), lost])
    found, size = recorded(tmp_path / "table.csv")
    assert ([row["seconds"] for row in found], size) == (["2.5"], 0.0)
