"""The demo: a drawn chest whose lungs are known, segmented where nothing of others lies."""

from __future__ import annotations

import re
from pathlib import Path

import pleura.phantom


def test_demo_finds_the_lungs_that_it_drew(run, elsewhere: Path) -> None:
    ran = run("demo")
    assert ran.code == 0
    agreement = [float(dice) for dice in re.findall(r"Dice (\S+)", ran.out)]
    assert len(agreement) == 2
    assert min(agreement) > 0.96
    folder = elsewhere / "pleura-demo"
    assert sorted(path.name for path in folder.iterdir()) == [
        "dicom",
        "lungs-preview.png",
        "lungs.nii.gz",
        "lungs.nii.gz.json",
    ]
    assert len(list((folder / "dicom").iterdir())) == 64


def test_demo_in_the_place_of_a_file_is_refused_in_one_line(run, elsewhere: Path) -> None:
    (elsewhere / "file").touch()
    ran = run("demo", "file")
    assert ran.code == 2
    assert ran.err == "pleura: error: file is a file, so there can be no folder file/dicom; name another\n"


def test_demo_does_not_mix_with_other_files(run, elsewhere: Path, monkeypatch) -> None:
    monkeypatch.setattr(pleura.phantom, "chest", lambda: None)
    (elsewhere / "mine/dicom").mkdir(parents=True)
    (elsewhere / "mine/dicom/thesis.txt").touch()
    ran = run("demo", "mine")
    assert ran.code == 2
    assert "other files" in ran.err
