"""References are matched with predictions and images; whatever has no partner is named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from two_lungs import RECORD, lungs, save, write_manifest

from pleura.errors import PleuraError, UnreadableInput, UnsuitableInput
from pleura.evaluation.cases import Case, find_cases, with_predictions


@pytest.mark.parametrize("suffix", [".bmp", ".webp", ".gif", ".tiff"])
def test_masks_of_every_format_that_is_read_are_found(tmp_path: Path, suffix: str) -> None:
    for folder in ("ref", "pred"):
        save(tmp_path / folder / f"a{suffix}", lungs() * 100)
    assert [case.prediction for case in find_cases(tmp_path / "ref", tmp_path / "pred").cases] == [
        tmp_path / "pred" / f"a{suffix}"
    ]


def test_nothing_to_compare_is_an_error_by_name(tmp_path: Path, dataset: Path) -> None:
    save(tmp_path / "ref" / "a.png", lungs())
    save(tmp_path / "pred" / "b.png", lungs())
    for arguments in ((tmp_path / "ref", tmp_path / "pred"), (tmp_path / "ref",)):
        with pytest.raises(PleuraError) as caught:
            find_cases(*arguments)
        assert caught.value.code == "no-pairs"
    with pytest.raises(PleuraError) as caught:
        find_cases(dataset, split="test")
    assert caught.value.code == "no-pairs"


def test_files_are_matched_by_stem_and_a_missing_one_stays_a_case(folders: tuple[Path, Path]) -> None:
    references, predictions = folders
    found = find_cases(*folders).cases
    assert [case.name for case in found] == ["a", "b", "c"]
    assert [case.prediction for case in found] == [predictions / "a_mask.png", predictions / "b.png", None]
    assert [case.reference for case in found] == [references / f"{name}.png" for name in "abc"]


def test_files_whose_words_for_image_and_mask_differ_are_matched_by_the_rest(tmp_path: Path) -> None:
    save(tmp_path / "ref" / "mask1.png", lungs())
    save(tmp_path / "pred" / "image1_lungs.png", lungs())
    save(tmp_path / "pred" / "image2_lungs.png", lungs())
    found = find_cases(tmp_path / "ref", tmp_path / "pred")
    assert found.cases[0].prediction == tmp_path / "pred" / "image1_lungs.png"
    assert [note.code for note in found.notes] == ["no-reference"]  # image2


def test_manifest_gives_patients_spacing_and_what_was_left_out(tmp_path: Path) -> None:
    save(tmp_path / "masks" / "a.png", lungs())
    second = {**RECORD, "id": "b", "image": "images/b.png", "mask": "masks/b.png", "spacing": [4.0, 3.0]}
    without_mask = {**RECORD, "id": "c", "mask": None}
    write_manifest(tmp_path, RECORD, second, without_mask, {**RECORD, "id": "d", "split": "train"})
    found = find_cases(tmp_path)
    assert [(case.id, case.patient, case.spacing) for case in found.cases] == [("a", 1, None), ("b", 1, (3.0, 4.0))]
    assert [(note.code, note.message[:7]) for note in found.notes] == [("no-reference", "1 case ")]


@pytest.mark.parametrize("line", ["{", "[]", '{"id": "a"}'])
def test_damaged_manifest_is_an_error_that_names_the_line(tmp_path: Path, line: str) -> None:
    (tmp_path / "manifest.jsonl").write_text(f"{json.dumps(RECORD)}\n{line}\n")
    with pytest.raises(UnreadableInput, match="line 2") as caught:
        find_cases(tmp_path)
    assert caught.value.code == "bad-manifest"


def test_missing_path_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="there is no such file or folder") as caught:
        find_cases(tmp_path / "absent", tmp_path)
    assert caught.value.code == "not-found"


def test_folder_and_file_do_not_match(tmp_path: Path) -> None:
    save(tmp_path / "a.png", lungs())
    with pytest.raises(UnsuitableInput, match="two folders of masks, or two masks") as caught:
        find_cases(tmp_path, tmp_path / "a.png")
    assert caught.value.code == "no-pairs"


def test_second_predictions_stand_in_the_order_of_the_first() -> None:
    first, second = (Case(name, 1, Path(name)) for name in "ab")
    others = [replace(case, prediction=Path(f"{case.id}.png")) for case in (second, first)]
    assert [case.prediction for case in with_predictions([first, second], others)] == [Path("a.png"), Path("b.png")]
