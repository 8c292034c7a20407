"""The association of DICOM in which a peer is called, to ask it or to send to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pleura.serving.config import Peer
from pleura.serving.peer_errors import NotReached

if TYPE_CHECKING:
    from pynetdicom.association import Association


@contextmanager
def associated(
    peer: Peer, calling: str, contexts: Iterable[tuple[str, str | None]], *, connect: float, answer: float
) -> Iterator[Association]:
    """Call a peer, give the association of pynetdicom, and release it when the block ends.

    Parameters
    ----------
    calling : AE title of the node
    contexts : each a SOP class and its transfer syntax; None for those that every implementation has
    connect : seconds in which the peer accepts a connection
    answer : seconds in which it answers a message

    Raises
    ------
    NotReached : there is no association
    """
    from pynetdicom import AE

    entity = AE(ae_title=calling)
    entity.connection_timeout = connect
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = answer
    for sop_class, syntax in contexts:
        entity.add_requested_context(sop_class, *filter(None, [syntax]))
    association = entity.associate(peer.address, peer.port, ae_title=peer.ae_title)
    if not association.is_established:
        raise NotReached("no association")
    try:
        yield association
    finally:
        association.release()
