"""The objects of a series, fetched by WADO-RS one after the other, as they are stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pleura.reading.dicom.dataset import quiet_pydicom
from pleura.serving.dicomweb import ResponseMonitor, call_errors
from pleura.serving.peer_errors import PeerError
from pleura.serving.qido import FoundSeries
from pleura.text import short_hash

if TYPE_CHECKING:
    from dicomweb_client import DICOMwebClient
    from pydicom import Dataset

_STORED = (("application/dicom", "*"),)
"""In whatever transfer syntax it is: nothing is decompressed on its way."""


def fetch_series(client: DICOMwebClient, monitor: ResponseMonitor, series: FoundSeries, folder: Path) -> Iterator[Path]:
    """Write the objects of a series into a folder, and yield each file.

    Parameters
    ----------
    monitor : limits an object

    Raises
    ------
    NotReached : there is no connection
    TooLarge : an object has more bytes than it may
    PeerError : the archive does not answer with the series, or not to its end
    OSError : an object cannot be written
    """
    for dataset in _datasets(client, series):
        uid = str(dataset.get("SOPInstanceUID") or "")
        if (dataset.get("StudyInstanceUID"), dataset.get("SeriesInstanceUID")) != (series.study_uid, series.series_uid):
            raise PeerError("it answers with objects of another series")
        if not uid:
            raise PeerError("it answers with an object without a UID")
        file = folder / f"{short_hash(uid)}.dcm"
        _write(dataset, file)
        monitor.renew()
        yield file
    if not monitor.is_whole:
        raise PeerError("its answer ends too soon")


def _datasets(client: DICOMwebClient, series: FoundSeries) -> Iterator[Dataset]:
    """Yield the objects as pydicom has them, or say what is wrong with the answer."""
    with _answer_errors():
        datasets = client.iter_series(series.study_uid, series.series_uid, media_types=_STORED)
    while True:
        with _answer_errors():
            dataset = next(datasets, None)
        if dataset is None:
            return
        yield dataset


@contextmanager
def _answer_errors() -> Iterator[None]:
    """Say what is wrong with an answer."""
    with call_errors(), quiet_pydicom():
        try:
            yield
        except (OSError, PeerError):  # as the errors of requests are
            raise
        except Exception as error:  # of many kinds: from pydicom, and of the parts of an answer
            raise PeerError(f"its answer cannot be read ({type(error).__name__})") from error


def _write(dataset: Dataset, file: Path) -> None:
    with quiet_pydicom():
        try:
            dataset.save_as(file, enforce_file_format=True)
        except OSError:
            raise
        except Exception as error:
            raise PeerError(f"it answers with an object that cannot be written ({type(error).__name__})") from error
