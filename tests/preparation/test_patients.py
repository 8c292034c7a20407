"""Whose an image is follows from a list or a rule of the caller's, whatever the names of the files end in."""

from __future__ import annotations

from pathlib import Path

from pleura.preparation.pair import Pair
from pleura.preparation.patients import patient_rule


def test_list_of_patients_may_name_files_with_the_suffix_of_any_format(tmp_path: Path) -> None:
    names = ["a.bmp", "b.webp", "c.IMA", "d.nii.gz"]
    listed = tmp_path / "patients.csv"
    listed.write_text("image,patient\n" + "".join(f"{name},p-{name[0]}\n" for name in names))
    rule = patient_rule(str(listed))
    assert [rule(Pair(letter, Path(letter), None), "") for letter in "abcd"] == ["p-a", "p-b", "p-c", "p-d"]
