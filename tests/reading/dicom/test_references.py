"""A mask belongs to the scan that it names: by series, image or frame of reference, else by its study."""

from __future__ import annotations

from pathlib import Path

import pytest
from dicom_files import chest, save_all, series
from pydicom import dcmread

from pleura.errors import UnsuitableInput
from pleura.reading import read
from pleura.reading.dicom.references import References, belongs, read_references, refuse_other_scan
from pleura.segmentation import Segmentation
from pleura.volume import Identity

SCAN = Identity("dicom", study_uid="1.1", series_uid="1.2", frame_of_reference_uid="1.3", instance_uids=("1.4", ""))


def references(study: str = "", *, of: str = "", image: str = "", frame: str = "") -> References:
    return References(study, *(frozenset(filter(None, [uid])) for uid in (of, image, frame)))


@pytest.mark.parametrize("found", [references(of="1.2"), references(image="1.4"), references(frame="1.3")])
def test_any_of_the_three_makes_it_belong(found: References) -> None:
    assert belongs(found, SCAN)
    refuse_other_scan(found, SCAN)


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (references("1.1", of="9.2", image="9.4", frame="9.3"), "other-frame-of-reference"),
        (references("9.1"), "other-study"),
        (references("9.1", of="9.2"), "other-study"),
    ],
)
def test_mask_of_another_scan_is_refused(found: References, code: str) -> None:
    assert not belongs(found, SCAN)
    with pytest.raises(UnsuitableInput) as caught:
        refuse_other_scan(found, SCAN)
    assert caught.value.code == code


@pytest.mark.parametrize(("found", "scan"), [(references("1.1"), SCAN), (references("9.1", frame="9.3"), Identity())])
def test_where_there_is_nothing_to_go_by_the_place_decides(found: References, scan: Identity) -> None:
    refuse_other_scan(found, scan)


@pytest.mark.parametrize("name", ["dicom-seg", "rtstruct"])
def test_what_we_write_names_series_images_and_frame_of_reference(tmp_path: Path, name: str) -> None:
    volume = read(save_all(series(chest()), tmp_path / "scan"))
    mask = Segmentation((volume.voxels < -500).astype("uint8"), volume)
    found = read_references(mask.write(tmp_path / "a.dcm", format=name))
    identity = volume.identity
    assert found.study == identity.study_uid
    assert found.series >= {identity.series_uid}
    assert found.images >= set(identity.instance_uids)
    assert found.frames == {identity.frame_of_reference_uid}
    assert dcmread(tmp_path / "a.dcm").SeriesInstanceUID not in found.series
