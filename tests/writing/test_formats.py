"""A mask is written in the format that is named, or in the one that its suffix stands for."""

from __future__ import annotations

from pathlib import Path

import pytest

from pleura.errors import InvalidOption, UnwritableOutput
from pleura.segmentation import Segmentation
from pleura.writing.formats import SUFFIXES, WRITERS, suffix_of, writer_for


@pytest.mark.parametrize("name", WRITERS)
def test_format_by_name_is_the_format_of_each_of_its_suffixes(name: str) -> None:
    for suffix in WRITERS[name]:
        assert writer_for(Path(f"a.b{suffix.upper()}"), name) is writer_for(Path(f"a{suffix}")) is WRITERS[name][suffix]


def test_longest_suffix_counts() -> None:
    assert suffix_of(Path("a.b.nii.gz")) == ".nii.gz"
    assert suffix_of(Path("a.nii")) == ".nii"


def test_suffix_of_another_format_is_refused_with_those_of_the_one_that_is_named(
    plain: Segmentation, tmp_path: Path
) -> None:
    with pytest.raises(UnwritableOutput, match=r"lungs\.mha: a mask is written as \.nii\.gz, \.nii;") as caught:
        plain.write(tmp_path / "lungs.mha", format="nifti")
    assert caught.value.code == "unknown-suffix"
    assert list(tmp_path.iterdir()) == []


def test_unknown_suffix_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnwritableOutput, match=r"\.nii\.gz, \.nii, \.nrrd, \.mha, \.png") as caught:
        suffix_of(Path("lungs.gz"))
    assert caught.value.code == "unknown-suffix"


def test_unknown_format_is_refused_with_the_known_ones(plain: Segmentation, tmp_path: Path) -> None:
    with pytest.raises(InvalidOption, match=r"no format 'jpeg' .* choose from nifti, nrrd, metaimage, png") as caught:
        plain.write(tmp_path / "lungs.jpg", format="jpeg")  # type: ignore[arg-type]
    assert caught.value.code == "unknown-output-format"


def test_no_suffix_stands_for_two_formats() -> None:
    assert len(set(SUFFIXES)) == len(SUFFIXES)
