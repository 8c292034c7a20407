"""Calls of DICOMweb: of the address of the configuration alone, in the name of its user, with answers of some size."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.message import Message
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pleura.errors import missing_extra
from pleura.serving.config import NodeConfig, Peer
from pleura.serving.config_checks import wrong
from pleura.serving.peer_errors import NotReached, PeerError, TooLarge

if TYPE_CHECKING:
    from dicomweb_client import DICOMwebClient
    from requests import Response, Session

_CONNECT_SECONDS, _ANSWER_SECONDS = 10.0, 60.0
"""In which a server that is there has answered, and one that is busy has filed an object; as for C-STORE."""
_UNAUTHORIZED = {401, 403}
_SECRET_LETTERS = 16384
"""Of a token: servers take no header of more (8 kB is common)."""
_END_BYTES = 4096
"""Of an answer that are kept to see how it ends: a boundary has 70 characters at most (RFC 2046, 5.1.1)."""


class ResponseMonitor:
    """Counts what comes of a response, lets it grow no larger than it may, and sees how it ends.

    Parameters
    ----------
    most_bytes : after which it ends with `TooLarge`
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._came = 0
        self._end = b""
        self._response: Response | None = None

    def renew(self) -> None:
        """Let so many bytes come once more: a part of the answer has been dealt with."""
        self._came = 0

    def close(self) -> None:
        """Let go of the connection of an answer that is not read to its end."""
        if self._response is not None:
            self._response.close()

    @property
    def is_whole(self) -> bool:
        """Whether an answer of several parts ended with the sign that no other follows; one part has no such sign."""
        header = Message()
        header["Content-Type"] = self._response.headers.get("Content-Type", "") if self._response else ""
        boundary = header.get_boundary()
        return not boundary or f"--{boundary}--".encode() in self._end

    def watch(self, response: Response, **_: object) -> None:
        """Count what comes of a response of requests, as its hook."""
        self._response, self._end = response, b""
        chunks = response.iter_content

        def counted(chunk_size: int | None = 1) -> Iterator[bytes]:
            for chunk in chunks(chunk_size):
                self._came += len(chunk)
                if self._came > self._most_bytes:
                    raise TooLarge(f"it answers with more than {self._most_bytes >> 20} MB at a time")
                self._end = (self._end + chunk)[-_END_BYTES:]
                yield chunk

        response.iter_content = counted  # type: ignore[method-assign, assignment]


def check_peers(config: NodeConfig) -> None:
    """Say what stands in the way of calls to the peers.

    Raises
    ------
    MissingExtra : pynetdicom, or for peers with a URL dicomweb-client, is not installed
    InvalidOption : a file with a password or a token cannot be read, or holds none (`config-field`)
    """
    peers = {name: peer for name, peer in config.peers.items() if peer.url}
    if len(peers) < len(config.peers) and find_spec("pynetdicom") is None:
        raise missing_extra("pynetdicom", "node")
    if peers and find_spec("dicomweb_client") is None:
        raise missing_extra("dicomweb-client", "dicomweb")
    for name, peer in peers.items():
        for field in ("password_file", "token_file"):
            why = _secret_of(getattr(peer, field))[1]
            if why:
                raise wrong(f"peers.{name}.{field}", why)


@contextmanager
def web_client(peer: Peer, monitor: ResponseMonitor) -> Iterator[DICOMwebClient]:
    """Give a client that follows no redirection and asks no proxy, and whose answers are watched.

    Raises
    ------
    PeerError : the file with the password or the token cannot be read any more
    """
    import requests
    from dicomweb_client import DICOMwebClient

    with requests.Session() as session, closing(monitor):
        session.trust_env = False  # else proxies and passwords of the environment
        session.max_redirects = 0
        session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
        session.headers["Accept-Encoding"] = "identity"  # what is small on its way may be of giant size then
        _identify(session, peer)
        session.hooks["response"].append(monitor.watch)
        seconds = (_CONNECT_SECONDS, _ANSWER_SECONDS)
        client = DICOMwebClient(peer.url.rstrip("/"), session=session, timeout=seconds, permissive_uid=True)
        client.set_http_retry_params(retry=False)  # the node tries again
        client.host = urlsplit(peer.url).netloc  # for the header Host, of which it leaves out the port (RFC 9110, 7.2)
        yield client


@contextmanager
def call_errors() -> Iterator[None]:
    """Raise what requests says of a call as `PeerError`, or as `NotReached` where there is no connection."""
    import requests

    try:
        yield
    except requests.HTTPError as error:
        assert error.response is not None
        status = error.response.status_code
        more = ": it wants a user and a password, or a token" if status in _UNAUTHORIZED else ""
        raise PeerError(f"HTTP {status}{more}") from error
    except requests.TooManyRedirects as error:
        raise PeerError("it names another address") from error
    except requests.ReadTimeout as error:
        raise PeerError("no answer") from error
    except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
        raise _why_unconnected(error) from error
    except requests.RequestException as error:
        raise PeerError(f"its answer cannot be read ({type(error).__name__})") from error


def _identify(session: Session, peer: Peer) -> None:
    """Show a peer who calls, where it is to be shown; files are read each time, for tokens are renewed."""
    for file in filter(None, (peer.password_file, peer.token_file)):
        secret, why = _secret_of(file)
        if why:
            raise NotReached("the file with its password or token cannot be read")
        basic = base64.b64encode(f"{peer.user}:{secret}".encode()).decode()  # RFC 7617, 2
        credentials = f"Bearer {secret}" if file == peer.token_file else f"Basic {basic}"
        session.headers["Authorization"] = credentials.encode().decode("latin-1")  # which is sent as these bytes


def _secret_of(file: str) -> tuple[str, str]:
    """Return what stands in a file that holds a password or a token, or else what is wrong with it."""
    if not file:
        return "", ""
    try:
        if not Path(file).is_file():  # a pipe could be read once alone, and a device has no end
            return "", "is not there, or is no file"
        with Path(file).open(encoding="utf-8-sig") as opened:
            secret = opened.read(_SECRET_LETTERS).strip()
    except (OSError, ValueError) as error:
        return "", f"cannot be read ({getattr(error, 'strerror', None) or type(error).__name__})"
    if not secret or not secret.isprintable() or len(secret) == _SECRET_LETTERS:
        return "", f"has to hold one line of less than {_SECRET_LETTERS} letters"
    return secret, ""


def _why_unconnected(error: Exception) -> PeerError:
    """Return what an error of a connection says: of the peer where there is none, of the object where it is lost."""
    import requests
    from urllib3.exceptions import NewConnectionError

    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError):
        return NotReached("no connection")
    if isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return NotReached("its certificate is not trusted")
    return PeerError("the connection was lost")
