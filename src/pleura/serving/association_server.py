"""The server of pynetdicom, which nobody holds up who connects and then says nothing, or only half of it."""

from __future__ import annotations

import errno
import ssl
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address
from socketserver import BaseServer
from typing import TYPE_CHECKING, Any

from pynetdicom.transport import ThreadedAssociationServer

if TYPE_CHECKING:
    from socket import socket

    from pynetdicom.events import Event

_SILENT_SECONDS = 30.0
"""Seconds without a byte in the middle of a message, after which a connection is given up."""
_MOST_MESSAGE_BYTES = 1 << 20
"""A call names 128 classes at most (PS3.8, 9.3.2.2), and pieces of data are asked to have 16 kB."""


class AssociationServer(ThreadedAssociationServer):
    """Takes connections from some addresses, and no more than so many at a time.

    Attributes
    ----------
    addresses : from which they may come; from any where it is empty
    max_connections : connections at a time, those included that do not say who they are yet
    refused : called for each that is refused, with its address and the reason
    """

    addresses: frozenset[IPv4Address | IPv6Address] = frozenset()
    max_connections: int = 0
    refused: Callable[[str, str], None] = staticmethod(lambda *_: None)

    def get_request(self) -> tuple[socket, Any]:
        """Accept a connection; with TLS its thread shakes hands, for here all others would wait for that."""
        assert self.socket is not None
        connection, address = self.socket.accept()
        connection.settimeout(_SILENT_SECONDS)
        context: ssl.SSLContext | None = self.ssl_context
        if context is not None:
            connection = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def verify_request(self, _request: object, client_address: Any) -> bool:
        """Say whether a connection may be."""
        address = plain_address(client_address[0])
        if self.addresses and address not in self.addresses:
            self.refused(str(address), "the address is none of addresses")
        elif len(self.active_associations) >= self.max_connections:
            self.refused(str(address), "too many are connected")
        else:
            return True
        return False

    def shutdown(self) -> None:
        """Take no more connections."""
        BaseServer.shutdown(self)
        self.server_close()

    def handle_error(self, *_: object) -> None:
        """Print nothing of a client that has gone."""


def limit_messages(opened: Event) -> None:
    """Let no message of a caller be longer than those of DICOM are: each is held in memory, and states its length."""
    connection: Any = opened.assoc.dul.socket  # whose method is replaced
    receive: Callable[[int], bytearray] = connection.recv

    def limited(count: int) -> bytearray:
        if count > _MOST_MESSAGE_BYTES:
            raise OSError(errno.EMSGSIZE, "the message is too long")
        return receive(count)

    connection.recv = limited


def end_early(closed: Event) -> None:
    """Let the thread end of a caller who goes before saying who it is; it would wait for that in vain, and poll."""
    if closed.assoc.requestor.primitive is None:
        closed.assoc.dul.to_user_queue.put(None)  # type: ignore[arg-type]  # pynetdicom itself ends the wait so


def plain_address(text: str) -> IPv4Address | IPv6Address:
    """Return an address of IP, that of IPv4 also where a server of IPv6 is called by it."""
    address = ip_address(text.partition("%")[0])  # the zone of a link is no part of it
    return getattr(address, "ipv4_mapped", None) or address
