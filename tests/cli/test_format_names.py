"""Names of formats are given as a list, each once."""

from __future__ import annotations

from argparse import ArgumentTypeError

import pytest

from pleura.cli.format_names import given_formats
from pleura.conventions import FORMAT_NAMES
from pleura.writing import FORMATS


def test_list_has_commas_between_and_each_format_once() -> None:
    assert given_formats("dicom-seg, nifti,dicom-seg") == ("dicom-seg", "nifti")


@pytest.mark.parametrize("text", ["", "nifti,", "jpeg", "NIFTI"])
def test_what_is_no_format_is_refused_with_those_that_are(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="choose from nifti, nrrd, mha, png"):
        given_formats(text)


def test_names_are_those_of_the_formats() -> None:
    assert tuple(FORMATS) == FORMAT_NAMES
