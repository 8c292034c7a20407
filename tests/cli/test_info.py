from __future__ import annotations

import json
import re
from pathlib import Path

from pleura.phantom import chest, write_dicom


def test_series_is_described_without_its_patient(run, elsewhere: Path) -> None:
    write_dicom(chest((24, 64, 64), (13.0, 6.0, 6.0)), elsewhere / "Miller")
    ran = run("info", "Miller")
    assert ran.code == 0
    assert "series 1 of 1: can be segmented" in ran.out
    assert "  shape: 24 x 64 x 64\n  spacing: 13.00 x 6.00 x 6.00 mm\n" in ran.out
    assert re.search(r"  coverage: (299|312) mm", ran.out)
    assert "Miller" not in ran.out


def test_two_series_are_both_listed_with_the_key_that_chooses(run, elsewhere: Path) -> None:
    for seed in (0, 1):
        write_dicom(chest((24, 64, 64), (13.0, 6.0, 6.0), seed=seed), elsewhere / f"scan/{seed}")
    ran = run("info", "scan", "--json")
    keys = [series["key"] for series in json.loads(ran.out)["series"]]
    assert len(set(keys)) == 2
    assert all(key in run("info", "scan").out for key in keys)


def test_picture_has_no_millimetres(run, slice_picture: Path) -> None:
    ran = run("info", slice_picture)
    assert ran.code == 0
    assert "spacing" not in ran.out
    assert "values: windowed" in ran.out


def test_json_is_one_object(run, scan: Path) -> None:
    ran = run("info", scan, "--json")
    assert ran.code == 0
    assert json.loads(ran.out)["series"][0]["shape"] == [24, 64, 64]


def test_missing_input_is_one_line_and_code_2(run) -> None:
    ran = run("info", "absent")
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith("pleura: error: ")
    assert ran.err.count("\n") == 1
