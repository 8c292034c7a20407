"""Files of ours are DICOM files that a later run knows."""

from __future__ import annotations

from pathlib import Path

from pydicom import Dataset, dcmread

from pleura.volume import Volume
from pleura.writing.dicom.save import save
from pleura.writing.signature import input_of, is_pleura_output


def written(path: Path, volume: Volume) -> Path:
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.66.4", "1.2.3"
    with path.open("wb") as file:
        save(dataset, volume, file)
    return path


def test_file_bears_the_signature_and_names_its_input(scan: Volume, tmp_path: Path) -> None:
    file = written(tmp_path / "a.dcm", scan)
    assert is_pleura_output(file)
    assert input_of(file) == scan.identity.sha256[:32]


def test_file_is_dicom_of_the_same_bytes_each_time(scan: Volume, tmp_path: Path) -> None:
    first, second = (written(tmp_path / name, scan) for name in ("a.dcm", "b.dcm"))
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes()[:132] == bytes(128) + b"DICM"
    assert dcmread(first).file_meta.MediaStorageSOPInstanceUID == "1.2.3"
