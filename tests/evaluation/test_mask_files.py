"""Masks are found among whatever lies beside them, and asked for only where two could be meant."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pleura.errors import UnsuitableInput
from pleura.evaluation.mask_files import predictions_by_stem, references_by_stem, stem_of
from pleura.segmentation import Segmentation
from pleura.volume import Identity, Kind, Volume


def picture(path: Path, software: str = "") -> None:
    info = PngInfo()
    if software:
        info.add_text("Software", software)
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(path, pnginfo=info)


def result(path: Path) -> None:
    volume = Volume(
        np.zeros((1, 4, 4), np.uint8),
        np.eye(4)[[2, 1, 0, 3]],
        kind=Kind.WINDOWED,
        is_picture=True,
        identity=Identity(sha256="ab" * 32),
    )
    Segmentation(np.ones((4, 4), np.uint8), volume).write(path)


def test_stem_is_the_name_without_suffix_and_without_a_word_for_a_mask() -> None:
    names = ("a_lungs.nii.gz", "a-mask.png", "A_Labels.mha", "a.1.nrrd", "lungs.png")
    assert [stem_of(Path(name)) for name in names] == ["a", "a", "A", "a.1", "lungs"]


def test_own_mask_is_the_prediction_among_image_blanked_picture_and_mask_of_the_user(tmp_path: Path) -> None:
    picture(tmp_path / "scan.png")
    picture(tmp_path / "scan_seg.png")
    picture(tmp_path / "scan_lungs.png", "pleura 0.1.0")  # blanked outside the lungs
    result(tmp_path / "scan_mask.png")
    assert predictions_by_stem(tmp_path) == {"scan": tmp_path / "scan_mask.png"}
    assert references_by_stem(tmp_path) == {"scan": tmp_path / "scan_seg.png"}


def test_mask_is_found_beside_its_image(tmp_path: Path) -> None:
    picture(tmp_path / "scan.png")
    picture(tmp_path / "scan_mask.png")
    for found in (predictions_by_stem(tmp_path), references_by_stem(tmp_path)):
        assert found == {"scan": tmp_path / "scan_mask.png"}


@pytest.mark.parametrize("make", [picture, result])
def test_two_masks_of_one_making_are_asked_about(tmp_path: Path, make) -> None:
    for name in ("scan_lungs.png", "scan_mask.png"):
        make(tmp_path / name)
    for find in (predictions_by_stem, references_by_stem):
        with pytest.raises(UnsuitableInput, match=r"scan_lungs\.png and scan_mask\.png have the same stem") as caught:
            find(tmp_path)
        assert caught.value.code == "ambiguous-pair"


def test_only_mask_is_taken_whoever_wrote_it(tmp_path: Path) -> None:
    result(tmp_path / "scan_lungs.png")
    assert references_by_stem(tmp_path) == predictions_by_stem(tmp_path) == {"scan": tmp_path / "scan_lungs.png"}


def test_pictures_that_pleura_wrote_are_no_masks(tmp_path: Path) -> None:
    result(tmp_path / "scan_mask.png")
    picture(tmp_path / "scan_mask-preview.png", "pleura 0.1.0 of " + 32 * "a")
    picture(tmp_path / "scan_lungs.png", "pleura 0.1.0")
    for found in (predictions_by_stem(tmp_path), references_by_stem(tmp_path)):
        assert found == {"scan": tmp_path / "scan_mask.png"}


def test_sidecars_hidden_files_and_folders_are_no_masks(tmp_path: Path) -> None:
    result(tmp_path / "scan_lungs.png")
    picture(tmp_path / ".scan_mask.png")
    (tmp_path / "scan_seg.png").mkdir()
    assert list(predictions_by_stem(tmp_path)) == ["scan"]
