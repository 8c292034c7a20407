"""Objects sent to a peer by C-STORE."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pleura.reading.dicom.elements import read_elements
from pleura.serving.association import associated
from pleura.serving.config import Peer
from pleura.serving.peer_errors import PeerError

if TYPE_CHECKING:
    from pynetdicom.association import Association

_CONNECT_SECONDS = 10.0
"""Seconds in which a peer that is there has answered, with the first packets lost too (sent again after 1, 3 and 7)."""
_ANSWER_SECONDS = 60.0
"""Seconds in which an archive that is busy has filed an object."""
_WARNING, _CLASS = 0xB000, 0xF000
"""Of a status whose first digit is B the object was stored all the same (PS3.4, B.2.3)."""
_DUPLICATE = 0x0111
"""The peer has that instance already (PS3.7, C.5.7): a node that was killed sends it again."""


def store(peer: Peer, calling: str, files: Sequence[Path]) -> Generator[Path, None, None]:
    """Send objects in one association, and yield each that the peer has taken.

    Parameters
    ----------
    calling : AE title of the node

    Raises
    ------
    NotReached : there is no association
    PeerError : the peer does not take an object, or the association is lost
    UnreadableInput : a file is no DICOM that can be read
    """
    contexts = sorted({_context(file) for file in files})
    with associated(peer, calling, contexts, connect=_CONNECT_SECONDS, answer=_ANSWER_SECONDS) as association:
        for file in files:
            _store_one(association, file)
            yield file


def _context(file: Path) -> tuple[str, str]:
    """Return class and transfer syntax of an object."""
    values = read_elements(file).values
    return values.get("SOPClassUID", ""), values.get("TransferSyntaxUID", "")


def _store_one(association: Association, file: Path) -> None:
    try:
        status = association.send_c_store(file)
    except (ValueError, RuntimeError) as error:  # not negotiated, or the association is lost
        raise PeerError(type(error).__name__) from error
    code = int(getattr(status, "Status", -1))
    if code < 0:
        raise PeerError("no answer")
    if code not in {0, _DUPLICATE} and code & _CLASS != _WARNING:
        raise PeerError(f"status {code:04X}")
