"""`pleura batch`: the plan, the run, how far it is, and exit codes."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from in_process import InProcess

from pleura.batch import batch_run, engine
from pleura.batch.progress import BatchProgress
from pleura.cli.batch_lines import progress_lines
from pleura.phantom import chest, write_dicom


@pytest.fixture(autouse=True)
def in_process(network, monkeypatch: pytest.MonkeyPatch) -> None:
    engine.load_segmenter.cache_clear()
    monkeypatch.setattr(batch_run, "WorkerPool", InProcess)


@pytest.fixture
def scans(scan: Path) -> Path:
    scans = Path("scans")
    scans.mkdir()
    for name in "ab":
        shutil.copy(scan, scans / f"{name}.nii.gz")
    return scans


def test_a_dry_run_prints_the_plan_and_writes_nothing(run, scans: Path) -> None:
    ran = run("batch", "scans", "masks", "--dry-run")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [(row["action"], row["reason"], row["source"]) for row in rows] == [
        ("segment", "nifti", "a.nii.gz"),
        ("segment", "nifti", "b.nii.gz"),
    ]
    assert (ran.code, ran.err, Path("masks").exists()) == (0, "", False)


def test_a_dry_run_calls_missing_what_a_list_names_and_is_not_there(run, scans: Path) -> None:
    Path("list.csv").write_text("source\nscans/a.nii.gz\nscans/gone.nii.gz\n")
    ran = run("batch", "list.csv", "masks", "--dry-run")
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    assert [(row["action"], row["reason"]) for row in rows] == [("segment", "nifti"), ("missing", "not-found")]
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert run("batch", "list.csv", "masks").code == 1  # as the run itself


@pytest.mark.parametrize("source", ["none", "text", "bad.csv", "twice.csv", "gone"])
def test_a_source_without_scans_is_one_error_before_anything_is_made(run, source: str) -> None:
    Path("none").mkdir()
    Path("text").mkdir()
    Path("text/notes.txt").write_text("no scan")
    Path("bad.csv").write_text("source,name\na,a b\n")
    Path("twice.csv").write_text("source,name\na,x\nb,x\n")
    ran = run("batch", source, "masks")
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert not Path("masks").exists()
    assert run("batch", source, "masks", "--dry-run").code == 2


def test_a_run_says_what_was_done_and_status_says_the_same(run, scans: Path) -> None:
    (scans / "bad.nii.gz").touch()
    ran = run("batch", "scans", "masks")
    assert ran.out.splitlines() == [
        "3 scans: 2 done, 1 failed",
        "errors: 1 empty-file",
        "table: masks/table.csv",
    ]
    assert ran.err == "pleura: error: bad.nii.gz: the file is empty\n"
    assert ran.code == 1
    assert run("batch", "status", "masks").out.splitlines() == ran.out.splitlines()[:2]
    assert run("batch", "scans", "masks", "--quiet").out == ""


def test_exit_codes_are_those_of_segment(run, scans: Path) -> None:
    assert run("batch", "scans", "masks").code == 0
    assert run("batch", "scans", "masks").code == 0  # nothing is left to do
    assert run("batch", "scans/a.nii.gz", "masks").code == 0  # and that is a smaller batch
    Path("none").mkdir()
    assert run("batch", "none", "other").code == 2
    assert run("batch", "gone", "other").code == 2
    assert run("batch", "status", "none").code == 2


def test_options_of_segment_reach_the_segmenter_and_the_writer(run, network, scans: Path) -> None:
    options = ("--to", "nrrd,nifti", "--preview", "--backend", "torch", "--modality", "ct", "--quality", "off")
    assert run("batch", "scans", "masks", *options).code == 0
    assert (network[-1]["backend"], network[-1]["modality"]) == ("torch", "ct")
    written = {path.name for path in Path("masks").rglob("lungs*")}
    assert {"lungs.nrrd", "lungs.nii.gz", "lungs-preview.png"} < written
    assert run("batch", "scans", "masks").code == 2  # begun with others


@pytest.mark.parametrize(
    "options",
    [("--shard", "4/3"), ("--shard", "0/3"), ("--time-limit", "0"), ("--workers", "x"), ("--seg-type", "labelmap")],
)
def test_wrong_options_are_refused(run, scans: Path, options) -> None:
    ran = run("batch", "scans", "masks", *options)
    assert (ran.code, len(ran.err.splitlines())) == (2, 1)
    assert not Path("masks").exists()


@pytest.mark.parametrize("cluster", [("--scheduler", "tcp://127.0.0.1:9"), ("--slurm", "2")])
@pytest.mark.parametrize("limit", ["--workers", "--memory-limit"])
def test_what_a_scheduler_does_not_heed_is_refused_beside_it(run, scans: Path, cluster, limit: str) -> None:
    ran = run("batch", "scans", "masks", *cluster, limit, "2")
    assert (ran.code, len(ran.err.splitlines()), limit in ran.err) == (2, 1, True)
    assert not Path("masks").exists()


def test_jobs_of_slurm_take_no_scheduler_of_others_and_need_slurm(run, scans: Path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    ran = run("batch", "scans", "masks", "--slurm", "2", "--quiet")
    assert (ran.code, len(ran.err.splitlines()), "sbatch" in ran.err) == (2, 1, True)
    ran = run("batch", "scans", "masks", "--slurm", "2", "--scheduler", "tcp://127.0.0.1:9")
    assert (ran.code, "leave out --scheduler" in ran.err) == (2, True)


def test_nothing_of_the_patient_is_in_the_folder_of_the_results(run) -> None:
    write_dicom(chest((24, 32, 32), (13.0, 12.0, 12.0)), Path("scans/ct"))
    import pydicom

    for file in Path("scans/ct").iterdir():
        dataset = pydicom.dcmread(file)
        dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate = "DOE^JOHN", "ID-7788", "19510203"
        dataset.StudyDescription = dataset.SeriesDescription = "Thorax of Mr Doe"
        dataset.save_as(file)
    assert run("batch", "scans", "masks").code == 0
    kept = [(path.name, path.read_bytes()) for path in Path("masks").rglob("*") if path.is_file()]
    assert len(kept) >= 3
    for word in (b"DOE", b"Doe", b"ID-7788", b"19510203"):
        assert [name for name, content in kept if word in content or word.decode() in name] == []
    assert json.loads(next(Path("masks").rglob("*.json")).read_text())


def test_how_far_a_batch_is_in_words() -> None:
    found = BatchProgress({"done": 640, "waiting": 355, "running": 2, "failed": 3}, {"damaged": 3}, {}, 8, 5400.0)
    assert list(progress_lines(found)) == [
        "1000 scans: 640 done, 3 failed, 2 running, 355 waiting",
        "errors: 3 damaged",
        "8 masks have a warning",
        "about 1.5 hours left, at the pace of the last scans",
    ]
    one = BatchProgress({"done": 1}, {}, {}, 1, None)
    assert list(progress_lines(one)) == ["1 scan: 1 done", "1 mask has a warning"]
    skipped = BatchProgress({"skipped": 3}, {}, {"localizer": 2, "several-series": 1}, 0, None)
    assert list(progress_lines(skipped)) == [
        "0 scans: none to be segmented",
        "3 series skipped: 2 localizer, 1 several-series",
    ]


def test_status_says_which_parts_are_not_begun(run, scans: Path) -> None:
    ran = run("batch", "scans", "masks", "--shard", "1/2")
    assert ran.out.splitlines()[0] == "part 1 of 2"
    not_begun = "1 of 2 parts begun, not part 2, whose scans are not counted"
    assert run("batch", "status", "masks").out.splitlines()[-1] == not_begun
    run("batch", "scans", "masks", "--shard", "2/2")
    assert run("batch", "status", "masks").out.splitlines() == ["2 scans: 2 done"]
