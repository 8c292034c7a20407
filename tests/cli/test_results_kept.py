"""No result is lost, mixed with another, or taken for one that it is not, whatever a folder holds already."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from dicom_files import ROOT, save, series
from dicom_files import chest as slices
from PIL import Image

import pleura.segmenter
import pleura.writing
from pleura.files import folder_lock
from pleura.phantom import chest


def volume(path: Path, seed: int = 0, step: float = 6.0) -> Path:
    """Write a small drawn chest, another for each seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    voxels = chest((24, 64, 64), (13.0, 6.0, 6.0), seed=seed).volume.voxels
    nibabel.save(nibabel.Nifti1Image(voxels.T, np.diag([-step, -6.0, 13.0, 1.0])), path)
    return path


def source_of(mask: Path) -> str:
    return str(json.loads(mask.with_name(f"{mask.name}.json").read_text())["input"]["sha256"])


@pytest.fixture
def two(elsewhere: Path) -> Path:
    """Return a folder with two patients whose scans have one name."""
    for seed, patient in enumerate(("p1", "p2")):
        volume(elsewhere / patient / "ct.nii.gz", seed)
    return elsewhere


def test_scans_of_one_name_get_a_result_each_in_one_call(run, network, two: Path) -> None:
    assert run("segment", "p1/ct.nii.gz", "p2/ct.nii.gz", "-o", "out").code == 0
    masks = sorted((two / "out").glob("*.nii.gz"))
    assert [mask.name for mask in masks] == ["p1_ct_lungs.nii.gz", "p2_ct_lungs.nii.gz"]
    assert len({source_of(mask) for mask in masks}) == 2
    again = run("segment", "p2/ct.nii.gz", "p1/ct.nii.gz", "-o", "out", "--resume")
    assert again.out.count("there already") == 2


@pytest.mark.parametrize("option", ["--quiet", "--resume", "--preview"])
def test_result_of_another_scan_is_kept_unless_it_is_to_be_overwritten(run, network, two: Path, option: str) -> None:
    assert run("segment", "p1/ct.nii.gz", "-o", "out", option).code == 0
    before = {file.name: file.read_bytes() for file in (two / "out").iterdir()}
    other = volume(two / "other.nii.gz", 5)
    ran = run("segment", "p2/ct.nii.gz", other, "-o", "out", option, "--json")
    assert ran.code == 1
    assert json.loads(ran.out.splitlines()[0])["error"] == "other-input"
    assert "ct_lungs.nii.gz is the result of another input; name another output, or replace it" in ran.err
    assert {name: (two / "out" / name).read_bytes() for name in before} == before
    assert (two / "out/other_lungs.nii.gz").exists()
    assert run("segment", "p2/ct.nii.gz", "-o", "out", option, "--overwrite").code == 0
    assert source_of(two / "out/ct_lungs.nii.gz") != json.loads(before["ct_lungs.nii.gz.json"])["input"]["sha256"]


def test_same_voxels_elsewhere_are_another_scan(run, network, elsewhere: Path) -> None:
    volume(elsewhere / "a/ct.nii.gz")
    volume(elsewhere / "b/ct.nii.gz", step=5.0)
    assert run("segment", "a/ct.nii.gz").code == 0
    assert run("segment", "b/ct.nii.gz").code == 2


@pytest.mark.parametrize("record", [None, b"", b'{\n  "program": {\n    "name": "pl', b"\xff\xfe", b"[" * 100_000])
def test_mask_knows_its_scan_where_the_record_is_lost_or_broken(run, network, two: Path, record: bytes | None) -> None:
    for suffix in (".nii.gz", ".nii", ".mha", ".nrrd"):
        mask = two / f"lungs{suffix}"
        assert run("segment", "p1/ct.nii.gz", mask).code == 0
        beside = mask.with_name(f"{mask.name}.json")
        beside.unlink() if record is None else beside.write_bytes(record)
        assert run("segment", "p2/ct.nii.gz", mask).code == 2
        ran = run("segment", "p1/ct.nii.gz", mask, "--resume")
        assert (ran.code, "already" in ran.out) == (0, False)
        assert source_of(mask)


def test_preview_of_another_scan_is_kept_too_and_goes_with_its_mask(run, network, two: Path) -> None:
    assert run("segment", "p1/ct.nii.gz", "m.nrrd", "--preview").code == 0
    assert run("segment", "p2/ct.nii.gz", "m.mha", "--preview").code == 2
    assert run("segment", "p2/ct.nii.gz", "m.mha").code == 0
    assert (two / "m-preview.png").exists()
    assert len({source_of(two / name) for name in ("m.nrrd", "m.mha")}) == 2
    assert run("segment", "p2/ct.nii.gz", "m.nrrd", "--overwrite").code == 0
    assert not (two / "m-preview.png").exists()


@pytest.mark.parametrize("suffix", [".nii.gz", ".nii", ".nrrd", ".mha"])
def test_half_a_mask_is_made_again(run, network, two: Path, suffix: str) -> None:
    call = ("segment", "p1/ct.nii.gz", f"m{suffix}", "--resume")
    assert run(*call).code == 0
    mask = two / f"m{suffix}"
    whole = mask.read_bytes()
    mask.write_bytes(whole[: len(whole) // 2])
    ran = run(*call)
    assert (ran.code, ran.err) == (0, "")
    assert mask.read_bytes() == whole
    assert "there already" in run(*call).out


def test_half_a_picture_is_made_again(run, network, slice_picture: Path, elsewhere: Path) -> None:
    call = ("segment", slice_picture, "--resume")
    assert run(*call).code == 0
    mask = elsewhere / "slice_lungs.png"
    whole = mask.read_bytes()
    mask.write_bytes(whole[:-40])
    assert run(*call).code == 0
    assert mask.read_bytes() == whole


def test_half_a_preview_is_made_again(run, network, two: Path) -> None:
    call = ("segment", "p1/ct.nii.gz", "m.mha", "--preview", "--resume")
    assert run(*call).code == 0
    whole = (two / "m-preview.png").read_bytes()
    (two / "m-preview.png").write_bytes(whole[: len(whole) // 2])
    assert run(*call).code == 0
    assert (two / "m-preview.png").read_bytes() == whole


@pytest.mark.parametrize("earlier", [False, True])
def test_run_that_is_stopped_between_mask_and_record_is_made_up_for(
    run, network, two: Path, monkeypatch: pytest.MonkeyPatch, earlier: bool
) -> None:
    call = ("segment", "p1/ct.nii.gz", "--resume")
    if earlier:
        assert run(*call, "--model", "another").code == 0

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(pleura.writing, "write_sidecar", stop)
        assert run(*call).code == 130
    assert sorted(file.name for file in two.glob("*lungs*")) == ["ct_lungs.nii.gz"]  # no record of another mask
    assert "already" not in run(*call).out
    assert source_of(two / "ct_lungs.nii.gz")
    assert "there already" in run(*call).out


def test_mask_corrected_by_hand_is_never_replaced_unasked(run, network, two: Path) -> None:
    assert run("segment", "p1/ct.nii.gz").code == 0
    mask = two / "ct_lungs.nii.gz"
    image = nibabel.load(mask)
    labels = np.asarray(image.dataobj)
    labels[:8] = 0
    nibabel.save(nibabel.Nifti1Image(labels, image.affine, image.header), mask)
    corrected = mask.read_bytes()
    ran = run("segment", "p1/ct.nii.gz")
    assert ran.code == 2
    assert "was changed after it was written" in ran.err
    assert "there already" in run("segment", "p1/ct.nii.gz", "--resume").out
    assert mask.read_bytes() == corrected
    assert run("segment", "p1/ct.nii.gz", "--overwrite").code == 0
    assert mask.read_bytes() != corrected


def test_files_of_others_are_never_replaced_not_even_with_overwrite(run, network, two: Path) -> None:
    (two / "ct_lungs.nii.gz").write_bytes(b"mine")
    assert run("segment", "p1/ct.nii.gz", "--overwrite").code == 2
    assert (two / "ct_lungs.nii.gz").read_bytes() == b"mine"
    assert run("segment", "p1/ct.nii.gz", "p1/ct.nii.gz", "--overwrite").code == 2


def test_record_of_another_making_is_left_alone_beside_a_mask_of_ours(run, network, two: Path) -> None:
    assert run("segment", "p1/ct.nii.gz").code == 0
    (two / "ct_lungs.nii.gz.json").write_text('{"RepetitionTime": 2}')
    assert run("segment", "p1/ct.nii.gz").code == 2
    assert "RepetitionTime" in (two / "ct_lungs.nii.gz.json").read_text()


def test_run_that_finds_a_name_taken_meanwhile_does_not_replace_it(
    run, network, two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threshold: Callable[..., Any] = pleura.segmenter.Segmenter.__call__

    def slowly(self: Any, source: Any) -> Any:
        result = threshold(self, source)
        monkeypatch.setattr(pleura.segmenter.Segmenter, "__call__", threshold)
        assert run("segment", "p2/ct.nii.gz").code == 0  # the other run, while this one computes
        return result

    monkeypatch.setattr(pleura.segmenter.Segmenter, "__call__", slowly)
    ran = run("segment", "p1/ct.nii.gz", "--json")
    assert ran.code == 2
    mask = two / "ct_lungs.nii.gz"
    assert source_of(mask) == pleura.read(two / "p2/ct.nii.gz").identity.sha256


@pytest.mark.skipif(sys.platform == "win32", reason="there are no locks on folders")
def test_only_one_run_writes_into_a_folder_at_a_time(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from pleura.files import folder_lock\n"
        "with folder_lock(pathlib.Path(sys.argv[1])): print('in', flush=True)"
    )
    with folder_lock(tmp_path):
        other = subprocess.Popen([sys.executable, "-c", program, tmp_path], stdout=subprocess.PIPE)
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(1.5)
    assert other.communicate()[0] == b"in\n"
    assert list(tmp_path.iterdir()) == []


def test_each_series_of_a_study_gets_a_result_and_one_that_fails_is_said(run, network, elsewhere: Path) -> None:
    for number, kernel in enumerate(("B30f", "B70f", "B80f")):
        for k, one in enumerate(series(slices((20 - number, 64, 64)), SeriesInstanceUID=f"{ROOT}.{number}")):
            one.ConvolutionKernel, one.SeriesDescription = kernel, f"Thorax {kernel}"
            if kernel == "B80f" and 4 < k < 14:
                continue
            save(one, elsewhere / f"study/{number}/{k}.dcm")
    (elsewhere / "study/film.png").write_bytes(b"")
    ran = run("segment", "study", "--series", "all", "--json", "-o", "out")
    assert ran.code == 1
    *found, film = [json.loads(line) for line in ran.out.splitlines()]
    assert (film["source"], film["error"]) == ("study/film.png", "empty-file")
    assert [one.get("output") or one["error"] for one in found] == [
        "out/study_series1_lungs.nii.gz",
        "out/study_series2_lungs.nii.gz",
        "missing-slices",
    ]
    assert [one["series"] for one in found] == [f"{ROOT}.{number}" for number in range(3)]
    assert run("segment", "study", "--series", "all", "--resume", "-o", "out").out.count("there already") == 2
    assert run("segment", "study", "sharp.nii.gz", "--series", "b70").code == 0
    record = json.loads((elsewhere / "sharp.nii.gz.json").read_text())
    assert record["input"]["series_uid"] == f"{ROOT}.1"
    assert "Thorax" not in json.dumps(record)


def test_choice_that_is_missing_is_said_as_lines_and_as_data(run, network, elsewhere: Path) -> None:
    for number in range(2):
        for one in series(slices((20 - number, 64, 64)), SeriesInstanceUID=f"{ROOT}.{number}"):
            one.SeriesDescription = f"Miller {number}"
            save(one, elsewhere / f"study/{number}/{one.InstanceNumber}.dcm")
    ran = run("segment", "study", "--json")
    assert ran.code == 2
    assert ran.err.splitlines()[1].startswith('  1  "Miller 0", 20 slices of 64 x 64 over 95 mm')
    (found,) = (json.loads(line) for line in ran.out.splitlines())
    assert (found["source"], found["error"]) == ("study", "several-series")
    assert found["message"].startswith("study: 2 series could be meant; choose with --series")
    assert [(one["number"], one["shape"]) for one in found["choices"]] == [(1, [20, 64, 64]), (2, [19, 64, 64])]
    assert "Miller" not in ran.out


def test_call_that_cannot_begin_is_said_as_data_too(run, network, two: Path) -> None:
    ran = run("segment", "p1", "p2", "-o", "one.nii.gz", "--json")
    assert ran.code == 2
    found = json.loads(ran.out)
    assert found["error"] == "where-to"
    assert found["message"] in ran.err


def test_words_of_a_description_choose_in_each_study_of_a_folder(run, network, elsewhere: Path) -> None:
    for study in range(2):
        for number, name in enumerate(("weich", "scharf")):
            uids = {"StudyInstanceUID": f"{ROOT}.{study}", "SeriesInstanceUID": f"{ROOT}.{study}.{number}"}
            for one in series(slices((20, 64, 64)) + study, **uids):
                one.SeriesDescription = name
                save(one, elsewhere / f"in/p{study}/{number}/{one.InstanceNumber}.dcm")
    assert run("segment", "in", "-o", "out", "--series", "SCHARF").code == 0
    found = [json.loads(file.read_text())["input"]["series_uid"] for file in sorted((elsewhere / "out").glob("*.json"))]
    assert found == [f"{ROOT}.0.1", f"{ROOT}.1.1"]


def test_warning_is_code_3_where_that_is_asked_for(run, network, scan: Path, elsewhere: Path) -> None:
    Image.fromarray(np.arange(100, 164, dtype=np.uint8).repeat(64).reshape(64, 64)).save(elsewhere / "full.png")
    call = ("segment", "full.png", scan, "-o", "out", "--fail-on-warning")
    assert [run(*call).code, run(*call, "--resume").code] == [3, 3]
    assert run(*call[:-1]).code == 0
    assert run("segment", scan, "-o", "out", "--fail-on-warning").code == 0
    assert run(*call, "absent.nii").code == 1
