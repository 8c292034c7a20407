"""What is kept of a header may be shown, and names nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
from dicom_files import chest, ct_slice, save, save_all, series

import pleura
from pleura.errors import UnsuitableInput


def test_nothing_personal_leaves_the_header(tmp_path: Path) -> None:
    odd = series(chest(), BodyPartExamined="ABDOMEN")
    volume = pleura.read(save_all(odd, tmp_path / "Nobody"))
    text = repr(volume.identity) + repr(volume.notes)
    assert not any(word in text for word in ("Nobody", "Someone", "SECRET", "1952", str(tmp_path)))


def test_what_is_shown_of_a_header_holds_no_control_characters(tmp_path: Path) -> None:
    path = save(ct_slice(chest()[0], (0, 0, 0), Modality="XX"), tmp_path / "one.dcm")
    path.write_bytes(path.read_bytes().replace(b"CS\x02\0XX", b"CS\x02\0\x1bX"))
    with pytest.raises(UnsuitableInput) as caught:
        pleura.read(path)
    assert str(caught.value) == f"{path}: the modality is X, not CT; give the CT series"
