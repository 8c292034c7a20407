"""No input is ever written over, and no file of other making."""

from __future__ import annotations

from pathlib import Path

import pytest

from pleura.batch.overwrite import identities, refuse_to_overwrite
from pleura.errors import UnwritableOutput


def test_empty_file_that_reserves_a_name_is_written_to_even_where_it_counts_as_an_input(elsewhere: Path) -> None:
    reserved, scan = elsewhere / "a_lungs.nii.gz", elsewhere / "a.nii.gz"
    reserved.touch()
    scan.write_bytes(b"voxels")
    inputs = identities([reserved, scan])
    refuse_to_overwrite([reserved], inputs)
    with pytest.raises(UnwritableOutput, match="is the input"):
        refuse_to_overwrite([scan], inputs)


def test_input_is_known_under_any_name(elsewhere: Path) -> None:
    scan = elsewhere / "a.nii.gz"
    scan.write_bytes(b"voxels")
    (elsewhere / "linked.nii.gz").symlink_to("a.nii.gz")
    (elsewhere / "twin.nii.gz").hardlink_to(scan)
    for name in ("linked.nii.gz", "twin.nii.gz", "deep/../a.nii.gz"):
        (elsewhere / "deep").mkdir(exist_ok=True)
        with pytest.raises(UnwritableOutput, match="is the input") as caught:
            refuse_to_overwrite([elsewhere / name], identities([scan]))
        assert caught.value.code == "output-is-input"


def test_file_of_other_making_stays_and_a_free_name_is_taken(elsewhere: Path) -> None:
    (elsewhere / "notes.json").write_text("{}")
    with pytest.raises(UnwritableOutput, match="not an earlier result") as caught:
        refuse_to_overwrite([elsewhere / "free.nii.gz", elsewhere / "notes.json"], frozenset())
    assert caught.value.code == "output-exists"
    refuse_to_overwrite([elsewhere / "free.nii.gz"], frozenset())
