"""What a batch will do: a row a series, with the reason, under names that do not change and name nobody."""

from __future__ import annotations

import shutil
from pathlib import Path

import pydicom
import pytest

from pleura.batch.scan_plan import PlannedScan, Shard, plan_scans
from pleura.errors import PleuraError
from pleura.phantom import chest, write_dicom

SCANS = Path("scans")


def series(folder: Path, *, slices: int = 30, uid: str = "", **elements: str) -> None:
    """Write a CT series of thin slices."""
    write_dicom(chest((slices, 16, 16), (12.0, 20.0, 20.0)), folder)
    for number, file in enumerate(sorted(folder.iterdir())):
        dataset = pydicom.dcmread(file)
        dataset.update(elements)
        if uid:
            dataset.SeriesInstanceUID = uid
            dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"{uid}.{number + 1}"
        dataset.save_as(file)


def found(source: Path = SCANS, wanted: str | None = None) -> list[PlannedScan]:
    return list(plan_scans(source, series=wanted))


def test_each_series_is_a_row_with_the_reason(scan: Path) -> None:
    series(SCANS / "DOE^JOHN" / "ct", uid="1.2.1")
    series(SCANS / "DOE^JOHN" / "scout", uid="1.2.2", slices=2, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    shutil.copy(scan, SCANS)
    rows = found()
    assert [(row.source, row.series, row.is_skipped, row.reason, row.slices) for row in rows] == [
        ("DOE^JOHN", "1.2.1", False, "chest-ct", 30),
        ("DOE^JOHN", "1.2.2", True, "localizer", 2),
        ("chest.nii.gz", "", False, "nifti", None),
    ]
    assert rows[2].bytes == scan.stat().st_size
    assert all(len(row.name) == 16 and "DOE" not in row.name for row in rows)


def test_where_several_series_could_be_meant_none_is_taken_until_one_is_chosen_or_all() -> None:
    for number in (1, 2):
        series(SCANS / "p" / f"s{number}", uid=f"1.2.{number}", SeriesDescription=f"kernel B{number}0")
    assert [(row.is_skipped, row.reason) for row in found()] == [(True, "several-series")] * 2
    assert [(row.is_skipped, row.reason) for row in found(wanted="all")] == [(False, "chest-ct")] * 2
    chosen = found(wanted="b20")
    assert [(row.series, row.is_skipped, row.reason) for row in chosen] == [
        ("1.2.1", True, "other-series"),
        ("1.2.2", False, "chest-ct"),
    ]
    assert {row.reason for row in found(wanted="b70")} == {"no-such-series"}


def test_names_stay_and_stamps_follow_the_files(scan: Path) -> None:
    SCANS.mkdir()
    file = SCANS / "a.nii.gz"
    shutil.copy(scan, file)
    (before,) = found()
    shutil.copy(scan, SCANS / "b.nii.gz")
    assert found()[0] == before
    file.write_bytes(scan.read_bytes() + b"\0")
    assert found()[0].name == before.name
    assert found()[0].stamp != before.stamp


def test_a_list_names_scans_below_its_folder_and_what_their_results_are_called(scan: Path) -> None:
    series(SCANS / "p" / "ct", uid="1.2.1")
    shutil.copy(scan, SCANS)
    table = SCANS / "list.csv"
    table.write_text("source,name\np/ct,case-1\nchest.nii.gz,\nchest.nii.gz,\ngone.nii,\n")
    rows = found(table)
    assert [(row.source, row.name, row.reason) for row in rows] == [
        ("p/ct", "case-1", "chest-ct"),
        ("chest.nii.gz", found()[0].name, "nifti"),
        ("gone.nii", rows[2].name, "not-found"),
    ]
    table.write_text("source,name\np/ct,case-1\nchest.nii.gz,Case-1\n")
    with pytest.raises(PleuraError) as caught:
        found(table)
    assert caught.value.code == "name-twice"


def test_what_is_damaged_is_left_to_be_an_error_of_its_own() -> None:
    SCANS.mkdir()
    (SCANS / "empty.nii.gz").touch()
    (SCANS / "slice.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 20)
    assert [(row.source, row.is_skipped) for row in found()] == [("empty.nii.gz", False), ("slice.dcm", False)]


def test_a_path_that_is_not_there_is_an_error() -> None:
    with pytest.raises(PleuraError) as caught:
        found()
    assert caught.value.code == "not-found"


def test_shards_share_out_all_scans_and_none_twice() -> None:
    names = [f"{number:016x}" for number in range(200)]
    parts = [[name for name in names if Shard(number, 3).holds(name)] for number in (1, 2, 3)]
    assert sorted(name for part in parts for name in part) == names
    assert min(map(len, parts)) > 40
    assert (Shard().suffix, Shard(2, 3).suffix) == ("", "-2-of-3")
