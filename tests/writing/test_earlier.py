"""A file is replaced where it is an earlier result of the same scan, and kept where it is anything else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pleura.errors import UnwritableOutput
from pleura.segmentation import Segmentation
from pleura.volume import Identity
from pleura.writing import sidecar_path, write_preview
from pleura.writing.earlier import (
    masks_by_input,
    refuse_to_lose,
    refuse_to_replace,
    remove_preview_of_other,
    up_to_date,
)


def of_input(result: Segmentation, letter: str) -> Segmentation:
    """Return a result as of another input, and with the provenance that says so."""
    identity = Identity(sha256=letter * 64)
    provenance = {"model": {"name": "test"}, "input": {"sha256": letter * 64, "series_uid": ""}}
    return replace(result, volume=replace(result.volume, identity=identity), provenance=provenance)


@pytest.fixture
def first(plain: Segmentation) -> Segmentation:
    return of_input(plain, "a")


@pytest.fixture
def second(plain: Segmentation) -> Segmentation:
    return of_input(plain, "b")


def test_file_of_other_making_is_never_replaced(first: Segmentation, tmp_path: Path) -> None:
    (tmp_path / "reserved.nii.gz").touch()
    (tmp_path / "letter.nii.gz").write_text("dear colleague")
    for path in (tmp_path / "absent.nii.gz", tmp_path / "reserved.nii.gz", first.write(tmp_path / "lungs.nii.gz")):
        refuse_to_replace(path)
    with pytest.raises(UnwritableOutput, match="is not an earlier result") as caught:
        refuse_to_replace(tmp_path / "letter.nii.gz")
    assert caught.value.code == "output-exists"


def test_broken_sidecar_beside_a_mask_of_ours_is_ours_and_another_json_is_not(
    first: Segmentation, tmp_path: Path
) -> None:
    beside = sidecar_path(first.write(tmp_path / "lungs.mha"))
    beside.write_text('{"progr')
    refuse_to_replace(beside)
    beside.write_text('{"notes": "by hand"}')
    with pytest.raises(UnwritableOutput, match="is not an earlier result"):
        refuse_to_replace(beside)


def test_result_of_the_same_input_may_be_made_again(first: Segmentation, tmp_path: Path) -> None:
    refuse_to_lose(first.write(tmp_path / "lungs.mha"), [], first.volume)
    refuse_to_lose(tmp_path / "absent.mha", [], first.volume)


def test_result_of_another_input_is_kept_also_where_its_sidecar_is_lost(
    first: Segmentation, second: Segmentation, tmp_path: Path
) -> None:
    mask = first.write(tmp_path / "lungs.mha")
    for _ in range(2):
        with pytest.raises(UnwritableOutput, match="the result of another input") as caught:
            refuse_to_lose(mask, [], second.volume)
        assert caught.value.code == "other-input"
        sidecar_path(mask).unlink(missing_ok=True)


def test_mask_that_somebody_has_corrected_is_kept(first: Segmentation, tmp_path: Path) -> None:
    mask = first.write(tmp_path / "lungs.mha")
    beside = sidecar_path(mask).read_bytes()
    replace(first, labels=first.labels[::-1]).write(mask)
    sidecar_path(mask).write_bytes(beside)
    with pytest.raises(UnwritableOutput, match="was changed after it was written") as caught:
        refuse_to_lose(mask, [], first.volume)
    assert caught.value.code == "changed-mask"


def test_mask_that_was_cut_short_is_nobodys_work(first: Segmentation, tmp_path: Path) -> None:
    mask = first.write(tmp_path / "lungs.mha")
    mask.write_bytes(mask.read_bytes()[:-12])  # into the voxels, past the checksum
    refuse_to_lose(mask, [], first.volume)
    assert up_to_date(mask, [], first.volume, first.provenance, {"format": "mha"}) is None


def test_preview_of_another_input_is_kept(first: Segmentation, second: Segmentation, tmp_path: Path) -> None:
    picture = write_preview(first, tmp_path / "lungs-preview.png")
    refuse_to_lose(tmp_path / "lungs.mha", [picture], first.volume)
    with pytest.raises(UnwritableOutput, match="the result of another input"):
        refuse_to_lose(tmp_path / "lungs.mha", [picture], second.volume)


def test_preview_goes_with_the_mask_of_another_input_that_is_overwritten(
    first: Segmentation, second: Segmentation, tmp_path: Path
) -> None:
    mask, picture = first.write(tmp_path / "lungs.mha"), write_preview(first, tmp_path / "lungs-preview.png")
    remove_preview_of_other(mask, picture, first.volume)
    assert picture.exists()
    remove_preview_of_other(mask, picture, second.volume)
    assert not picture.exists()


def test_result_is_up_to_date_where_scan_and_ways_are_the_same(
    first: Segmentation, second: Segmentation, tmp_path: Path
) -> None:
    mask = first.write(tmp_path / "lungs.mha")
    known = up_to_date(mask, [], first.volume, first.provenance, {"format": "mha"})
    assert known is not None
    assert known["mask"]["bytes"] == mask.stat().st_size
    assert up_to_date(mask, [], second.volume, second.provenance, {"format": "mha"}) is None
    assert (
        up_to_date(mask, [], first.volume, {**first.provenance, "model": {"name": "newer"}}, {"format": "mha"}) is None
    )
    moved = replace(first.volume, affine=first.volume.affine + np.eye(4)[:, [3, 0, 1, 2]] * 0.5)
    assert up_to_date(mask, [], moved, first.provenance, {"format": "mha"}) is None


def test_result_without_its_preview_or_with_half_of_it_is_not_up_to_date(first: Segmentation, tmp_path: Path) -> None:
    mask, picture = first.write(tmp_path / "lungs.mha"), tmp_path / "lungs-preview.png"
    assert up_to_date(mask, [picture], first.volume, first.provenance, {"format": "mha"}) is None
    write_preview(first, picture)
    assert up_to_date(mask, [picture], first.volume, first.provenance, {"format": "mha"}) is not None
    picture.write_bytes(picture.read_bytes()[:-20])
    assert up_to_date(mask, [picture], first.volume, first.provenance, {"format": "mha"}) is None


def test_masks_of_a_folder_are_known_by_their_inputs(first: Segmentation, second: Segmentation, tmp_path: Path) -> None:
    one, again = (first.write(tmp_path / name) for name in ("one.mha", "again.nii.gz"))
    other = second.write(tmp_path / "other.nrrd")
    (tmp_path / "notes.json").write_text("{}")
    assert masks_by_input(tmp_path) == {"a" * 32: [again, one], "b" * 32: [other]}
