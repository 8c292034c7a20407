"""A setting of a batch is said as the option that gives it."""

from __future__ import annotations

import pytest

from pleura.batch.settings_text import as_option


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("preview", "false", "without --preview"),
        ("preview", "true", "with --preview"),
        ("to", "[]", "without --to"),
        ("to", '["dicom-seg", "nifti"]', "with --to dicom-seg,nifti"),
        ("seg_type", "labelmap", "with --seg-type labelmap"),
        ("convention", "", "without --convention"),
        ("version", "0.1.0", "by pleura 0.1.0"),
    ],
)
def test_a_setting_is_said_as_its_option(key: str, value: str, text: str) -> None:
    assert as_option(key, value) == text
