"""Folders of every usual layout become one form of data set; what cannot be used is listed with its reason."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pleura.errors import PleuraError
from pleura.phantom import chest
from pleura.phantom.dicom import write_dicom
from pleura.preparation import PRESETS, Settings, prepare
from pleura.preparation.find import is_collection, is_unfinished
from pleura.preparation.run import try_prepare
from pleura.training.load import label_names, load

PHANTOM = chest(shape=(12, 64, 64), spacing=(20.0, 6.0, 6.0))


def pictures(folder: Path, count: int = 10, mask: str = "{}.png", labels: Sequence[int] = (0, 255, 255)) -> None:
    """Write slices of the phantom, each a little different, as 8-bit pictures with masks."""
    for number in range(count):
        plane = PHANTOM.volume.voxels[3 + number % 6]
        grey = np.clip((plane + 1350) / 1500 * 250, 0, 250).astype(np.uint8)
        grey[0, 0] = number
        _save(folder / "images" / f"p{number}.png", grey)
        label = np.take(np.array(labels, np.uint8), PHANTOM.labels[3 + number % 6])
        _save(folder / "masks" / mask.format(f"p{number}"), label)


def _save(path: Path, array: NDArray[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


def nifti(path: Path, array: NDArray[Any], affine: NDArray[Any] | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    ras = np.diag([-6.0, -6.0, 20.0, 1.0]) if affine is None else affine
    nib.Nifti1Image(np.ascontiguousarray(array.transpose(2, 1, 0)), ras).to_filename(path)  # type: ignore[no-untyped-call]


def manifest(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("mask", ["{}.png", "{}_mask.png", "{}_lungs.png"])
def test_images_and_masks_of_one_stem_are_paired(tmp_path: Path, mask: str) -> None:
    pictures(tmp_path / "in", mask=mask)
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert len(report.cases) == 10
    assert not report.refused
    records = manifest(tmp_path / "out")
    assert {record["split"] for record in records} <= {"train", "val", "test"}
    assert all("p" not in record["id"] for record in records)  # no file name, only hashes


def test_both_may_lie_in_one_folder(tmp_path: Path) -> None:
    pictures(tmp_path / "in")
    both = tmp_path / "both"
    both.mkdir()
    for path in (tmp_path / "in" / "images").iterdir():
        path.rename(both / path.name)
        (tmp_path / "in" / "masks" / path.name).rename(both / f"{path.stem}_mask.png")
    assert len(prepare(both, tmp_path / "out").cases) == 10


def test_labels_of_one_lung_each_are_kept_apart(tmp_path: Path) -> None:
    pictures(tmp_path / "in", labels=(0, 1, 2))
    prepare(tmp_path / "in", tmp_path / "out")
    assert label_names(tmp_path, ["out"]) == ("right lung", "left lung")
    assert all(record["sides"] for record in manifest(tmp_path / "out"))


def one_lung_each(folder: Path, right: str, left: str, count: int = 3) -> None:
    """Write pictures with a mask for each lung; `right` and `left` are paths, with the stem of the image for {}."""
    pictures(folder, count, labels=(0, 1, 2))
    for path in sorted((folder / "masks").iterdir()):
        labels = np.asarray(Image.open(path))
        path.unlink()
        for side, name in ((1, right), (2, left)):
            _save(folder / name.format(path.stem), np.where(labels == side, 255, 0).astype(np.uint8))


@pytest.mark.parametrize(
    ("right", "left"),
    [
        ("ManualMask/rightMask/{}.png", "ManualMask/leftMask/{}.png"),  # Montgomery County
        ("rightMask/{}.png", "leftMask/{}.png"),
        ("masks/right lung/{}.png", "masks/left lung/{}.png"),
        ("masks/right/{}.png", "masks/left/{}.png"),
        ("masks/{}_right.png", "masks/{}_left.png"),
        ("masks/{}_right_lung_mask.png", "masks/{}_left_lung_mask.png"),
    ],
)
def test_masks_of_one_lung_each_become_one(tmp_path: Path, right: str, left: str) -> None:
    one_lung_each(tmp_path / "in", right, left)
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert (len(report.cases), report.refused) == (3, ())
    assert dict(report.labels) == {1: "right lung", 2: "left lung"}
    for case in report.cases:
        number = int(report.sources[case.id][-1])
        assert np.array_equal(np.asarray(Image.open(tmp_path / "out" / case.mask)), PHANTOM.labels[3 + number])


def test_one_lung_is_never_taken_for_both(tmp_path: Path) -> None:
    one_lung_each(tmp_path / "in", "rightMask/{}.png", "leftMask/{}.png")
    (tmp_path / "in" / "leftMask" / "p1.png").unlink()
    (tmp_path / "in" / "rightMask" / "p2.png").write_bytes((tmp_path / "in" / "leftMask" / "p2.png").read_bytes())
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert {one.name: one.code for one in report.refused} == {"images/p1.png": "no-mask", "images/p2": "parts-differ"}


def test_a_side_in_the_name_of_images_too_is_part_of_the_name(tmp_path: Path) -> None:
    pictures(tmp_path / "all", count=2)
    for number, name in enumerate(("a_left", "a_right")):
        for kind in ("images", "masks"):
            (tmp_path / "in" / kind).mkdir(parents=True, exist_ok=True)
            (tmp_path / "all" / kind / f"p{number}.png").rename(tmp_path / "in" / kind / f"{name}.png")
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert sorted(report.sources.values()) == ["images/a_left", "images/a_right"]
    assert dict(report.labels) == {1: "lung"}


def test_lobes_in_files_of_their_own_become_lungs_and_other_organs_are_left_out(tmp_path: Path) -> None:
    for number in range(2):
        case = tmp_path / "in" / f"s{number:04}"
        nifti(case / "ct.nii.gz", PHANTOM.volume.voxels + number)
        upper = np.arange(12)[:, None, None] > 5
        for side, name in ((1, "right"), (2, "left")):
            lung = PHANTOM.labels == side
            nifti(case / "segmentations" / f"lung_upper_lobe_{name}.nii.gz", (lung & upper).astype(np.uint8))
            nifti(case / "segmentations" / f"lung_lower_lobe_{name}.nii.gz", (lung & ~upper).astype(np.uint8))
        for name in ("heart", "kidney_left", "kidney_right"):
            nifti(case / "segmentations" / f"{name}.nii.gz", (PHANTOM.labels == 0).astype(np.uint8))
    (tmp_path / "in" / "s0002").mkdir()
    for path in (tmp_path / "in" / "s0000").rglob("*upper*"):  # half the lungs is not the whole
        nifti(tmp_path / "in" / "s0002" / "segmentations" / path.name, PHANTOM.labels)
    nifti(tmp_path / "in" / "s0002" / "ct.nii.gz", PHANTOM.volume.voxels + 2)
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert [one.name.split("/")[0] for one in report.refused] == ["s0002"] * 3
    assert {one.code for one in report.refused} == {"ambiguous-pair"}
    assert len(report.cases) == 2
    for case in report.cases:
        mask = np.asanyarray(nib.load(tmp_path / "out" / case.mask).dataobj)  # type: ignore[attr-defined]
        assert np.array_equal(np.bincount(mask.ravel()), np.bincount(PHANTOM.labels.ravel()))


def test_two_greys_side_by_side_are_the_right_and_the_left_lung(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=6, labels=(0, 127, 254))
    _save(tmp_path / "in" / "masks" / "p0.png", np.where(PHANTOM.labels[3] == 2, 254, 0).astype(np.uint8))
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert dict(report.labels) == {1: "right lung", 2: "left lung"}
    assert "127 taken for the right lung, 254 for the left" in report.notes[0].message
    assert all(case.sides for case in report.cases)
    one = next(case for case in report.cases if report.sources[case.id] == "images/p0")
    assert set(np.unique(np.asarray(Image.open(tmp_path / "out" / one.mask)))) == {0, 2}


def test_two_greys_one_within_the_other_are_no_sides(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=6)
    for path in (tmp_path / "in" / "masks").iterdir():
        lungs = np.asarray(Image.open(path)) // 255 * 127
        lungs[28:36, 24:40] = 255  # a heart between the lungs
        _save(path, lungs)
    assert list(prepare(tmp_path / "in", tmp_path / "out").labels.values()) == ["label 127", "label 255"]


@pytest.mark.parametrize(("labels", "usable"), [((0, 255, 255), 4), ((0, 127, 254), 0)])
def test_blurred_masks_are_cut_half_way_and_refused_where_that_would_cut_a_lung(
    labels: Sequence[int], usable: int, tmp_path: Path
) -> None:
    pictures(tmp_path / "in", count=4, labels=labels)
    for path in (tmp_path / "in" / "masks").iterdir():
        Image.open(path).save(path.with_suffix(".jpg"), quality=75)
        path.unlink()
    report = try_prepare(tmp_path / "in", tmp_path / "out", Settings(), 1, None)
    assert len(report.cases) == usable
    assert {one.code for one in report.refused} == (set() if usable else {"mask-blurred"})


def test_masks_of_black_and_white_mean_lung(tmp_path: Path) -> None:
    pictures(tmp_path / "in")
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert list(report.labels.values()) == ["lung"]
    case = load(tmp_path, "out", "train")[0]
    assert set(np.unique(case.labels)) == {0, 1}


def test_what_cannot_be_used_is_listed_and_never_fatal(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=6)
    folder = tmp_path / "in"
    (folder / "images" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    _save(folder / "masks" / "broken.png", np.ones((64, 64), np.uint8))
    _save(folder / "images" / "alone.png", np.arange(4096, dtype=np.uint8).reshape(64, 64))
    _save(folder / "masks" / "p1.png", np.ones((10, 12), np.uint8))  # of another size
    _save(folder / "masks" / "p2.png", np.zeros((64, 64), np.uint8))
    twin = np.asarray(Image.open(folder / "images" / "p3.png"))
    _save(folder / "images" / "twin.png", twin)
    _save(folder / "masks" / "twin.png", np.asarray(Image.open(folder / "masks" / "p3.png")))
    unknown = b"\x02\x00\x10\x00\x55\xdf\x04\x001.2\x00"  # an element of a type that DICOM does not know
    (folder / "masks" / "odd.dcm").write_bytes(bytes(128) + b"DICM" + unknown)
    report = prepare(folder, tmp_path / "out")
    codes = {one.name: one.code for one in report.refused}
    assert codes["masks/odd.dcm"] == "no-image"
    assert codes["images/alone.png"] == "no-mask"
    assert codes["images/twin"] == "duplicate-image"
    assert {"images/broken", "images/p1"} <= set(codes)
    written = {
        name: (tmp_path / "out" / name).read_text() for name in ("report.json", "dataset.json", "manifest.jsonl")
    }
    assert "images/alone.png" in written["report.json"]
    assert "p3" not in written["dataset.json"] + written["manifest.jsonl"]  # names of files may be names of patients
    findings = json.loads(written["report.json"])
    assert [(one["source"], one["code"]) for one in findings["case_warnings"]] == [("images/p2", "empty-mask")]
    assert sorted(findings["sources"].values()) == ["images/p0", "images/p2", "images/p3", "images/p4", "images/p5"]


def test_a_mask_in_the_grey_air_of_a_wide_window_is_refused(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=2)  # air is 58 of 255
    image = np.asarray(Image.open(tmp_path / "in" / "images" / "p1.png"))
    air = np.zeros((64, 64), np.uint8)
    air[2:6, 5:60] = 255
    assert image[air > 0].max() < 70
    _save(tmp_path / "in" / "masks" / "p1.png", air)
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert {one.name: one.code for one in report.refused} == {"images/p1": "mask-outside-body"}


def test_nothing_usable_is_an_error_by_name(tmp_path: Path) -> None:
    _save(tmp_path / "in" / "images" / "a.png", np.arange(4096, dtype=np.uint8).reshape(64, 64))
    with pytest.raises(PleuraError, match="nothing in the source") as caught:
        prepare(tmp_path / "in", tmp_path / "out")
    assert caught.value.code == "nothing-usable"


def test_what_comes_to_nothing_leaves_no_data_set_and_mended_it_becomes_one(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=3, mask="none_of_{}.png")
    with pytest.raises(PleuraError) as caught:
        prepare(tmp_path / "in", tmp_path / "out")
    assert "images/p0.png, there is no mask of this image" in str(caught.value)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [".finished.jsonl", "report.json"]
    assert is_unfinished(tmp_path / "out")
    pictures(tmp_path / "in", count=3)
    assert len(prepare(tmp_path / "in", tmp_path / "out").cases) == 3
    assert not is_unfinished(tmp_path / "out")


def test_data_set_outlives_a_source_that_has_gone(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=3)
    prepare(tmp_path / "in", tmp_path / "out")
    before = {path: path.read_bytes() for path in (tmp_path / "out").glob("*/*")}
    manifest_before = (tmp_path / "out" / "manifest.jsonl").read_bytes()
    for path in (tmp_path / "in" / "masks").iterdir():
        path.unlink()
    with pytest.raises(PleuraError):
        prepare(tmp_path / "in", tmp_path / "out")
    assert (tmp_path / "out" / "manifest.jsonl").read_bytes() == manifest_before
    assert {path: path.read_bytes() for path in (tmp_path / "out").glob("*/*")} == before


def test_folders_as_they_were_collected_are_no_data_sets(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=2)
    assert is_collection(tmp_path / "in")
    assert is_collection(tmp_path)
    prepare(tmp_path / "in", tmp_path / "sets" / "out")
    assert not is_collection(tmp_path / "sets" / "out")
    assert not is_collection(tmp_path / "sets")
    (tmp_path / "sets" / "out" / "manifest.jsonl").unlink()  # as where it was broken off
    assert is_unfinished(tmp_path / "sets" / "out")
    assert not is_collection(tmp_path / "sets" / "out")


def test_split_follows_from_pictures_and_seed_whatever_the_folder_held_before(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=12)
    prepare(tmp_path / "in", tmp_path / "grown", Settings(seed=1))
    grown = prepare(tmp_path / "in", tmp_path / "grown")
    fresh = prepare(tmp_path / "in", tmp_path / "fresh")
    assert manifest(tmp_path / "grown") == manifest(tmp_path / "fresh")
    assert "split-changed" in {note.code for note in grown.notes}
    assert "split-changed" not in {note.code for note in fresh.notes}


def test_pictures_that_are_added_move_no_other(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=12)
    before = prepare(tmp_path / "in", tmp_path / "out")
    pictures(tmp_path / "in", count=16)
    after = prepare(tmp_path / "in", tmp_path / "out")
    assert len(after.cases) == 16
    assert set(before.cases) <= set(after.cases)
    assert "split-changed" not in {note.code for note in after.notes}


def test_another_source_in_the_same_folder_begins_afresh_and_says_so(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=12)
    prepare(tmp_path / "in", tmp_path / "out")
    for kind in ("images", "masks"):
        (tmp_path / "few" / kind).mkdir(parents=True)
        for number in range(6):
            name = f"p{number}.png"
            (tmp_path / "few" / kind / name).write_bytes((tmp_path / "in" / kind / name).read_bytes())
    report = prepare(tmp_path / "few", tmp_path / "out")
    assert report.counts["images"] == 6
    assert all(report.counts[split] for split in ("train", "val", "test"))
    (replaced,) = (note.message for note in report.notes if note.code == "set-replaced")
    assert "6 of the 12 images of the earlier data set are not in this source" in replaced
    again = prepare(tmp_path / "few", tmp_path / "out")
    assert {"set-replaced", "split-changed"}.isdisjoint(note.code for note in again.notes)


def test_another_seed_draws_anew(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=10)
    splits = [
        [case.split for case in prepare(tmp_path / "in", tmp_path / "out", Settings(seed=k)).cases] for k in (0, 1)
    ]
    assert splits[0] != splits[1]


def test_where_the_source_states_no_val_some_of_train_are_taken_for_it(tmp_path: Path) -> None:
    for part in ("train", "test"):
        pictures(tmp_path / "all", count=10)
        for number in range(0 if part == "train" else 7, 7 if part == "train" else 10):
            for kind in ("images", "masks"):
                home = tmp_path / "in" / part / kind
                home.mkdir(parents=True, exist_ok=True)
                (tmp_path / "all" / kind / f"p{number}.png").rename(home / f"p{number}.png")
    report = prepare(tmp_path / "in", tmp_path / "out")
    taken = report.counts["val"]
    assert (report.counts["train"] + taken, report.counts["test"]) == (7, 3)
    assert 0 < taken < 7
    assert f"{taken} of its 7 patients" in {note.code: note.message for note in report.notes}["val-from-train"]
    assert prepare(tmp_path / "in", tmp_path / "out").cases == report.cases


def test_images_of_one_patient_stay_on_one_side(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=10)
    rule = r"p(\d)"
    names = {f"p{number}": f"q{number % 3}p{number}" for number in range(10)}
    for old, new in names.items():
        for kind in ("images", "masks"):
            (tmp_path / "in" / kind / f"{old}.png").rename(tmp_path / "in" / kind / f"{new}.png")
    prepare(tmp_path / "in", tmp_path / "out", Settings(patients=rule.replace("p", "q", 1)))
    splits: dict[str, set[str]] = {}
    for record in manifest(tmp_path / "out"):
        splits.setdefault(record["patient"], set()).add(record["split"])
    assert len(splits) == 3
    assert all(len(parts) == 1 for parts in splits.values())


def test_second_run_does_only_what_is_missing(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=4)
    prepare(tmp_path / "in", tmp_path / "out")
    first = (tmp_path / "out" / "manifest.jsonl").read_bytes()
    again = prepare(tmp_path / "in", tmp_path / "out")
    assert again.reused == 4
    assert (tmp_path / "out" / "manifest.jsonl").read_bytes() == first


def test_source_is_never_written_into(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=2)
    with pytest.raises(PleuraError) as caught:
        prepare(tmp_path / "in", tmp_path / "in")
    assert caught.value.code == "output-is-input"
    with pytest.raises(PleuraError) as caught:
        prepare(tmp_path / "in", tmp_path)
    assert caught.value.code == "folder-in-use"


def test_layout_of_nnunet_and_decathlon(tmp_path: Path) -> None:
    for number in range(2):
        scan = PHANTOM.volume.voxels + number
        nifti(tmp_path / "in" / "imagesTr" / f"case{number}_0000.nii.gz", scan)
        nifti(tmp_path / "in" / "labelsTr" / f"case{number}.nii.gz", PHANTOM.labels)
    names = {"background": 0, "right lung": 1, "left lung": 2}
    (tmp_path / "in" / "dataset.json").write_text(json.dumps({"labels": names}))
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert len(report.cases) == 2
    assert dict(report.labels) == {1: "right lung", 2: "left lung"}
    for split in ("train", "val", "test"):
        for case in load(tmp_path, "out", split):
            assert case.labels.any(axis=(1, 2)).sum() == PHANTOM.labels.any(axis=(1, 2)).sum()


def nnunet(folder: Path, seed: int, labels: NDArray[Any], names: Mapping[str, int | list[int]]) -> None:
    """Write one case of nnU-Net with its own dataset.json."""
    nifti(folder / "imagesTr" / f"c{seed}_0000.nii.gz", PHANTOM.volume.voxels + seed)
    nifti(folder / "labelsTr" / f"c{seed}.nii.gz", labels)
    (folder / "dataset.json").write_text(json.dumps({"labels": {"background": 0, **names}}))


def test_names_are_those_of_the_nearest_dataset_json(tmp_path: Path) -> None:
    lobes = {"left upper lobe": 1, "right lobes": 2}
    nnunet(tmp_path / "in" / "Dataset001", 1, PHANTOM.labels, lobes)
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert dict(report.labels) == {1: "left upper lobe", 2: "right lobes"}


def test_values_of_one_region_become_one_label(tmp_path: Path) -> None:
    nnunet(tmp_path / "in", 1, PHANTOM.labels, {"lung": [1, 2]})
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert dict(report.labels) == {1: "lung"}
    (record,) = report.cases
    assert not record.sides
    mask = np.asanyarray(nib.load(tmp_path / "out" / str(record.mask)).dataobj)  # type: ignore[attr-defined]
    assert np.array_equal(mask.transpose(2, 1, 0) > 0, PHANTOM.labels > 0)
    assert mask.max() == 1


def test_sets_that_number_lungs_each_their_own_way_become_one(tmp_path: Path) -> None:
    right, left = ((PHANTOM.labels == value).astype(np.uint8) for value in (1, 2))
    nnunet(tmp_path / "in" / "Dataset001", 1, 1 * right + 2 * left, {"right lung": 1, "left lung": 2})
    nnunet(tmp_path / "in" / "Dataset002", 2, 7 * right + 4 * left, {"left lung": 4, "right lung": 7})
    report = prepare(tmp_path / "in", tmp_path / "out")
    for record in report.cases:
        mask = np.asanyarray(nib.load(tmp_path / "out" / record.mask).dataobj)  # type: ignore[attr-defined]
        assert np.array_equal(np.bincount(mask.ravel())[1:], [right.sum(), left.sum()])


def test_scans_whose_sides_are_all_reversed_become_one_lung_and_it_is_said(tmp_path: Path) -> None:
    for number in range(3):
        nnunet(tmp_path / "in", number, PHANTOM.labels, {"left lung": 1, "right lung": 2})
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert dict(report.labels) == {1: "lung"}
    assert report.case_warnings == tuple((f"imagesTr/c{number}_0000", "sides-swapped") for number in range(3))
    assert [note.message[:6] for note in report.notes if note.code == "sides-swapped"] == ["in all"]


def test_one_scan_whose_sides_are_reversed_is_named_among_others(tmp_path: Path) -> None:
    reversed_ = np.take(np.array([0, 2, 1], np.uint8), PHANTOM.labels)
    for number, labels in enumerate((PHANTOM.labels, reversed_, PHANTOM.labels)):
        nnunet(tmp_path / "in", number, labels, {"right lung": 1, "left lung": 2})
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert dict(report.labels) == {1: "right lung", 2: "left lung"}
    assert report.case_warnings == (("imagesTr/c1_0000", "sides-swapped"),)
    assert [note.message[:9] for note in report.notes if note.code == "sides-swapped"] == ["in 1 of 3"]


def test_pictures_whose_sides_are_all_reversed_are_kept_and_it_is_said(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=4, labels=(0, 2, 1))
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert report.notes[0].code == "sides-reversed"
    assert all(case.sides for case in report.cases)


def test_corrected_names_make_the_cases_anew(tmp_path: Path) -> None:
    nnunet(tmp_path / "in", 1, PHANTOM.labels, {"left lung": 1, "right lung": 2})
    assert not prepare(tmp_path / "in", tmp_path / "out").cases[0].sides
    (tmp_path / "in" / "dataset.json").write_text(json.dumps({"labels": {"right lung": 1, "left lung": 2}}))
    assert prepare(tmp_path / "in", tmp_path / "out").cases[0].sides


def test_mask_turned_another_way_than_its_scan_is_brought_onto_it(tmp_path: Path) -> None:
    nifti(tmp_path / "in" / "images" / "a.nii.gz", PHANTOM.volume.voxels)
    flipped = np.diag([6.0, -6.0, 20.0, 1.0])
    flipped[0, 3] = -6.0 * 63  # the last column, stored first
    nifti(tmp_path / "in" / "masks" / "a.nii.gz", PHANTOM.labels[:, :, ::-1], flipped)
    prepare(tmp_path / "in", tmp_path / "out")
    record = manifest(tmp_path / "out")[0]
    image, mask = (nib.load(tmp_path / "out" / record[name]) for name in ("image", "mask"))  # type: ignore[attr-defined]
    assert np.allclose(image.affine, mask.affine)
    inside = np.asanyarray(image.dataobj)[np.asanyarray(mask.dataobj) > 0]
    assert inside.mean() < -600  # lung, not what lies opposite to it


def test_original_is_the_middle_slice_in_a_soft_window_at_one_millimetre(tmp_path: Path) -> None:
    nifti(tmp_path / "in" / "images" / "a.nii.gz", PHANTOM.volume.voxels)
    nifti(tmp_path / "in" / "masks" / "a.nii.gz", PHANTOM.labels)
    prepare(tmp_path / "in", tmp_path / "out", PRESETS["original"])
    record = manifest(tmp_path / "out")[0]
    assert (record["shape"], record["spacing"], record["kind"]) == ([256, 256], [1.0, 1.0], "windowed")
    grey = np.asarray(Image.open(tmp_path / "out" / record["image"]))
    label = np.asarray(Image.open(tmp_path / "out" / record["mask"]))
    assert grey[label > 0].mean() < 25  # lung lies below -125 HU
    assert grey.max() > 150


def real_pictures(shared: Path, folder: Path, names: Sequence[str]) -> None:
    """Copy pictures of `cxr` and `ct/covid` with their masks, without the manifest that says what they are."""
    for name in names:
        source = shared / "data" / name / "val"
        image = min((source / "images").iterdir())
        mask = next((source / "masks").glob(f"{image.stem}.*"))
        for kind, path in (("images", image), ("masks", mask)):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            (folder / kind / path.name).write_bytes(path.read_bytes())


def test_pictures_without_header_are_looked_at(shared: Path, tmp_path: Path) -> None:
    real_pictures(shared, tmp_path / "in", ["cxr/heart-excluded", "cxr/heart-included"])
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert [record["kind"] for record in manifest(tmp_path / "out")] == ["radiograph", "radiograph"]
    assert "mixed-kinds" not in {note.code for note in report.notes}


@pytest.mark.parametrize(
    ("modality", "kinds", "warned"),
    [("", {"radiograph", "windowed"}, True), ("ct", {"windowed"}, False), ("cr", {"radiograph"}, False)],
)
def test_mixed_pictures_are_warned_of_unless_the_caller_says_what_they_are(
    shared: Path, tmp_path: Path, modality: str, kinds: set[str], warned: bool
) -> None:
    real_pictures(shared, tmp_path / "in", ["cxr/heart-included", "ct/covid"])
    report = prepare(tmp_path / "in", tmp_path / "out", Settings(modality=modality))
    assert {record["kind"] for record in manifest(tmp_path / "out")} == kinds
    assert ("mixed-kinds" in {note.code for note in report.notes}) is warned


def test_convention_is_kept_with_the_set_and_with_what_is_made_of_it(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=3)
    prepare(tmp_path / "in", tmp_path / "silent")
    assert "convention" not in json.loads((tmp_path / "silent" / "dataset.json").read_text())
    prepare(tmp_path / "in", tmp_path / "first", Settings(convention="heart-excluded"))
    prepare(tmp_path / "first", tmp_path / "second", Settings(size=(32, 32)))
    prepare(tmp_path / "first", tmp_path / "other", Settings(convention="heart-included"))
    descriptions = {
        name: json.loads((tmp_path / name / "dataset.json").read_text()) for name in ("first", "second", "other")
    }
    assert {name: one["convention"] for name, one in descriptions.items()} == {
        "first": "heart-excluded",
        "second": "heart-excluded",
        "other": "heart-included",
    }
    with pytest.raises(PleuraError, match="convention has to be"):
        Settings(convention="fields")


@pytest.mark.parametrize(
    ("settings", "cropped"),
    [
        (Settings(), False),
        (Settings(size=(64, 64)), False),
        (Settings(size=(64, 32)), True),
        (Settings(spacing=(1.0, 1.0, 1.0), size=(384, 384), slices=1), False),  # 64 voxels of 6 mm
        (Settings(spacing=(1.0, 1.0, 1.0), size=(128, 384), slices=1), True),
    ],
)
def test_crop_that_cuts_the_lungs_is_noted(settings: Settings, cropped: bool, tmp_path: Path) -> None:
    nifti(tmp_path / "in" / "images" / "a.nii.gz", PHANTOM.volume.voxels)
    nifti(tmp_path / "in" / "masks" / "a.nii.gz", PHANTOM.labels)
    report = prepare(tmp_path / "in", tmp_path / "out", settings)
    assert report.case_warnings == ((("images/a", "mask-cropped"),) if cropped else ())


@pytest.mark.parametrize("name", ["rs.dcm", "RS", "annotations/rs.dcm", "lungs_seg.dcm", "SEG/0001.dcm"])
def test_contours_of_radiotherapy_are_drawn_into_their_series(tmp_path: Path, name: str) -> None:
    pydicom = pytest.importorskip("pydicom")
    paths = write_dicom(PHANTOM, tmp_path / "in" / "ct")
    first = pydicom.dcmread(paths[0])
    (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
    _structure_set(first).save_as(tmp_path / "in" / name, enforce_file_format=True)
    report = prepare(tmp_path / "in", tmp_path / "out")
    record = manifest(tmp_path / "out")[0]
    assert dict(report.labels) == {1: "right lung", 2: "left lung"}
    assert record["shape"] == [64, 64, 12]  # the whole series, not the slice of the same file name
    mask = np.asanyarray(nib.load(tmp_path / "out" / record["mask"]).dataobj)  # type: ignore[attr-defined]
    # a square of 60 mm on 6 mm pixels: 10 x 10 pixels on one slice, for each lung
    assert np.count_nonzero(mask == 1) == np.count_nonzero(mask == 2) == 100


def test_slices_and_masks_may_both_be_dicom(tmp_path: Path) -> None:
    pydicom = pytest.importorskip("pydicom")
    (tmp_path / "in" / "masks").mkdir(parents=True)
    paths = write_dicom(PHANTOM, tmp_path / "in" / "images")
    for path, labels in zip(paths, PHANTOM.labels[::-1], strict=True):  # written head first
        mask = pydicom.dcmread(path)
        mask.SOPClassUID = mask.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
        mask.PixelData = (labels * 127).astype("<u2").tobytes()
        mask.save_as(tmp_path / "in" / "masks" / path.name)
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert (len(report.cases), report.refused) == (12, ())
    marked = [np.count_nonzero(np.asarray(Image.open(tmp_path / "out" / case.mask)) == 2) for case in report.cases]
    assert sum(marked) == np.count_nonzero(PHANTOM.labels == 2)


@pytest.mark.parametrize(
    ("scan", "masks"),
    [
        ("scans/{}", ("masks/{}_lungs.nii.gz",)),  # as `pleura segment scans -o masks` names them
        ("scans/{}/early/ct", ("masks/{}_lungs.nii.gz",)),
        ("scans/p/{}/ct", ("masks/p_{}_lungs.nii.gz",)),
        ("{}", ("{}_mask.nii.gz",)),
        ("{}/ct", ("{}/mask.nii.gz",)),
        ("{}", ("{}/lungs.nii.gz",)),
        ("{}/ct", ("{}/segmentations/lung_right.nii.gz", "{}/segmentations/lung_left.nii.gz")),
    ],
)
def test_masks_beside_dicom_belong_to_the_series_in_the_folder_of_their_name(
    tmp_path: Path, scan: str, masks: Sequence[str]
) -> None:
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ PHANTOM.volume.affine[:, [2, 1, 0, 3]]  # to RAS, x first
    phantoms = {scan.format(name): chest(shape=(12, 64, 64), spacing=(20.0, 6.0, 6.0), seed=ord(name)) for name in "ab"}
    for name, phantom in zip("ab", phantoms.values(), strict=True):
        write_dicom(phantom, tmp_path / "in" / scan.format(name))
        for side, mask in enumerate(masks, start=1):
            marked = phantom.labels if len(masks) == 1 else (phantom.labels == side).astype(np.uint8)
            nifti(tmp_path / "in" / mask.format(name), marked, affine)
            if len(masks) > 1:
                nifti(tmp_path / "in" / name / "segmentations" / "kidney_right.nii.gz", marked, affine)
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert sorted(report.sources.values()) == sorted(phantoms)
    assert not report.refused
    for case in report.cases:
        mask = np.asanyarray(nib.load(tmp_path / "out" / case.mask).dataobj)  # type: ignore[attr-defined]
        assert np.array_equal(mask.transpose(2, 1, 0), phantoms[report.sources[case.id]].labels)


BODY = ("BODY", 2, 2, 60)
"""A square around both lungs."""
GTV = ("GTV-1", 16, 26, 4)
"""A square within the right one."""


@pytest.mark.parametrize("others", [(BODY, GTV), (("Lungs", 14, 24, 36),), (("PTV_Lung_R", 10, 22, 16),)])
def test_lungs_lose_nothing_to_what_else_is_drawn_over_them(tmp_path: Path, others: Sequence[OutlinedSquare]) -> None:
    pydicom = pytest.importorskip("pydicom")
    paths = write_dicom(PHANTOM, tmp_path / "in" / "ct")
    first = pydicom.dcmread(paths[0])
    _structure_set(first, (*LUNGS, *others)).save_as(tmp_path / "in" / "rs.dcm", enforce_file_format=True)
    report = prepare(tmp_path / "in", tmp_path / "out")
    mask = np.asanyarray(nib.load(tmp_path / "out" / report.cases[0].mask).dataobj)  # type: ignore[attr-defined]
    assert np.count_nonzero(mask == 1) == np.count_nonzero(mask == 2) == 100
    dropped = [note.message for note in report.notes if note.code == "names-left-out"]
    assert len(dropped) == (others[0][0] != "Lungs")
    assert all(name in dropped[0] for name, *_ in others if dropped)


def test_structures_that_are_no_lungs_all_stay_visible(tmp_path: Path) -> None:
    pydicom = pytest.importorskip("pydicom")
    paths = write_dicom(PHANTOM, tmp_path / "in" / "ct")
    first = pydicom.dcmread(paths[0])
    _structure_set(first, (GTV, ("Heart", 14, 24, 12))).save_as(tmp_path / "in" / "rs.dcm", enforce_file_format=True)
    report = prepare(tmp_path / "in", tmp_path / "out")
    mask = np.asanyarray(nib.load(tmp_path / "out" / report.cases[0].mask).dataobj)  # type: ignore[attr-defined]
    found = {name: np.count_nonzero(mask == value) for value, name in report.labels.items()}
    assert found == {"GTV-1": 16, "Heart": 144 - 16}  # squares of 4 and 12 pixels, one within the other


def test_structure_set_without_a_lung_is_listed_where_others_have_them(tmp_path: Path) -> None:
    pydicom = pytest.importorskip("pydicom")
    for name, squares in (("a", LUNGS), ("b", (BODY,)), ("c", ())):
        scan = chest(shape=(12, 64, 64), spacing=(20.0, 6.0, 6.0), seed=ord(name))
        first = pydicom.dcmread(write_dicom(scan, tmp_path / "in" / name / "ct")[0])
        _structure_set(first, squares).save_as(tmp_path / "in" / name / "rs.dcm", enforce_file_format=True)
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert len(report.cases) == 1
    assert [(one.name, one.code) for one in report.refused] == [("b/ct", "no-structure"), ("c/ct", "no-structure")]


def test_of_several_objects_of_a_series_the_one_with_the_lungs_is_taken(tmp_path: Path) -> None:
    pydicom = pytest.importorskip("pydicom")
    first = pydicom.dcmread(write_dicom(PHANTOM, tmp_path / "in" / "ct")[0])
    for name, structures in (("1", (GTV,)), ("2", LUNGS)):
        _structure_set(first, structures).save_as(tmp_path / "in" / f"{name}.dcm", enforce_file_format=True)
    report = prepare(tmp_path / "in", tmp_path / "out")
    assert dict(report.labels) == {1: "right lung", 2: "left lung"}
    assert {one.name: one.code for one in report.refused} == {"1.dcm": "ambiguous-pair"}


def test_half_the_lungs_is_never_taken_for_the_whole(tmp_path: Path) -> None:
    pydicom = pytest.importorskip("pydicom")
    first = pydicom.dcmread(write_dicom(PHANTOM, tmp_path / "in" / "ct")[0])
    for square in LUNGS:
        path = tmp_path / "in" / f"{square[0]}.dcm"
        _structure_set(first, (square,)).save_as(path, enforce_file_format=True)
    with pytest.raises(PleuraError, match="2 ambiguous-pair"):
        prepare(tmp_path / "in", tmp_path / "out")


OutlinedSquare = tuple[str, int, int, int]
"""Name, first column, first row and side, in pixels."""
LUNGS: tuple[OutlinedSquare, ...] = (("Lung_R", 14, 25, 10), ("Lung_L", 40, 25, 10))


def _structure_set(image: Any, squares: Sequence[OutlinedSquare] = LUNGS) -> Any:
    """Return an RTSTRUCT with squares, one slice in the middle of the series that begins with `image`."""
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.sequence import Sequence as Items
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.481.3"
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["structure set", *(name for name, *_ in squares)])
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    found = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    found.SOPClassUID, found.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    found.Modality, found.StudyInstanceUID = "RTSTRUCT", image.StudyInstanceUID
    found.SeriesInstanceUID = generate_uid(entropy_srcs=["structure series"])
    series = Dataset()
    series.SeriesInstanceUID = image.SeriesInstanceUID
    study, frame = Dataset(), Dataset()
    study.RTReferencedSeriesSequence = Items([series])
    frame.FrameOfReferenceUID = image.FrameOfReferenceUID
    frame.RTReferencedStudySequence = Items([study])
    found.ReferencedFrameOfReferenceSequence = Items([frame])
    x0, y0, z0 = (float(value) for value in image.ImagePositionPatient)
    names, contours = [], []
    for number, (name, column, row, side) in enumerate(squares, start=1):
        roi = Dataset()
        roi.ROINumber, roi.ROIName, roi.ReferencedFrameOfReferenceUID = number, name, image.FrameOfReferenceUID
        names.append(roi)
        left, top, right, low = column - 0.5, row - 0.5, column + side - 0.5, row + side - 0.5
        corners = [(left, top), (right, top), (right, low), (left, low)]
        points = [value for i, j in corners for value in (x0 + 6.0 * i, y0 + 6.0 * j, z0 - 5 * 20.0)]
        contour, drawn = Dataset(), Dataset()
        contour.ContourGeometricType, contour.NumberOfContourPoints = "CLOSED_PLANAR", 4
        contour.ContourData = [f"{value:.2f}" for value in points]
        drawn.ReferencedROINumber = number
        drawn.ContourSequence = Items([contour])
        contours.append(drawn)
    found.StructureSetROISequence, found.ROIContourSequence = Items(names), Items(contours)
    return found
