"""`pleura compare` says what changed between two scans, or two masks of one scan."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from dicom_files import chest, save_all, series


def test_two_scans_are_segmented_and_compared(run, network, scan: Path) -> None:
    Path("later.nii.gz").write_bytes(scan.read_bytes())
    ran = run("compare", scan, "later.nii.gz", "-o", "page.html")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0].split() == ["first", "second", "change", "%", "scan-rescan"]
    volume = next(line.split() for line in lines if line.startswith("  volume"))
    assert volume[2] == volume[3]  # the same scan
    assert volume[4:8] == ["0", "0.0", "169", "on"]
    at_6_l = next(line for line in lines if line.startswith("  15th percentile at 6 L"))
    assert "-14.7 to 17.3 % in 95 of 100" in at_6_l
    assert lines[-1] == "written: page.html"
    assert Path("page.html").is_file()


def test_lungs_that_are_not_whole_are_said_in_lines_and_in_json(run, network, scan: Path) -> None:
    lines = run("compare", scan, scan).out.splitlines()  # the stand-in marks the air around the patient, too
    (limit,) = [line for line in lines if "both: the lungs are not whole" in line]
    volume = next(line for line in lines if line.startswith("  volume"))
    assert limit.split()[0] in volume
    warnings = json.loads(run("compare", scan, scan, "--json").out)["warnings"]
    assert ("lungs-incomplete", "both") in [(one["code"], one["scan"]) for one in warnings]


def test_masks_without_a_structure_in_common_are_an_error(run, network, scan: Path) -> None:
    assert run("segment", scan, "first.nii.gz").code == 0
    image = nib.load("first.nii.gz")
    nib.save(nib.Nifti1Image((np.asarray(image.dataobj) > 0).astype(np.uint8) * 7, image.affine), "other.nii.gz")
    ran = run("compare", "first.nii.gz", "other.nii.gz", "--scan", scan, "--json")
    assert (ran.code, json.loads(ran.out)["error"]) == (2, "nothing-to-compare")


def test_two_masks_of_one_scan_are_compared(run, network, scan: Path) -> None:
    assert run("segment", scan, "first.nii.gz").code == 0
    ran = run("compare", "first.nii.gz", "first.nii.gz", "--scan", scan, "--json")
    assert ran.code == 0
    found = json.loads(ran.out)
    assert (found["first"], found["second"]) == ("first.nii.gz", "first.nii.gz")
    assert {one["difference"] for one in found["changes"]} == {0.0}
    assert {one["structure"] for one in found["changes"]} == {"both lungs", "right lung", "left lung"}
    assert {one["week_apart"] for one in found["changes"]} == {None}  # there is one scan, and no other day


def test_page_never_takes_the_place_of_a_file_of_other_making(run, network, scan: Path) -> None:
    Path("page.html").write_text("<p>mine</p>")
    ran = run("compare", scan, scan, "-o", "page.html")
    assert ran.code == 2
    assert "is not an earlier result" in ran.err
    assert Path("page.html").read_text() == "<p>mine</p>"


def test_scan_that_cannot_be_read_is_an_error_in_json_too(run, network, scan: Path) -> None:
    Path("bad.nii").write_bytes(b"nothing")
    ran = run("compare", scan, "bad.nii", "--json")
    assert ran.code == 2
    assert json.loads(ran.out)["error"]


def test_page_takes_the_place_of_an_earlier_one_of_the_same_two_and_of_no_other(run, network, scan: Path) -> None:
    Path("later.nii.gz").write_bytes(scan.read_bytes())
    assert run("segment", scan, "first.nii.gz", "--report").code == 0
    assert run("segment", scan, "second.nii.gz").code == 0
    of_one = Path("first.html").read_bytes()
    ran = run("compare", scan, "later.nii.gz", "-o", "first.html", "--json")
    assert (ran.code, json.loads(ran.out)["error"]) == (2, "other-input")
    assert Path("first.html").read_bytes() == of_one
    for _ in range(2):
        assert run("compare", scan, "later.nii.gz", "-o", "page.html").code == 0
    of_two = Path("page.html").read_bytes()
    assert run("compare", "first.nii.gz", "second.nii.gz", "--scan", scan, "-o", "page.html").code == 2
    assert run("segment", scan, "page.nii.gz", "--report").code == 2  # the page of a scan does not replace it either
    assert Path("page.html").read_bytes() == of_two


def test_page_is_called_as_folders_are_where_one_works_in_them(run, network, elsewhere: Path, monkeypatch) -> None:
    monkeypatch.chdir(save_all(series(chest()), elsewhere / "before"))
    assert run("compare", ".", "../before", "-o", "../page.html").code == 0
    assert "<h1>before and before</h1>" in Path("../page.html").read_text()


def test_page_of_another_name_is_refused_before_a_scan_is_read(run, network) -> None:
    ran = run("compare", "nowhere.nii", "nowhere.nii", "-o", "page.txt", "--json")
    assert (ran.code, json.loads(ran.out)["error"]) == (2, "unknown-suffix")


@pytest.mark.parametrize("arguments", [("compare", "a.nii", "b.nii", "--scan", "c.nii"), ("measure", "c.nii", "a.nii")])
def test_convention_of_masks_that_are_given_cannot_be_asked_for(run, arguments: tuple[str, ...]) -> None:
    ran = run(*arguments, "--convention", "heart-excluded", "--json")
    assert (ran.code, json.loads(ran.out)["error"]) == (2, "convention-unused")
