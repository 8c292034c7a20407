"""pydicom stays silent, whatever it raises is one error, and what says more than that passes unchanged."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from dicom_files import ct_slice, save

from pleura.errors import UnreadableInput, UnsuitableInput
from pleura.reading.dicom.dataset import quiet_dcmread, quiet_pydicom


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return save(ct_slice(np.zeros((8, 8)), (0, 0, 0)), tmp_path / "a.dcm")


def test_values_and_pixels_are_at_hand_within_the_block(path: Path) -> None:
    with quiet_dcmread(path) as dataset:
        assert (dataset.Modality, dataset.pixel_array.shape) == ("CT", (8, 8))


def test_warnings_within_the_block_are_silent_and_those_after_it_are_not(path: Path) -> None:
    with quiet_dcmread(path):
        warnings.warn("an odd value", stacklevel=1)
    with quiet_pydicom():
        warnings.warn("an odd value", stacklevel=1)
    with pytest.warns(UserWarning, match="afterwards"):
        warnings.warn("afterwards", stacklevel=1)


def test_value_that_cannot_be_converted_when_it_is_first_used_is_damage_by_the_callers_words(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"5.0\\5.0", b"5.0\\ab."))
    with (
        pytest.raises(UnreadableInput, match="the header is damaged") as caught,
        quiet_dcmread(path, damaged="the header is damaged") as dataset,
    ):
        float(dataset.PixelSpacing[1])
    assert caught.value.code == "damaged"


class _Panic(BaseException):
    """What a decoder in Rust ends with."""


@pytest.mark.parametrize("raised", [_Panic(), KeyError("a"), OSError("cut")])
def test_whatever_pydicom_and_its_decoders_raise_is_damage(path: Path, raised: BaseException) -> None:
    with pytest.raises(UnreadableInput, match="the file is damaged"), quiet_dcmread(path):
        raise raised


@pytest.mark.parametrize("raised", [UnsuitableInput("colour", code="colour"), MemoryError(), KeyboardInterrupt()])
def test_what_says_more_than_that_the_file_is_damaged_passes(path: Path, raised: BaseException) -> None:
    with pytest.raises(type(raised)), quiet_dcmread(path):
        raise raised


def test_missing_file_is_not_a_damaged_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), quiet_dcmread(tmp_path / "none.dcm"):
        pass
