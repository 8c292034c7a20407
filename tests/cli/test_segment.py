"""`pleura segment` writes a mask, says what it found, and refuses what it cannot do in one line."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
from PIL import Image

import pleura.segmenter
from pleura.geometry import affine_from_spacing
from pleura.phantom import chest, write_dicom
from pleura.segmentation import Segmentation
from pleura.volume import Kind, Volume


def test_one_argument_writes_here_under_the_name_of_the_input(run, network, scan: Path, elsewhere: Path) -> None:
    ran = run("segment", scan)
    assert ran.code == 0
    assert ran.err == ""
    assert sorted(path.name for path in elsewhere.iterdir()) == ["chest_lungs.nii.gz", "chest_lungs.nii.gz.json"]
    image = nibabel.load("chest_lungs.nii.gz")
    np.testing.assert_allclose(image.affine, nibabel.load(scan).affine)


def test_lines_tell_what_was_read_found_and_written(run, network, scan: Path) -> None:
    lines = run("segment", scan, "--preview").out.splitlines()
    assert lines[0] == "nifti, 24 x 64 x 64, 13.00 x 6.00 x 6.00 mm"
    size = re.compile(r"right lung (\d+) mL, left lung (\d+) mL, together (\d+\.\d\d) L")
    found = next(filter(None, map(size.fullmatch, lines)), None)
    assert found
    right, left, litres = map(float, found.groups())
    assert litres == pytest.approx((right + left) / 1000, abs=0.0061)  # what rounding to mL and to 10 mL may cost
    assert lines[-1] == "written: chest_lungs.nii.gz and chest_lungs-preview.png"


def test_line_on_a_radiograph_tells_areas_heights_and_their_ratio(run, network, slice_picture, monkeypatch) -> None:
    grey = np.full((40, 40), 200, np.uint8)
    labels = np.zeros((40, 40), np.uint8)
    labels[5:35, 5:15], labels[10:30, 25:35] = 1, 2
    volume = Volume(grey[None], affine_from_spacing((1.0, 10.0, 5.0)), kind=Kind.RADIOGRAPH, is_picture=True)
    monkeypatch.setattr(pleura.segmenter.Segmenter, "__call__", lambda *_, **__: Segmentation(labels, volume))
    # pixels of half a square centimetre: 300 and 200 of them; rows of 1 cm: 30 and 20
    line = "right lung 150 cm², 30.0 cm high, left lung 100 cm², 20.0 cm high, left to right 0.67"
    assert run("segment", slice_picture).out.splitlines()[1] == line
    unknown = replace(volume, spacing_known=False)
    monkeypatch.setattr(pleura.segmenter.Segmenter, "__call__", lambda *_, **__: Segmentation(labels, unknown))
    Path("slice_lungs.png").unlink()
    # without millimetres: 300 and 200 of 1600 pixels
    line = "right lung 18.8 % of the picture, left lung 12.5 % of the picture, left to right 0.67"
    assert run("segment", slice_picture).out.splitlines()[1] == line


def test_model_is_a_shipped_one_by_name_or_a_folder(run, slice_picture: Path) -> None:
    assert run("segment", slice_picture, "--model", "chest-radiograph").code == 0
    record = json.loads(Path("slice_lungs.png.json").read_text())
    assert record["model"]["name"] == "chest-radiograph"
    ran = run("segment", slice_picture, "--model", "./chest-radiograph")
    assert ran.code == 2
    assert "there is no model ./chest-radiograph" in ran.err


def test_two_arguments_are_input_and_output(run, network, scan: Path, elsewhere: Path) -> None:
    assert run("segment", scan, "mask.nrrd").code == 0
    assert (elsewhere / "mask.nrrd").exists()
    assert (elsewhere / "mask.nrrd.json").exists()


def test_options_may_stand_anywhere(run, network, scan: Path, elsewhere: Path) -> None:
    assert run("segment", scan, "--preview", "mask.nrrd").code == 0
    assert run("segment", "-o", "out", scan, "--quiet", scan).code == 0
    written = {str(path.relative_to(elsewhere)) for path in elsewhere.rglob("*") if path.suffix != ".json"}
    assert written == {"mask.nrrd", "mask-preview.png", "out", "out/chest_lungs.nii.gz"}


def test_picture_becomes_a_picture(run, network, slice_picture: Path, elsewhere: Path) -> None:
    assert run("segment", slice_picture, "--preview").code == 0
    written = sorted(path.name for path in elsewhere.iterdir())
    assert written == ["slice_lungs-preview.png", "slice_lungs.png", "slice_lungs.png.json"]
    with Image.open("slice_lungs.png") as image:
        assert image.size == (128, 128)


def test_nothing_done_is_code_2_and_one_line(run, network, elsewhere: Path) -> None:
    ran = run("segment", elsewhere / "absent")
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith("pleura: error: ")
    assert ran.err.count("\n") == 1
    assert "Traceback" not in ran.err
    assert "Traceback" in run("segment", elsewhere / "absent", "--debug").err


def test_bug_is_one_line_too(run, network, scan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a patient's name")

    monkeypatch.setattr(pleura.segmenter.Segmenter, "__call__", fails)
    ran = run("segment", scan)
    assert ran.code == 2
    assert ran.err == "pleura: error: unexpected, a defect of pleura; run again with --debug and report what it shows\n"


def test_interruption_is_quiet(run, network, scan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stops(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pleura.segmenter.Segmenter, "__call__", stops)
    ran = run("segment", scan)
    assert (ran.code, ran.out, ran.err) == (130, "", "")


@pytest.mark.parametrize(
    "arguments",
    [
        ("segment",),
        ("segment", "a", "b", "c"),
        ("segment", "a", "b"),
        ("segment", "a", "b", "-o", "one.nii.gz"),
        ("segment", "a", "--threads", "0"),
        ("segment", "a", "--no-such-option"),
    ],
)
def test_bad_usage_is_code_2_before_any_work(run, network, arguments: tuple[str, ...]) -> None:
    ran = run(*arguments)
    assert ran.code == 2
    assert "Traceback" not in ran.err
    assert network == []


@pytest.mark.parametrize("place", ["a.jpg", "a.jpg/sub", "/dev/null", "/dev/null/out"])
def test_folder_that_cannot_be_made_is_one_line_before_any_work(
    run, network, scan: Path, elsewhere: Path, place: str
) -> None:
    (elsewhere / "a.jpg").write_bytes(b"a picture")
    ran = run("segment", scan, scan, "-o", place)
    assert ran.code == 2
    assert " is a file, " in ran.err and "; name another" in ran.err
    assert ran.err.count("\n") == 1
    assert network == []


def test_input_is_never_overwritten(run, network, scan: Path, elsewhere: Path) -> None:
    own = elsewhere / "own.nii.gz"
    shutil.copy(scan, own)
    for command in (("segment", own, own), ("segment", own, "-o", "./own.nii.gz")):
        ran = run(*command)
        assert ran.code == 2
        assert "is the input" in ran.err
    assert own.read_bytes() == scan.read_bytes()
    assert network == []


def test_only_earlier_results_are_replaced(run, network, scan: Path, elsewhere: Path) -> None:
    other = elsewhere / "b.nii.gz"
    other.write_bytes(b"another scan, taken in by a wildcard")
    ran = run("segment", scan, other)
    assert ran.code == 2
    assert "not an earlier result" in ran.err
    assert other.read_bytes().startswith(b"another")
    assert [run("segment", scan, "lungs.nii.gz", "--preview").code for _ in range(2)] == [0, 0]


@pytest.mark.parametrize("name", ["chest_lungs.nii.gz.json", "chest_lungs-preview.png"])
def test_files_of_others_beside_the_mask_are_left_alone(run, network, scan: Path, elsewhere: Path, name: str) -> None:
    (elsewhere / name).write_text("{}")
    ran = run("segment", scan, "--preview")
    assert ran.code == 2
    assert name in ran.err
    assert [path.name for path in elsewhere.iterdir()] == [name]


def test_json_is_one_object_a_scan_and_nothing_else(run, network, scan: Path, elsewhere: Path) -> None:
    (elsewhere / "bad.nii").write_bytes(b"")
    ran = run("segment", scan, "bad.nii", "-o", "out", "--json", "--preview")
    good, bad = (json.loads(line) for line in ran.out.splitlines())
    assert (good["number"], good["source"]) == (1, str(scan))
    assert len(good["input"]["sha256"]) == 64
    assert good["output"] == "out/chest_lungs.nii.gz"
    assert good["preview"] == "out/chest_lungs-preview.png"
    assert good["seconds"]["read"] >= 0.25
    assert [label["name"] for label in good["labels"]] == ["background", "right lung", "left lung"]
    assert bad == {
        "number": 2,
        "source": "bad.nii",
        "error": "empty-file",
        "message": "bad.nii: the file is empty",
    }
    assert ran.code == 1


def test_quiet_says_nothing_but_warnings(run, network, scan: Path, elsewhere: Path) -> None:
    assert run("segment", scan, "--quiet").out == ""
    volume = np.full((40, 40, 3), 40, np.int16)
    volume[::2] = 60
    volume[0, :, :] = -600
    nibabel.save(nibabel.Nifti1Image(volume, np.diag([5.0, 5.0, 50.0, 1.0])), elsewhere / "solid.nii")
    ran = run("segment", "solid.nii", "-o", "solid-mask.nii.gz", "--quiet")
    assert ran.out == ""
    assert ran.err == "pleura: warning: solid.nii: no lung was found\n"
    assert ran.code == 0


def test_nothing_but_the_name_that_was_given_tells_the_patient_or_the_file(run, network, elsewhere: Path) -> None:
    folder = elsewhere / "Miller-Ann"
    for path in write_dicom(chest((24, 64, 64), (13.0, 6.0, 6.0)), folder):
        dataset = pydicom.dcmread(path)
        dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate = "Miller^Ann", "4711-0815", "19600229"
        dataset.SeriesDescription = "Miller Ann"
        dataset.save_as(path)
        path.rename(path.with_name(f"Miller_{path.name}"))
    (elsewhere / "out").mkdir()
    ran = run("segment", folder, "out/mask.nii", "--preview", "--json")
    source = json.loads(ran.out)["source"]
    assert source == str(folder)
    said = [
        ran.out.replace(source, "").encode(),
        ran.err.encode(),
        *(path.read_bytes() for path in (elsewhere / "out").iterdir()),
    ]
    assert len(said) == 5
    for secret in (b"Miller", b"4711-0815", b"19600229", b"Ann", str(elsewhere).encode()):
        assert all(secret not in text for text in said)


def test_same_scan_gives_the_same_files(run, network, scan: Path, elsewhere: Path) -> None:
    for name in ("a", "b"):
        (elsewhere / name).mkdir()
        run("segment", scan, f"{name}/lungs.nii.gz", "--preview")
    for path in (elsewhere / "a").iterdir():
        assert path.read_bytes() == (elsewhere / "b" / path.name).read_bytes()


def test_process_leaves_with_the_same_codes(elsewhere: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "import sys; from pleura.cli import main; sys.exit(main())",
        "segment",
        "absent.nii",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=elsewhere)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_name_that_is_too_long_is_one_line_and_a_code(run, network, scan: Path) -> None:
    long = scan.with_name(
        f"{'n' * 240}.nii.gz"
    )  # its mask would be called n..n_lungs.nii.gz, of 253, its record longer
    long.write_bytes(scan.read_bytes())
    ran = run("segment", long, "-o", "masks", "--json")
    assert ran.code == 2
    assert ran.err.count("\n") == 1
    assert ran.err.endswith("ile name too long\n")
    assert json.loads(ran.out)["error"] == "not-written"
