"""Stored values of a radiograph as the greys a reader would see: 0..255, bone bright.

Radiographs come in detector units, 8 to 16 bits deep, often inverted; the header says how they are meant to look. What
it says is followed, unless it would leave hardly anything to see.

References: DICOM PS3.3 sections C.11.1 (modality LUT), C.11.2 (VOI LUT and window), C.7.6.3.1.2 (photometric
interpretation).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array
from pleura.errors import UnsuitableInput
from pleura.reading.dicom.header import Header
from pleura.reading.intensity import TAILS
from pleura.volume import Note

if TYPE_CHECKING:
    from pydicom import Dataset

_MOST_CLIPPED = 0.8
"""Share of the pixels that may lie beyond a stated window; with more the window belongs to another picture."""

Values = Array


def apply_presentation(stored: Values, header: Header, dataset: Dataset) -> tuple[NDArray[np.uint8], tuple[Note, ...]]:
    """Return a radiograph as it is meant to be looked at.

    Parameters
    ----------
    stored : (y, x) stored values as a decoder hands them over
    header : the same file's
    dataset : the same file's, from pydicom, for window and tables

    Returns
    -------
    (y, x) uint8, 0 black to 255 white, bone bright; and a note where the stated window could not be used

    Raises
    ------
    UnsuitableInput : all pixels are equal
    """
    from pydicom.pixels.processing import apply_modality_lut, apply_voi

    values = stored_bits(stored, header)
    if values.min() == values.max():
        raise UnsuitableInput(f"all values are {values.min()}; there is no picture", code="constant")
    units = apply_modality_lut(values, dataset)
    del values
    notes: tuple[Note, ...] = ()
    if dataset.get("VOILUTSequence"):
        table = dataset.VOILUTSequence[0]
        displayed = apply_voi(np.rint(units).astype(np.int32), dataset) / float(2 ** table.LUTDescriptor[2] - 1)
    else:
        displayed, notes = _windowed(units, header, dataset)
    if header.photometric == "MONOCHROME1":
        np.subtract(1, displayed, out=displayed)
    np.clip(displayed, 0, 1, out=displayed)  # in place: a large radiograph takes half a gigabyte in this type
    displayed *= 255
    return np.rint(displayed, out=displayed).astype(np.uint8), notes


def stored_bits(stored: Values, header: Header) -> NDArray[np.int32]:
    """Return stored values without what lies above the stored bits, with their sign where they have one."""
    spare = np.int32(32 - header.bits_stored)
    shifted = stored.view(f"u{stored.dtype.itemsize}").astype(np.uint32) << spare.astype(np.uint32)
    if header.signed:
        return np.asarray(shifted.view(np.int32) >> spare)
    return (shifted >> spare.astype(np.uint32)).astype(np.int32)


def window(values: Values, centre: float, width: float, function: str = "LINEAR") -> NDArray[np.float64]:
    """Return values seen through a window, 0 black to 1 white.

    Parameters
    ----------
    centre, width : as DICOM states them, in the unit of `values`
    function : "LINEAR", "LINEAR_EXACT" or "SIGMOID" (VOI LUT Function)

    References
    ----------
    DICOM PS3.3 sections C.11.2.1.2.1 and C.11.2.1.3
    """
    if function == "SIGMOID":
        exponent = _scaled(values, centre, width / -4)
        np.exp(np.clip(exponent, -60, 60, out=exponent), out=exponent)
        exponent += 1
        return np.divide(1, exponent, out=exponent)
    if function == "LINEAR_EXACT":
        displayed = _scaled(values, centre, width)
    elif width <= 1:
        return (values > centre - 0.5).astype(np.float64)
    else:
        displayed = _scaled(values, centre - 0.5, width - 1)
    displayed += 0.5
    return np.clip(displayed, 0, 1, out=displayed)


def _scaled(values: Values, zero: float, unit: float) -> NDArray[np.float64]:
    """Return how many units values lie above zero, in one new array."""
    scaled = np.subtract(values, zero, dtype=np.float64)
    scaled /= unit
    return scaled


def _windowed(units: Values, header: Header, dataset: Dataset) -> tuple[NDArray[np.float64], tuple[Note, ...]]:
    """Apply the stated window; else take 8 bits as they are, and spread what is deeper from end to end."""
    centre, width = _number(dataset, "WindowCenter"), _number(dataset, "WindowWidth")
    notes: tuple[Note, ...] = ()
    if centre is not None and width is not None and width > 0:
        function = str(dataset.get("VOILUTFunction") or "LINEAR").strip().upper()
        displayed = window(units, centre, width, function)
        if float(((displayed <= 0.01) | (displayed >= 0.99)).mean()) <= _MOST_CLIPPED:
            return displayed, ()
        text = "the stated window leaves hardly anything to see; the greys were spread from end to end"
        notes = (Note("window-ignored", text),)
    elif header.bits_stored == 8 and not header.signed and _are_bytes(units, dataset):
        return units.astype(np.float64) / 255, ()
    return _spread(units, dataset), notes


def _are_bytes(units: Values, dataset: Dataset) -> bool:
    """Say whether no rescale or table has moved 8 bits away from black at 0 and white at 255."""
    rescaled = (_number(dataset, "RescaleSlope") or 1, _number(dataset, "RescaleIntercept") or 0) != (1, 0)
    return not rescaled and not dataset.get("ModalityLUTSequence") and bool(units.min() >= 0 and units.max() <= 255)


def _spread(units: Values, dataset: Dataset) -> NDArray[np.float64]:
    """Spread values over black to white, but for padding and the outermost tails."""
    padding = _number(dataset, "PixelPaddingValue")
    counted = units if padding is None else units[units != padding]
    low, high = np.percentile(counted if counted.size else units, TAILS)
    if low == high:
        low, high = float(units.min()), float(units.max())
    return _scaled(units, low, high - low)


def _number(dataset: Dataset, keyword: str) -> float | None:
    """Return the first number of an element, or None where it is absent, empty or none."""
    value = dataset.get(keyword)
    if isinstance(value, Iterable) and not isinstance(value, str):
        value = next(iter(value), None)
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None
