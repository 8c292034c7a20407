"""Several small scans at a time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pleura.batch import engine
from pleura.batch.engine import MANY, in_order


def files(folder: Path, count: int) -> list[Path]:
    found = [folder / f"{number}.png" for number in range(count)]
    for file in found:
        file.write_bytes(b"picture")
    return found


def test_many_small_files_are_worked_on_together_and_one_that_is_missing_does_not_matter(tmp_path: Path) -> None:
    assert engine.abreast([*files(tmp_path, MANY), tmp_path / "gone.png"], 4) == 4
    assert engine.abreast(files(tmp_path, MANY - 1), 4) == 1


def test_folders_and_large_files_are_worked_on_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = files(tmp_path, MANY)
    assert engine.abreast([*sources, tmp_path], 4) == 1
    monkeypatch.setattr(engine, "SMALL", 3)
    assert engine.abreast(sources, 4) == 1


@pytest.mark.parametrize("workers", [1, 3])
def test_results_come_in_order_whichever_is_ready_first(workers: int) -> None:
    def work(number: int) -> int:
        time.sleep(0.02 if number % 2 else 0.0)
        return number

    assert list(in_order(work, 9, workers)) == list(range(9))


def test_who_stops_asking_stops_the_work() -> None:
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        time.sleep(0.05 if number else 0.0)
        return number

    results = in_order(work, 100, 2)
    assert next(results) == 0
    results.close()
    assert len(begun) < 100
