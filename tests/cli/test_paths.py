"""Names on the command line: none is empty, one may begin with a dash, and each is said as it was given."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "verb",
    [
        ("segment",),
        ("info",),
        ("prepare", "x"),
        ("evaluate",),
        ("segment", "x", "-o"),
        ("segment", "x", "--series"),
        ("segment", "x", "--model"),
        ("evaluate", "x", "--model"),
        ("train", "x", "--preset"),
        ("train", "x", "--data"),
    ],
)
def test_empty_name_is_refused(run, network, verb: tuple[str, ...]) -> None:
    ran = run(*verb, "")
    assert ran.code == 2
    assert "an empty name" in ran.err
    assert network == []


def test_words_after_two_dashes_are_names(run, network, scan: Path, elsewhere: Path) -> None:
    for name in ("-a.nii.gz", "--b.nii.gz", "-1.nii.gz", "--"):
        shutil.copy(scan, elsewhere / name)
    for arguments in (
        ("segment", "--quiet", "-o", "out", "--", "-a.nii.gz", "--b.nii.gz", "-1.nii.gz"),
        ("segment", "-o", "out", "--", "-a.nii.gz"),
        ("info", "--", "-a.nii.gz"),
        ("segment", "./-a.nii.gz", "-o", "out"),
        ("segment", "-o", "out", "--", "--"),
    ):
        assert run(*arguments).code == 0, arguments
    names = [file.name for file in (elsewhere / "out").glob("*.nii.gz")]
    assert sorted(names) == ["--_lungs.nii.gz", "--b_lungs.nii.gz", "-1_lungs.nii.gz", "-a_lungs.nii.gz"]
    found = json.loads(run("segment", "--json", "-o", "out", "--", "-a.nii.gz").out)
    assert found["source"] == "-a.nii.gz"
    refused = run("segment", "-a.nii.gz")
    assert refused.code == 2
    assert "begins with a dash: write ./-a.nii.gz, or -- before the names" in refused.err


def test_inputs_are_named_as_they_were_given(run, network, scan: Path, elsewhere: Path) -> None:
    (elsewhere / "in/deep").mkdir(parents=True)
    shutil.copy(scan, elsewhere / "in/deep/a.nii.gz")
    (elsewhere / "link.nii.gz").symlink_to("in/deep/a.nii.gz")
    for given, found in {
        "./in/deep/../deep/a.nii.gz": "./in/deep/../deep/a.nii.gz",
        "in/": "in/deep/a.nii.gz",
        "link.nii.gz": "link.nii.gz",
        str(elsewhere / "in"): str(elsewhere / "in/deep/a.nii.gz"),
    }.items():
        assert json.loads(run("segment", given, "--json", "-o", "out").out)["source"] == found
    assert sorted(file.name for file in Path("out").glob("*.nii.gz")) == [
        "a_lungs.nii.gz",
        "deep_a_lungs.nii.gz",
        "link_lungs.nii.gz",
    ]


@pytest.mark.parametrize("arguments", [("info", "in"), ("segment", "in"), ("prepare", "in", "out")])
def test_folder_that_may_not_be_read_is_said_in_one_line(
    run, network, elsewhere: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    (elsewhere / "in/deep").mkdir(parents=True)

    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(os, "scandir", refuse)
    ran = run(*arguments)
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert ran.err.endswith("in: this may not be read\n")
