"""What a scan's outcome looks like when it is printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pleura.batch.plan import Job
from pleura.batch.results import Outcome
from pleura.cli.outcome import lines, quality_words, report, shortfall
from pleura.errors import UnreadableInput
from pleura.labels import structures
from pleura.measurement import Size, Sizes
from pleura.quality import ExpectedDice, Quality
from pleura.volume import Note

JOB = Job(Path("scan"), "scan")
NOTE = Note("spacing-unknown", "no millimetres")


def outcome(*sizes: Size, **more) -> Outcome:
    measured = Sizes(sizes, None)
    return Outcome(1, JOB, {"nifti": Path("out/mask.nii.gz")}, scan="nifti, 10 x 20 x 30", sizes=measured, **more)


def test_lungs_of_a_scan_are_given_in_millilitres_and_together_in_litres() -> None:
    right, left = structures(["right lung", "left lung"])
    sizes = (
        Size(right, 900, 0.15, covers_area=False, ml=2846.4, cm2=None, height_cm=None),
        Size(left, 600, 0.1, covers_area=False, ml=2508.6, cm2=None, height_cm=None),
    )
    assert list(lines(outcome(*sizes, notes=(NOTE,), preview=Path("out/mask-preview.png")))) == [
        "nifti, 10 x 20 x 30",
        "note: no millimetres",
        "right lung 2846 mL, left lung 2509 mL, together 5.36 L",  # 2846.4 + 2508.6 = 5355 mL
        "written: out/mask.nii.gz and out/mask-preview.png",
    ]


def test_structures_without_sides_are_not_added_up() -> None:
    (lobe,) = structures(["upper lobe"])
    size = Size(lobe, 900, 0.15, covers_area=False, ml=41.0, cm2=None, height_cm=None)
    assert list(lines(outcome(size)))[1] == "upper lobe 41 mL"


def test_result_that_was_there_is_one_line() -> None:
    assert list(lines(Outcome(1, JOB, {"nifti": Path("out/mask.nii.gz")}))) == ["there already: out/mask.nii.gz"]


def test_warnings_name_the_scan_as_errors_do_and_go_to_stderr_even_where_it_is_quiet(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report(outcome(warnings=(Note("no-lung", "none"),)), "", as_json=False, quiet=True, debug=False)
    assert capsys.readouterr() == ("", "pleura: warning: scan: none\n")


def test_failure_is_a_line_on_stderr_and_for_programs_an_object(capsys: pytest.CaptureFixture[str]) -> None:
    failed = Outcome(3, JOB, error=UnreadableInput("scan: damaged", code="damaged"))
    report(failed, "3/4: ", as_json=True, quiet=False, debug=False)
    out, err = capsys.readouterr()
    assert err == "pleura: error: scan: damaged\n"
    assert json.loads(out) == {"number": 3, "source": "scan", "error": "damaged", "message": "scan: damaged"}


def test_all_files_that_were_written_are_listed() -> None:
    outputs = {"nifti": Path("a.nii.gz"), "dicom-seg": Path("a-seg.dcm")}
    assert list(lines(Outcome(1, JOB, outputs, Path("a.png"))))[-1] == "there already: a.nii.gz and a-seg.dcm"


def test_dice_below_a_limit_reads_so_and_the_limit_is_named() -> None:
    dice_of_both = {"both lungs": ExpectedDice(0.9496, 0.88, 0.97)}
    words = quality_words(Quality("check", {"left lung": ExpectedDice(0.93, 0.8, 0.97), **dice_of_both}))
    assert words == "quality: check, look at the mask before you use it; Dice about 0.94 (0.88 to 0.97), below 0.95"
    lung = quality_words(Quality("check", {"left lung": ExpectedDice(0.898, 0.8, 0.97), **dice_of_both}))
    assert lung == f"{words}; of the left lung about 0.89 (0.80 to 0.97), below 0.90"


@pytest.mark.parametrize(
    ("quality", "words"),
    [
        (Quality("good", {"both lungs": ExpectedDice(0.9896, 0.9, 1.0)}), "0.98, is below 0.99"),
        (Quality("reject", {"both lungs": ExpectedDice(0.995, 0.9, 1.0)}), "the verdict is reject"),
        (Quality("check"), "no Dice is expected"),
        (None, "no Dice is expected"),
    ],
)
def test_why_a_mask_falls_short_is_said(quality: Quality | None, words: str) -> None:
    assert words in str(shortfall(quality, 0.99))
    assert shortfall(Quality("good", {"both lungs": ExpectedDice(0.99, 0.9, 1.0)}), 0.99) is None
