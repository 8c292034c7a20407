"""What a reader returns becomes a scan whose values are judged, or labels whose values are left alone."""

from __future__ import annotations

import numpy as np
import pytest
from dicom_files import chest

from pleura import Kind, Note
from pleura.errors import UnsuitableInput
from pleura.geometry import affine_from_spacing
from pleura.reading.raw_image import RawImage, to_label_map, to_volume

GRID = affine_from_spacing((5.0, 4.0, 6.0))


def raw(array: np.ndarray, *codes: str, is_picture: bool = False) -> RawImage:
    notes = tuple(Note(code, code) for code in codes)
    return RawImage(array, GRID, "nrrd", is_picture=is_picture, notes=notes)


@pytest.mark.parametrize(
    ("code", "spacing_known", "placed", "lossy"),
    [
        ("gantry-tilt", True, True, False),
        ("orientation-unknown", True, False, False),
        ("spacing-unknown", False, False, False),
        ("lossy-compression", True, True, True),
    ],
)
def test_notes_say_what_is_known_of_the_grid_and_of_the_values(
    code: str, spacing_known: bool, placed: bool, lossy: bool
) -> None:
    image = raw(chest(), code)
    assert (image.spacing_known, image.placed, image.lossy) == (spacing_known, placed, lossy)
    labels = to_label_map(image)
    assert (labels.placed, labels.lossy) == (placed, lossy)
    assert to_volume(image).spacing_known is spacing_known


def test_scan_has_the_notes_of_its_reader_before_those_on_its_values() -> None:
    volume = to_volume(raw(chest() + 1024, "units-doubtful"))
    assert [note.code for note in volume.notes] == ["units-doubtful", "hu-offset-corrected"]
    assert (volume.kind, volume.identity.format) == (Kind.HU, "nrrd")
    np.testing.assert_array_equal(volume.voxels, chest())
    np.testing.assert_array_equal(volume.affine, GRID)


def test_kind_that_the_caller_knows_is_not_judged() -> None:
    assert to_volume(raw(chest()), Kind.WINDOWED).kind is Kind.WINDOWED


def test_labels_keep_values_that_no_scan_has() -> None:
    marked = (chest() > 0).astype(np.float64) * 1e-3
    labels = to_label_map(raw(marked, is_picture=True))
    assert labels.voxels is marked
    assert labels.is_picture
    with pytest.raises(UnsuitableInput):
        to_volume(raw(np.ones((4, 64, 64))))
