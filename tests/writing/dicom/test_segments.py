"""Structures are coded as viewers list them, in the colours of the preview, and name the model that marked them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pleura.labels import LUNGS, structures
from pleura.segmentation import Segmentation
from pleura.writing.dicom.segments import background, cielab, property_type, segments


def test_one_lung_is_lung_with_its_side(segmented: Segmentation) -> None:
    for label, side in zip(LUNGS, ("24028007 Right", "7771000 Left"), strict=True):
        kind = property_type(label)
        (modifier,) = kind.SegmentedPropertyTypeModifierCodeSequence
        assert (kind.CodeValue, kind.CodingSchemeDesignator, kind.CodeMeaning) == ("39607008", "SCT", "Lung")
        assert f"{modifier.CodeValue} {modifier.CodeMeaning}" == side


def test_what_has_no_code_has_one_of_our_own_scheme() -> None:
    (both,) = structures(["lung"])
    assert property_type(both).CodeValue == "39607008"
    kind = property_type(structures(["left upper lobe", "fissure"])[0])
    assert (kind.CodeValue, kind.CodingSchemeDesignator) == ("LEFT_UPPER_LOBE", "99PLEURA")
    assert kind.CodeMeaning == "left upper lobe"


def test_segment_names_its_model_with_version_and_hash(segmented: Segmentation) -> None:
    right, left = segments(segmented, "1.2.3")
    assert [(one.SegmentNumber, one.SegmentLabel) for one in (right, left)] == [(1, "right lung"), (2, "left lung")]
    (algorithm,) = left.SegmentationAlgorithmIdentificationSequence
    assert (algorithm.AlgorithmName, algorithm.AlgorithmVersion) == ("chest-ct", "1.0")
    assert algorithm.AlgorithmParameters == "sha256 of the model: " + "5" * 64
    assert left.SegmentAlgorithmType == "AUTOMATIC"
    assert right.TrackingUID != left.TrackingUID


def test_background_is_segment_0() -> None:
    assert background().SegmentNumber == 0
    assert background().SegmentedPropertyTypeCodeSequence[0].CodeValue == "125040"


@pytest.mark.parametrize(
    ("colour", "lab"),
    [
        ((255, 255, 255), (100.0, 0.0, 0.0)),
        ((0, 0, 0), (0.0, 0.0, 0.0)),
        ((255, 0, 0), (54.29, 80.81, 69.89)),  # Lindbloom's calculator, sRGB to Lab under D50
        ((0, 0, 255), (29.57, 68.30, -112.03)),
    ],
)
def test_colours_are_cielab_under_d50(colour: tuple[int, int, int], lab: tuple[float, float, float]) -> None:
    lightness, red, yellow = cielab(colour)
    found = (lightness / 65535 * 100, red / 65535 * 255 - 128, yellow / 65535 * 255 - 128)
    assert found == pytest.approx(lab, abs=0.02)


def test_mask_that_no_model_made_names_no_algorithm(segmented: Segmentation) -> None:
    right, _ = segments(replace(segmented, provenance={}), "1.2")
    assert (right.SegmentAlgorithmType, right.SegmentAlgorithmName) == ("SEMIAUTOMATIC", "not stated")
    assert "SegmentationAlgorithmIdentificationSequence" not in right
