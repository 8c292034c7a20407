"""Objects sent to a peer by STOW-RS of DICOMweb; nothing but the address of the configuration is ever asked."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pleura.errors import missing_extra
from pleura.reading.dicom.dataset import quiet_dcmread, quiet_pydicom
from pleura.serving.config import NodeConfig, Peer
from pleura.serving.not_sent import NotReached, NotSent

if TYPE_CHECKING:
    from dicomweb_client import DICOMwebClient
    from pydicom import Dataset

_CONNECT_SECONDS, _ANSWER_SECONDS = 10.0, 60.0
"""In which a server that is there has answered, and one that is busy has filed an object; as for C-STORE."""
_DUPLICATE = 0x0111
"""The peer has that instance already (PS3.18, 10.5.3): a node that was killed sends it again."""


def require_client(config: NodeConfig) -> None:
    """Raise `MissingExtra` where a peer has a URL and dicomweb-client is not installed."""
    if any(peer.url for peer in config.peers.values()) and find_spec("dicomweb_client") is None:
        raise missing_extra("dicomweb-client", "dicomweb")


def store_over_web(peer: Peer, files: Sequence[Path]) -> Generator[Path, None, None]:
    """Send objects one after the other, and yield each that the peer has confirmed.

    Raises
    ------
    NotReached : there is no connection, or the certificate of the peer is not trusted
    NotSent : the peer does not take an object or does not say that it has, or the connection is lost meanwhile
    UnreadableInput : a file is no DICOM that can be read
    """
    client = _client(peer)
    for file in files:
        with quiet_dcmread(file) as dataset:
            uid = str(dataset.SOPInstanceUID)
        with quiet_pydicom():
            _refuse_unconfirmed(_answer(client, dataset), uid)
        yield file


def _client(peer: Peer) -> DICOMwebClient:
    """Return a client that follows no redirection and asks no proxy."""
    import requests
    from dicomweb_client import DICOMwebClient

    session = requests.Session()
    session.trust_env = False  # else proxies and passwords of the environment
    session.max_redirects = 0
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
    client = DICOMwebClient(peer.url.rstrip("/"), session=session, timeout=(_CONNECT_SECONDS, _ANSWER_SECONDS))
    client.set_http_retry_params(retry=False)  # the node tries again
    return client


def _answer(client: DICOMwebClient, dataset: Dataset) -> Dataset:
    """Return what the peer says of an object that it was sent."""
    import requests
    from pydicom import Dataset

    try:
        return client.store_instances([dataset])
    except requests.HTTPError as error:
        response = error.response
        assert response is not None  # the status is that of an answer
        try:
            return Dataset.from_json(response.json())  # what is refused is named there
        except Exception:  # of a server that is none of DICOMweb, perhaps
            raise NotSent(f"HTTP {response.status_code}") from error
    except requests.TooManyRedirects as error:
        raise NotSent("it names another address") from error
    except requests.ReadTimeout as error:
        raise NotSent("no answer") from error
    except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
        raise _why_unconnected(error) from error


def _why_unconnected(error: Exception) -> NotSent:
    """Return what an error of a connection says: of the peer where there is none, of the object where it is lost."""
    import requests
    from urllib3.exceptions import NewConnectionError

    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError):
        return NotReached("no connection")
    if isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return NotReached("its certificate is not trusted")
    return NotSent("the connection was lost")


def _refuse_unconfirmed(answer: Dataset, uid: str) -> None:
    failed = {str(item.ReferencedSOPInstanceUID): item for item in answer.get("FailedSOPSequence") or []}
    stored = {str(item.ReferencedSOPInstanceUID) for item in answer.get("ReferencedSOPSequence") or []}
    if uid in failed:
        reason = int(failed[uid].get("FailureReason") or 0)
        if reason != _DUPLICATE:
            raise NotSent(f"reason {reason:04X}")
    elif uid not in stored:
        raise NotSent("it does not say that it has the object")
