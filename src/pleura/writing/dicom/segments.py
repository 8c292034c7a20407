"""The structures of a mask as DICOM describes them: coded, coloured, and with the model that marked them.

References: DICOM PS3.3 sections C.8.20.4 (segment description), C.10.7.1.1 (CIELab), 10.16 (algorithm identification);
PS3.16 contexts 7150 to 7166.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from pleura import __version__
from pleura.labels import Label
from pleura.segmentation import Segmentation
from pleura.writing.dicom.measurement_codes import OWN_SCHEME
from pleura.writing.dicom.modules import model_of
from pleura.writing.dicom.uids import instance_uid

if TYPE_CHECKING:
    from pydicom import Dataset

LUNG = ("39607008", "SCT", "Lung")
SIDES = {"right": ("24028007", "SCT", "Right"), "left": ("7771000", "SCT", "Left")}
BOTH_SIDES = ("51440002", "SCT", "Right and left")
MODEL_HASH = "sha256 of the model: "
_TO_D50 = np.array(
    [[0.4360747, 0.3850649, 0.1430804], [0.2225045, 0.7168786, 0.0606169], [0.0139322, 0.0971045, 0.7141733]]
)
"""Linear sRGB to XYZ under D50, the white of DICOM's CIELab (Bradford; Lindbloom, RGB/XYZ Matrices)."""


def segments(segmentation: Segmentation, series: str) -> list[Dataset]:
    """Return an item of a SegmentSequence for each structure of a mask.

    Parameters
    ----------
    series : UID of the series of the segmentation, from which the UIDs follow that structures are tracked by
    """
    return [_segment(label, segmentation, series) for label in segmentation.structures]


def background() -> Dataset:
    """Return the item of what is no structure, which a label map has to list."""
    from pydicom import Dataset

    item = Dataset()
    item.SegmentNumber, item.SegmentLabel = 0, "background"
    item.SegmentAlgorithmType, item.SegmentAlgorithmName = "AUTOMATIC", "pleura"
    item.SegmentedPropertyCategoryCodeSequence = [code("125040", "DCM", "Background")]
    item.SegmentedPropertyTypeCodeSequence = [code("125040", "DCM", "Background")]
    return item


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """Return the item of a code sequence (PS3.3 section 8)."""
    from pydicom import Dataset

    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def property_type(label: Label) -> Dataset:
    """Return the code of a structure; one lung is "Lung" with the side as its modifier, as viewers list it."""
    if label.side is not None:
        item = code(*LUNG)
        item.SegmentedPropertyTypeModifierCodeSequence = [code(*SIDES[label.side])]
        return item
    if label.snomed:
        return code(label.snomed, "SCT", label.meaning[:64])
    return code(re.sub(r"[^A-Z0-9]+", "_", label.name.upper())[:16], OWN_SCHEME, label.name[:64])


def cielab(colour: Iterable[int]) -> list[int]:
    """Return an sRGB colour as CIELab in 16 bits: L from 0 to 100, a and b from -128 to 127."""
    channels = np.array(list(colour)) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    ratios = _TO_D50 @ linear / _TO_D50.sum(axis=1)
    x, y, z = np.where(ratios > (6 / 29) ** 3, np.cbrt(ratios), ratios * (29 / 6) ** 2 / 3 + 4 / 29)
    lightness, red, yellow = 116 * y - 16, 500 * (x - y), 200 * (y - z)
    return [round(65535 * float(share)) for share in (lightness / 100, (red + 128) / 255, (yellow + 128) / 255)]


def _segment(label: Label, segmentation: Segmentation, series: str) -> Dataset:
    from pydicom import Dataset

    name, version, sha256 = model_of(segmentation)
    item, algorithm = Dataset(), Dataset()
    item.SegmentNumber, item.SegmentLabel = label.value, label.name[:64]
    item.SegmentAlgorithmType, item.SegmentAlgorithmName = "AUTOMATIC", f"{name} {version}"[:64]
    item.SegmentedPropertyCategoryCodeSequence = [code("123037004", "SCT", "Body structure")]
    item.SegmentedPropertyTypeCodeSequence = [property_type(label)]
    item.RecommendedDisplayCIELabValue = cielab(label.colour)
    item.TrackingID, item.TrackingUID = label.name[:64], instance_uid(series, label.name)
    if "model" not in segmentation.provenance:  # it was read from a file that does not say who or what marked it
        item.SegmentAlgorithmType, item.SegmentAlgorithmName = "SEMIAUTOMATIC", "not stated"
        return item
    algorithm.AlgorithmFamilyCodeSequence = [code("123110", "DCM", "Artificial Intelligence")]
    algorithm.AlgorithmName, algorithm.AlgorithmVersion = name[:64], version[:64]
    algorithm.AlgorithmSource, algorithm.AlgorithmParameters = f"pleura {__version__}", MODEL_HASH + sha256
    item.SegmentationAlgorithmIdentificationSequence = [algorithm]
    return item
