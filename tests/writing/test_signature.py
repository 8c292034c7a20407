"""What we wrote is known again by itself, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pleura.segmentation import Segmentation
from pleura.writing import SUFFIXES, is_pleura_output, sidecar_path, write, write_preview
from pleura.writing.signature import is_mask_output


@pytest.mark.parametrize("suffix", [suffix for suffix in SUFFIXES if suffix not in {".png", ".dcm"}])
def test_mask_and_its_sidecar_bear_the_signature(suffix: str, plain: Segmentation, tmp_path: Path) -> None:
    mask = write(plain, tmp_path / f"lungs{suffix}")
    assert is_pleura_output(sidecar_path(mask))
    assert not is_mask_output(sidecar_path(mask))
    sidecar_path(mask).unlink()
    assert is_pleura_output(mask)
    assert is_mask_output(mask)


def test_pictures_bear_the_signature(picture: Segmentation, tmp_path: Path) -> None:
    assert is_pleura_output(write(picture, tmp_path / "lungs.png"))
    assert is_mask_output(tmp_path / "lungs.png")
    preview = write_preview(picture, tmp_path / "lungs-preview.png")
    assert is_pleura_output(preview)
    assert not is_mask_output(preview)


def test_scan_beside_a_sidecar_of_ours_is_not_taken_for_a_result(picture: Segmentation, tmp_path: Path) -> None:
    Image.fromarray(np.zeros((40, 40), np.uint8)).save(tmp_path / "a.png")
    write(picture, tmp_path / "a.nii.gz")
    assert not is_pleura_output(tmp_path / "a.png")
    assert not is_mask_output(tmp_path / "a.png")
    assert not is_pleura_output(tmp_path / "absent.png")
