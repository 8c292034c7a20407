"""A file within an archive stands in for a path: its name, size and bytes, also in another process."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import pytest

from pleura.reading.archive import open_archive

CONTENT = {"study/0001.dcm": b"first" * 1000, "study/deep/0002.dcm": b"second"}


@pytest.fixture
def zipped(tmp_path: Path) -> Path:
    with zipfile.ZipFile(tmp_path / "scan.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in CONTENT.items():
            archive.writestr(name, content)
    return tmp_path / "scan.zip"


def test_member_has_the_name_the_size_and_the_bytes_of_the_file(zipped: Path) -> None:
    with open_archive(zipped, gzipped=False) as files:
        assert [file.name for file in files] == ["0001.dcm", "0002.dcm"]
        assert [file.stat().st_size for file in files] == [5000, 6]
        for file, content in zip(files, CONTENT.values(), strict=True):
            with file.open("rb") as opened:
                assert opened.read() == content


def test_member_that_was_sent_to_another_process_opens_its_archive_there(zipped: Path) -> None:
    with open_archive(zipped, gzipped=False) as files:
        sent = pickle.loads(pickle.dumps(files))
        assert sent == files
    with sent[1].open("rb") as opened:
        assert opened.read() == b"second"
