"""The RSNA challenge as it is downloaded: patients and findings from its tables, masks where somebody drew some."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dicom_files import CT_ONLY, ct_slice, save
from numpy.typing import NDArray
from PIL import Image

from pleura.cli import main
from pleura.preparation import Report, Settings, prepare
from pleura.preparation.patients import patient_hash

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def radiograph(path: Path, number: int) -> None:
    """Write a picture as the challenge has them: modality CR in the form of a secondary capture."""
    grey = np.add.outer(np.arange(64), 2 * np.arange(64)).astype(np.uint8)
    grey[0, 0] = number
    path.parent.mkdir(parents=True, exist_ok=True)
    how = {"SOPClassUID": SECONDARY_CAPTURE, "Modality": "CR", "ViewPosition": "PA", "PixelSpacing": [5.0, 4.0]}
    alone = {"SeriesInstanceUID": f"1.2.{number}", "InstanceNumber": number}
    save(ct_slice(grey, (0, 0, number), stored=grey, **how, **alone, **dict.fromkeys(CT_ONLY)), path)


@pytest.fixture
def challenge(tmp_path: Path) -> Path:
    """Return a folder with patients a (two boxes), b and c (none), and a picture of the challenge's test part."""
    folder = tmp_path / "rsna"
    for number, stem in enumerate("abc", start=1):
        radiograph(folder / "stage_2_train_images" / f"{stem}.dcm", number)
    radiograph(folder / "stage_2_test_images" / "d.dcm", 4)
    labels = "patientId,x,y,width,height,Target\na,1,2,3,4,1\na,5,6,7,8,1\nb,,,,,0\nc,,,,,0\n"
    (folder / "stage_2_train_labels.csv").write_text(labels)
    return folder


def by_patient(folder: Path, stems: str = "abcd") -> dict[str, dict[str, Any]]:
    """Return stem -> record of the manifest."""
    records = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    pseudonyms = {patient_hash(stem): stem for stem in stems}
    return {pseudonyms[record["patient"]]: record for record in records}


def draw_mask(path: Path) -> None:
    mask: NDArray[np.uint8] = np.zeros((64, 64), np.uint8)
    mask[10:50, 8:24], mask[10:50, 40:56] = 1, 2
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(mask).save(path)


def codes(report: Report) -> dict[str, str]:
    return {one.name: one.code for one in report.refused}


def test_without_any_mask_the_images_are_kept_and_a_note_says_so(challenge: Path, tmp_path: Path) -> None:
    report = prepare(challenge, tmp_path / "out")
    assert [note.code for note in report.notes] == ["no-masks"]
    assert not report.refused
    records = by_patient(tmp_path / "out")
    assert set(records) == set("abcd")
    assert all(record["mask"] is None for record in records.values())
    assert not list((tmp_path / "out" / "masks").iterdir())
    assert json.loads((tmp_path / "out" / "dataset.json").read_text())["labels"] == {}
    again = prepare(challenge, tmp_path / "out")
    assert again.reused == 4
    assert by_patient(tmp_path / "out") == records


def test_target_is_the_finding_and_the_class_goes_before_it(challenge: Path, tmp_path: Path) -> None:
    prepare(challenge, tmp_path / "out")
    found = {stem: record.get("finding") for stem, record in by_patient(tmp_path / "out").items()}
    assert found == {"a": "Lung Opacity", "b": "No Lung Opacity", "c": "No Lung Opacity", "d": None}
    (challenge / "stage_2_detailed_class_info.csv").write_text(
        "patientId,class\na,Lung Opacity\na,Lung Opacity\nb,Normal\n"
    )
    prepare(challenge, tmp_path / "out")  # what was finished is kept, and the new finding is still printed
    found = {stem: record.get("finding") for stem, record in by_patient(tmp_path / "out").items()}
    assert found == {"a": "Lung Opacity", "b": "Normal", "c": "No Lung Opacity", "d": None}


def test_millimetres_of_a_radiograph_are_kept(challenge: Path, tmp_path: Path) -> None:
    prepare(challenge, tmp_path / "out")  # 64 x 64, rows 5 mm apart, columns 4 mm
    assert {tuple(record["spacing"]) for record in by_patient(tmp_path / "out").values()} == {(4.0, 5.0)}
    prepare(challenge, tmp_path / "out", Settings(size=(32, 16)))  # half the rows, a quarter of the columns
    assert {tuple(record["spacing"]) for record in by_patient(tmp_path / "out").values()} == {(16.0, 10.0)}


def test_what_the_challenge_tests_on_is_never_trained_on(challenge: Path, tmp_path: Path) -> None:
    prepare(challenge, tmp_path / "out", Settings(seed=1))
    assert by_patient(tmp_path / "out")["d"]["split"] == "test"


@pytest.mark.parametrize("folder", ["masks", "stage_2_train_masks"])
def test_images_with_masks_are_used_and_the_others_listed(challenge: Path, tmp_path: Path, folder: str) -> None:
    draw_mask(challenge / folder / "a.png")
    report = prepare(challenge, tmp_path / "out")
    records = by_patient(tmp_path / "out")
    assert set(records) == {"a"}
    assert records["a"]["mask"]
    assert records["a"]["finding"] == "Lung Opacity"
    listed = {f"stage_2_train_images/{stem}.dcm" for stem in "bc"} | {"stage_2_test_images/d.dcm"}
    assert codes(report) == dict.fromkeys(listed, "no-mask")
    assert {one.message for one in report.refused} == {"there is no mask of this image"}


def test_a_table_of_other_form_is_listed_and_a_damaged_image_too(challenge: Path, tmp_path: Path) -> None:
    (challenge / "stage_2_train_labels.csv").write_text("patient,Target\na,1\n")
    (challenge / "stage_2_train_images" / "b.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"nothing")
    report = prepare(challenge, tmp_path / "out")
    assert codes(report)["stage_2_train_labels.csv"] == "damaged"
    assert set(codes(report)) == {"stage_2_train_labels.csv", "stage_2_train_images/b"}
    assert set(by_patient(tmp_path / "out")) == set("acd")


def test_the_command_says_that_there_are_no_masks_and_what_to_do(
    challenge: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["prepare", str(challenge), str(tmp_path / "out"), "--workers", "1"]) == 0
    printed = capsys.readouterr()
    assert "4 images without masks of 4 patients" in printed.out
    assert "labels" not in printed.out
    assert "put masks of the same names into a folder masks" in printed.err


def test_radiographs_without_masks_elsewhere_are_not_called_series(challenge: Path, tmp_path: Path) -> None:
    (challenge / "stage_2_train_images").rename(challenge / "films")
    (challenge / "stage_2_test_images").rename(challenge / "more")
    assert main(["prepare", str(challenge), str(tmp_path / "out"), "--workers", "1", "--quiet"]) == 2
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert {one["message"] for one in report["refused"]} == {"there is no mask of this image"}
