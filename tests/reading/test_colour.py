"""Grey that was saved as colour is read as grey; a colour picture is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from dicom_files import chest
from PIL import Image
from read_files import GREY, error_code

import pleura

HU = chest()[0]


def test_grey_saved_as_colour_is_grey_but_colour_is_refused(tmp_path: Path) -> None:
    colour = np.stack([GREY] * 3, axis=-1)
    Image.fromarray(colour).save(tmp_path / "grey.png")
    np.testing.assert_array_equal(pleura.read(tmp_path / "grey.png").voxels[0], GREY)
    Image.fromarray(GREY).convert("P").save(tmp_path / "palette.png")
    np.testing.assert_array_equal(pleura.read(tmp_path / "palette.png").voxels[0], GREY)
    colour[:, :32, 0] = 255 - colour[:, :32, 0]
    Image.fromarray(colour).save(tmp_path / "red.png")
    assert error_code(tmp_path / "red.png") == "colour"


def test_a_tinted_picture_and_a_small_arrow_are_grey_with_a_note(tmp_path: Path) -> None:
    tinted = np.stack([GREY, GREY, np.minimum(GREY, 230) + 20], axis=-1)
    arrow = np.stack([GREY] * 3, axis=-1)
    arrow[5:9, 10:25] = (255, 255, 0)  # 60 of 4096 pixels
    for colour in (tinted, arrow):
        Image.fromarray(colour.astype(np.uint8)).save(tmp_path / "colour.png")
        volume = pleura.read(tmp_path / "colour.png")
        assert "colour-dropped" in {note.code for note in volume.notes}
        assert np.abs(volume.voxels[0, 20:].astype(int) - GREY[20:]).max() <= 3
    arrow[5:12, 10:25] = (255, 255, 0)  # 105
    Image.fromarray(arrow).save(tmp_path / "colour.png")
    assert error_code(tmp_path / "colour.png") == "colour"
