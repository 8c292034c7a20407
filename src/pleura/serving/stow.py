"""Objects sent to a peer by STOW-RS of DICOMweb."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pleura.reading.dicom.dataset import quiet_dcmread, quiet_pydicom
from pleura.serving.config import Peer
from pleura.serving.dicomweb import ResponseMonitor, call_errors, web_client
from pleura.serving.peer_errors import PeerError

if TYPE_CHECKING:
    from dicomweb_client import DICOMwebClient
    from pydicom import Dataset

_DUPLICATE = 0x0111
"""The peer has that instance already (PS3.18, 10.5.3): a node that was killed sends it again."""
_RESPONSE_BYTES = 16 << 20
"""What a peer says of one object is a kilobyte or two."""


def store_over_web(peer: Peer, files: Sequence[Path]) -> Generator[Path, None, None]:
    """Send objects one after the other, and yield each that the peer has confirmed.

    Raises
    ------
    NotReached : there is no connection, or the certificate of the peer is not trusted
    PeerError : the peer does not take an object or does not say that it has, or the connection is lost meanwhile
    UnreadableInput : a file is no DICOM that can be read
    """
    monitor = ResponseMonitor(_RESPONSE_BYTES)
    with web_client(peer, monitor) as client:
        for file in files:
            with quiet_dcmread(file) as dataset:
                uid = str(dataset.SOPInstanceUID)
            with quiet_pydicom():
                _refuse_unconfirmed(_response_to(client, dataset), uid)
            monitor.renew()
            yield file


def _response_to(client: DICOMwebClient, dataset: Dataset) -> Dataset:
    """Return what the peer says of an object that it was sent."""
    import requests
    from pydicom import Dataset

    with call_errors():
        try:
            return client.store_instances([dataset])
        except requests.HTTPError as error:
            assert error.response is not None
            try:
                return Dataset.from_json(error.response.json())  # what is refused is named there
            except Exception:  # of a server that is none of DICOMweb, perhaps
                raise error from None


def _refuse_unconfirmed(answer: Dataset, uid: str) -> None:
    failed = {str(item.ReferencedSOPInstanceUID): item for item in answer.get("FailedSOPSequence") or []}
    stored = {str(item.ReferencedSOPInstanceUID) for item in answer.get("ReferencedSOPSequence") or []}
    if uid in failed:
        reason = int(failed[uid].get("FailureReason") or 0)
        if reason != _DUPLICATE:
            raise PeerError(f"reason {reason:04X}")
    elif uid not in stored:
        raise PeerError("it does not say that it has the object")
