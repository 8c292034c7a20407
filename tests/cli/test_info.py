"""What a scan is, said without its patient and without segmenting it."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from dicom_files import ROOT, chest, save, series

from pleura.phantom import chest as drawn
from pleura.phantom import write_dicom


def test_series_is_described_without_its_patient(run, elsewhere: Path) -> None:
    write_dicom(drawn((24, 64, 64), (13.0, 6.0, 6.0)), elsewhere / "Miller")
    ran = run("info", "Miller")
    assert ran.code == 0
    assert "series 1 of 1: can be segmented" in ran.out
    assert "  shape: 24 x 64 x 64\n  spacing: 13.00 x 6.00 x 6.00 mm\n" in ran.out
    assert re.search(r"  coverage: (299|312) mm", ran.out)
    assert "Miller" not in ran.out


def test_two_series_are_both_listed_with_what_tells_them_apart(run, elsewhere: Path) -> None:
    for number, name in enumerate(("Lunge weich", "Lunge scharf")):
        for slice_ in series(chest((20 - number, 64, 64)), SeriesInstanceUID=f"{ROOT}.{number}"):
            slice_.SeriesDescription, slice_.ConvolutionKernel = name, f"B{number + 3}0f"
            save(slice_, elsewhere / f"scan/{number}-{slice_.InstanceNumber}.dcm")
    found = run("info", "scan")
    assert found.code == 0
    assert found.out.splitlines()[:3] == [
        "2 series, to choose from with pleura segment --series:",
        f'  1  "Lunge weich", kernel B30f, 20 slices of 64 x 64 over 95 mm, 5.00 x 5.00 x 5.00 mm, series {ROOT}.0',
        f'  2  "Lunge scharf", kernel B40f, 19 slices of 64 x 64 over 90 mm, 5.00 x 5.00 x 5.00 mm, series {ROOT}.1',
    ]
    ran = run("info", "scan", "--json")
    assert [(one["number"], one["kernel"]) for one in json.loads(ran.out)["series"]] == [(1, "B30f"), (2, "B40f")]
    assert "Lunge" not in ran.out  # free text may hold a name


def test_every_scan_that_segment_would_take_is_described(run, scan: Path, slice_picture: Path, elsewhere: Path) -> None:
    (elsewhere / "many/deep").mkdir(parents=True)
    shutil.copy(scan, elsewhere / "many/a.nii.gz")
    shutil.copy(slice_picture, elsewhere / "many/deep/b.png")
    ran = run("info", "many", scan, "--json")
    assert ran.code == 0
    found = [json.loads(line) for line in ran.out.splitlines()]
    assert [one["source"] for one in found] == ["many/a.nii.gz", "many/deep/b.png", str(scan)]
    (elsewhere / "many/bad.nii").touch()
    ran = run("info", "many")
    assert ran.code == 1
    assert "2/3: many/bad.nii\n" in ran.out
    assert ran.err == "pleura: error: many/bad.nii: the file is empty\n"


def test_dicomdir_is_its_folder(run, elsewhere: Path) -> None:
    write_dicom(drawn((24, 64, 64), (13.0, 6.0, 6.0)), elsewhere / "disc/1")
    (elsewhere / "disc/DICOMDIR").write_bytes(bytes(128) + b"DICM")
    assert run("info", "disc/DICOMDIR").out == run("info", "disc").out


@pytest.mark.parametrize("pixels", [True, False])
def test_what_cannot_be_segmented_is_code_2_and_has_no_invented_shape(run, elsewhere: Path, pixels: bool) -> None:
    (report,) = series(chest((1, 64, 64)), SOPClassUID="1.2.840.10008.5.1.4.1.1.66.4", Modality="SEG")
    report.NumberOfFrames = 7
    if not pixels:
        del report.Rows, report.Columns, report.PixelData
    save(report, elsewhere / "object.dcm")
    ran = run("info", "object.dcm")
    assert ran.code == 2
    assert "cannot be segmented" in ran.out
    assert ("  shape: 7 x 64 x 64\n" in ran.out) == pixels
    assert ("shape" in ran.out) == pixels


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
