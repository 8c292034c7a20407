"""A folder of images and masks as they were collected is known as one, and prepared for a while."""

from __future__ import annotations

from pathlib import Path

import pytest
from drawn import draw_folder

from pleura.datasets.manifest import read_manifest
from pleura.errors import UnreadableInput
from pleura.preparation import prepare
from pleura.preparation.find import PROGRESS_FILE
from pleura.preparation.unprepared import is_unprepared, temporary_dataset


@pytest.fixture
def collected(tmp_path: Path) -> Path:
    draw_folder(tmp_path / "collected", 2)
    return tmp_path / "collected"


def test_folder_of_images_and_masks_is_unprepared_and_the_data_set_made_of_it_is_not(
    collected: Path, tmp_path: Path
) -> None:
    assert is_unprepared(collected)
    prepare(collected, tmp_path / "made")
    assert not is_unprepared(tmp_path / "made")


def test_data_set_whose_making_was_broken_off_says_how_to_go_on(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / PROGRESS_FILE).write_text("")
    with pytest.raises(UnreadableInput, match="goes on with it") as caught:
        is_unprepared(tmp_path)
    assert caught.value.code == "no-manifest"


def test_temporary_data_set_is_all_of_one_split_and_gone_afterwards(collected: Path) -> None:
    with temporary_dataset(collected, "test") as (folder, report):
        assert {record.split for record in read_manifest(folder)} == {"test"}
        assert report.counts["test"] == report.counts["images"] == 2
    assert not folder.exists()
