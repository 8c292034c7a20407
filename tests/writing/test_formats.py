"""A mask is written in the format that is named, or in the one that its suffix stands for."""

from __future__ import annotations

from pathlib import Path

import pytest

from pleura.errors import InvalidOption, UnwritableOutput
from pleura.segmentation import Segmentation
from pleura.writing.formats import FORMATS, SUFFIXES, format_of, suffix_of, writer_for


@pytest.mark.parametrize("name", ["nifti", "nrrd", "mha", "png"])
def test_format_by_name_is_the_format_of_each_of_its_suffixes(name: str) -> None:
    for suffix, writer in FORMATS[name].writers.items():
        assert writer_for(Path(f"a.b{suffix.upper()}"), name) is writer_for(Path(f"a{suffix}")) is writer
        assert format_of(Path(f"a{suffix}")) == name


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
    with pytest.raises(InvalidOption, match=r"no format 'jpeg' .* choose from nifti, nrrd, mha, png") as caught:
        plain.write(tmp_path / "lungs.jpg", format="jpeg")  # type: ignore[arg-type]
    assert caught.value.code == "unknown-output-format"


def test_each_suffix_is_listed_once() -> None:
    assert len(set(SUFFIXES)) == len(SUFFIXES)


def test_what_a_format_cannot_hold_is_known_of_the_scan_alone(plain: Segmentation) -> None:
    with pytest.raises(UnwritableOutput) as caught:
        FORMATS["png"].refuse(plain.volume)
    assert caught.value.code == "one-slice-only"
    FORMATS["nifti"].refuse(plain.volume)
