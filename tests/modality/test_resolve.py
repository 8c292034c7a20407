"""What a picture without a header is taken for, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pleura.errors import PleuraError
from pleura.geometry import affine_from_spacing
from pleura.modality.resolve import resolve_kind
from pleura.phantom import chest
from pleura.reading import read
from pleura.reading.array import from_array
from pleura.volume import Identity, Kind, Note, Volume


def noise() -> Volume:
    return from_array(np.random.default_rng(0).integers(0, 255, (200, 200)).astype(np.uint8), kind=Kind.WINDOWED)


def radiograph(shared: Path) -> Volume:
    path = sorted((shared / "data" / "cxr" / "heart-included" / "val" / "images").glob("*.jpg"))[0]
    with Image.open(path) as picture:
        return from_array(np.asarray(picture.convert("L")), kind=Kind.WINDOWED)


def codes(notes: tuple[Note, ...]) -> list[str]:
    return [note.code for note in notes]


def slice_of_a_chest() -> Volume:
    plane = chest(shape=(3, 256, 256), spacing=(60.0, 1.5, 1.5)).volume.voxels[1]
    return from_array(np.clip((plane + 1350) / 1500 * 255, 0, 255).astype(np.uint8))


def test_whole_scans_are_what_they_are_whatever_the_caller_says() -> None:
    slices = from_array(np.random.default_rng(0).integers(0, 255, (3, 64, 64)).astype(np.uint8), kind=Kind.WINDOWED)
    for modality, expected in (("auto", []), ("ct", []), ("cr", ["modality-ignored"])):
        volume, warnings = resolve_kind(slices, modality)
        assert volume is slices
        assert codes(warnings) == expected


@pytest.mark.parametrize(("modality", "kind"), [("ct", Kind.WINDOWED), ("cr", Kind.RADIOGRAPH)])
def test_who_knows_what_it_shows_is_followed_but_warned_of_what_it_looks_like(
    shared: Path, modality: str, kind: Kind
) -> None:
    looks = {Kind.WINDOWED: slice_of_a_chest(), Kind.RADIOGRAPH: radiograph(shared), None: noise()}
    for seen, picture in looks.items():
        volume, warnings = resolve_kind(picture, modality)
        assert volume.kind is kind
        against = "not-a-chest" if seen is None else "modality-doubtful"
        assert codes(warnings) == ([] if seen is kind else [against])


def test_picture_of_no_chest_is_warned_of() -> None:
    volume, warnings = resolve_kind(noise())
    assert codes(warnings) == ["not-a-chest"]
    assert "taken-for-radiograph" not in codes(volume.notes)


def test_radiograph_is_taken_for_one_and_a_note_says_so(shared: Path) -> None:
    volume, warnings = resolve_kind(radiograph(shared))
    assert volume.kind is Kind.RADIOGRAPH
    assert not warnings
    assert "taken-for-radiograph" in codes(volume.notes)


def test_volume_of_one_slice_is_looked_at_like_a_picture(shared: Path) -> None:
    grey = radiograph(shared).voxels
    volume, warnings = resolve_kind(from_array(grey, (5.0, 0.3, 0.3)))
    assert volume.kind is Kind.RADIOGRAPH
    assert not volume.is_picture
    assert not warnings
    assert "taken-for-radiograph" in codes(volume.notes)
    assert "short-coverage" not in codes(volume.notes)
    assert resolve_kind(from_array(grey), "cr")[0].kind is Kind.RADIOGRAPH
    assert resolve_kind(from_array(grey), "ct")[0].kind is Kind.WINDOWED


def by_header(volume: Volume) -> Volume:
    return replace(volume, kind=Kind.RADIOGRAPH, identity=Identity("dicom"))


def test_radiograph_by_its_header_stays_one_but_is_looked_at(shared: Path) -> None:
    for picture, expected in ((noise(), ["not-a-chest"]), (radiograph(shared), [])):
        before = by_header(picture)
        volume, warnings = resolve_kind(before)
        assert volume is before
        assert codes(warnings) == expected


@pytest.mark.parametrize("requested", ["ct", "cr"])
def test_header_outweighs_the_caller_with_a_warning(shared: Path, requested: str) -> None:
    volume, warnings = resolve_kind(by_header(radiograph(shared)), requested)
    assert volume.kind is Kind.RADIOGRAPH
    assert codes(warnings) == (["modality-ignored"] if requested == "ct" else [])
    ct = stored_as_ct(chest(shape=(3, 256, 256), spacing=(60.0, 1.5, 1.5)).volume.voxels[1])
    assert codes(resolve_kind(ct, requested)[1]) == (["modality-ignored"] if requested == "cr" else [])
    assert codes(resolve_kind(by_header(noise()), "cr")[1]) == ["not-a-chest"]


def test_radiograph_by_the_word_of_who_read_it_is_not_looked_at() -> None:
    said = replace(noise(), kind=Kind.RADIOGRAPH)
    assert resolve_kind(said) == (said, ())


def deep(shared: Path) -> Volume:
    """A radiograph of 10 bits, bone dark, whose values are spread like those of a CT that were stored above zero."""
    path = shared / "data" / "cxr" / "heart-excluded" / "val" / "images" / "montgomery_MCUCXR_0038_0.jpg"
    with Image.open(path) as picture:
        return from_array(1023 - np.rint(np.asarray(picture.convert("L")) * (1023 / 255)).astype(np.uint16))


@pytest.mark.parametrize("modality", ["auto", "ct"])
def test_deep_radiograph_is_no_ct_whatever_its_values(shared: Path, modality: str) -> None:
    volume, _ = resolve_kind(deep(shared), modality)
    assert volume.kind is (Kind.RADIOGRAPH if modality == "auto" else Kind.WINDOWED)
    assert (volume.voxels.min(), volume.voxels.max()) == (0, 255)


def test_slice_stored_above_zero_stays_ct() -> None:
    plane = chest(shape=(3, 256, 256), spacing=(60.0, 1.5, 1.5)).volume.voxels[1]
    volume = from_array((np.clip(plane, -1024, 3000) + 1024).astype(np.uint16))
    assert "hu-offset-corrected" in codes(volume.notes)
    assert resolve_kind(volume) == (volume, ())


def stored_as_ct(hu: NDArray[np.int16]) -> Volume:
    return Volume(hu[None], affine_from_spacing((5.0, 0.7, 0.7)), identity=Identity("dicom"))


def test_slice_that_is_ct_by_its_header_is_warned_of_where_it_shows_a_radiograph(shared: Path) -> None:
    volume = stored_as_ct((radiograph(shared).voxels[0] * 8.0 - 1000).astype(np.int16))
    assert resolve_kind(volume)[0] is volume
    assert codes(resolve_kind(volume)[1]) == ["modality-doubtful"]
    ct = stored_as_ct(chest(shape=(3, 256, 256), spacing=(60.0, 1.5, 1.5)).volume.voxels[1])
    assert resolve_kind(ct) == (ct, ())


@pytest.mark.parametrize("name", ["slices/val", "nolung/val", "covid/val", "hard_unlabelled"])
def test_no_real_slice_is_taken_for_a_radiograph_or_warned_of_for_that(shared: Path, name: str) -> None:
    volumes = [read(path) for path in sorted((shared / "data/ct" / name / "images").iterdir())]
    assert volumes
    for volume in volumes:
        if len(volume.voxels) == 1:
            assert resolve_kind(volume) == (volume, ())
        if volume.kind is Kind.HU:
            assert not any(resolve_kind(stored_as_ct(plane))[1] for plane in volume.voxels)


def test_caller_may_say_that_ct_numbers_are_greys() -> None:
    plane = chest(shape=(3, 64, 64), spacing=(60.0, 6.0, 6.0)).volume.voxels[1]
    volume = from_array(plane)
    assert resolve_kind(volume, "auto") == resolve_kind(volume, "ct") == (volume, ())
    assert resolve_kind(volume, "cr")[0].kind is Kind.RADIOGRAPH


def test_unknown_modality_is_refused() -> None:
    with pytest.raises(PleuraError, match="choose from auto, ct, cr"):
        resolve_kind(noise(), "mr")


@pytest.mark.parametrize(("step", "known"), [(0.4, True), (0.01, False), (5.0, False)])
def test_millimetres_that_no_detector_has_are_not_believed(shared: Path, step: float, known: bool) -> None:
    grey = radiograph(shared).voxels[0]
    volume, _ = resolve_kind(from_array(grey, (step, step)))
    assert volume.kind is Kind.RADIOGRAPH
    assert volume.spacing_known is known
    assert ("spacing-unknown" in codes(volume.notes)) is not known
    assert volume.spacing[1:] == (step, step)
