"""What has to be said of a data set as a whole is said once."""

from __future__ import annotations

from pathlib import Path

import pytest
from data_layouts import manifest, pictures, real_pictures

from pleura.preparation import Settings, prepare


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


def test_unknown_patients_are_to_be_named_by_preparing_again(tmp_path: Path) -> None:
    pictures(tmp_path / "in", count=6)
    (note,) = (note for note in prepare(tmp_path / "in", tmp_path / "out").notes if note.code == "patients-unknown")
    assert note.message.endswith("prepare again with --patients where that is wrong")
