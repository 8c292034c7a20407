"""Beside the numbers of whole lungs stands what others measured, with whom it is of and where it was published."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pleura.measurement import Density, measure
from pleura.measurement.context import Context, context_of
from pleura.phantom import chest
from pleura.volume import Acquisition, Kind


@pytest.fixture(scope="module")
def context() -> list[Context]:
    phantom = chest((24, 64, 64), (13.0, 6.0, 6.0))
    return context_of(measure(phantom.labels, phantom.volume))


def test_each_figure_names_its_people_and_its_source_in_full(context: list[Context]) -> None:
    keys = {"volume_ml", *Density.__dataclass_fields__}
    assert context
    for one in context:
        assert one.key in keys
        assert one.population
        assert " et al., " in one.source
        assert ", doi 10." in one.source


def test_no_figure_says_what_a_number_should_be(context: list[Context]) -> None:
    text = " ".join(f"{one.words} {one.found} {one.population}" for one in context)
    assert "normal" not in text


def test_slice_and_grey_values_and_lungs_without_millimetres_have_none() -> None:
    phantom = chest((24, 64, 64), (13.0, 6.0, 6.0))
    whole, plane = phantom.volume, replace(phantom.volume, voxels=phantom.volume.voxels[12:13], is_picture=True)
    assert context_of(measure(phantom.labels[12:13], plane)) == []
    for other in (replace(whole, kind=Kind.WINDOWED), replace(whole, spacing_known=False)):
        assert context_of(measure(phantom.labels, other)) == []


def test_lungs_that_are_cut_or_alone_have_none_beside_them() -> None:
    phantom = chest((24, 64, 64), (13.0, 6.0, 6.0))
    alone = np.where(phantom.labels == 1, 1, 0).astype(np.uint8)
    assert context_of(measure(alone, phantom.volume)) == []
    filled = phantom.labels.copy()
    filled[0] = phantom.labels[12]
    assert context_of(measure(filled, phantom.volume)) == []


def test_lungs_breathed_out_and_masks_to_be_looked_at_have_none_beside_them() -> None:
    phantom = chest((24, 64, 64), (13.0, 6.0, 6.0))
    out = replace(phantom.volume, acquisition=Acquisition(expiration=True))
    assert context_of(measure(phantom.labels, out)) == []
    assert context_of(measure(phantom.labels, phantom.volume, stated={"verdict-check"})) == []
