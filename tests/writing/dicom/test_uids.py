"""UIDs follow from the scan, the model and the options, and are valid."""

from __future__ import annotations

from dataclasses import replace

from pydicom.uid import UID

from pleura.segmentation import Segmentation
from pleura.writing.dicom.uids import instance_uid, series_uid, uid_from


def test_uid_is_valid_and_always_the_same() -> None:
    uid = uid_from("one", "two")
    assert uid == uid_from("one", "two") == "2.25.16913927756745436394420802756874173918"
    assert UID(uid).is_valid


def test_parts_are_kept_apart() -> None:
    assert len({uid_from("ab", "c"), uid_from("a", "bc"), uid_from("abc"), uid_from("abc", "")}) == 4


def test_another_scan_model_format_or_option_has_another_series(segmented: Segmentation) -> None:
    other_scan = replace(segmented.volume, identity=replace(segmented.volume.identity, series_uid="1.2"))
    others = [
        replace(segmented, volume=other_scan),
        replace(segmented, provenance={"model": {"name": "chest-ct", "version": "1.1"}}),
    ]
    found = [series_uid(one, "dicom-seg") for one in (segmented, *others)]
    found += [series_uid(segmented, "rtstruct"), series_uid(segmented, "dicom-seg", "labelmap")]
    assert len(set(found)) == len(found)


def test_another_content_is_another_instance_of_the_series() -> None:
    assert instance_uid("1.2", "aa") != instance_uid("1.2", "ab")
