"""Pictures that are stored otherwise than shown: the mask lies on the stored pixels, right and left are as shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_files import chest
from PIL import Image
from read_files import GREY

import pleura
from pleura.geometry import to_axial

HU = chest()[0]


ORIENTATIONS = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.T,
    6: lambda a: a.T[:, ::-1],
    7: lambda a: a.T[::-1, ::-1],
    8: lambda a: a.T[::-1],
}
"""How a picture that is stored in each EXIF orientation is shown (EXIF 2.32, table 6)."""


@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("code", ORIENTATIONS)
def test_a_picture_is_looked_at_as_its_exif_says_and_kept_as_it_is_stored(tmp_path: Path, code: int, form: str) -> None:
    stored = np.ascontiguousarray(GREY[:50])
    exif = Image.Exif()
    exif[274] = code
    Image.fromarray(stored).save(tmp_path / "one", form, exif=exif, lossless=True)
    volume = pleura.read(tmp_path / "one")
    np.testing.assert_array_equal(volume.voxels[0], stored)
    np.testing.assert_array_equal(to_axial(volume.voxels, volume.affine)[0], ORIENTATIONS[code](stored))
    found = {note.code for note in volume.notes} - {"spacing-unknown", "values-windowed"}
    assert found == (set() if code == 1 else {"stored-mirrored" if code in {2, 4, 5, 7} else "stored-turned"})


@pytest.mark.parametrize("code", [0, 9, 77])
def test_an_orientation_that_does_not_exist_is_left_aside(tmp_path: Path, code: int) -> None:
    exif = Image.Exif()
    exif[274] = code
    Image.fromarray(GREY).save(tmp_path / "one.png", exif=exif)
    assert np.linalg.det(pleura.read(tmp_path / "one.png").affine) == pytest.approx(-1)


@pytest.mark.parametrize("code", [2, 3, 6])
def test_the_right_lung_is_the_one_of_the_picture_as_shown(shared: Path, tmp_path: Path, code: int) -> None:
    name = "heart-excluded/val/images/montgomery_MCUCXR_0038_0.jpg"
    with Image.open(shared / "data/cxr" / name) as picture:
        displayed = np.asarray(picture.convert("L").resize((256, 256)))
    upright = pleura.segment(displayed).labels
    exif = Image.Exif()
    exif[274] = code
    stored = ORIENTATIONS[code](displayed)
    if code == 6:
        stored = displayed.T[::-1]  # what is shown turned by a quarter clockwise
    Image.fromarray(np.ascontiguousarray(stored)).save(tmp_path / "one.png", exif=exif)
    labels = ORIENTATIONS[code](pleura.segment(tmp_path / "one.png").labels)
    for side in (1, 2):
        both = ((labels == side) & (upright == side)).sum()
        assert 2 * both / ((labels == side).sum() + (upright == side).sum()) > 0.97
