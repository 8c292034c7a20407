"""The side of a node that is called: who may call, what is taken, and when it is said to be safe (C-ECHO, C-STORE)."""

from __future__ import annotations

import logging
import ssl
from contextlib import suppress
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from pleura.errors import UnreadableInput, missing_extra
from pleura.serving.config import NodeConfig, Tls
from pleura.serving.counts import Counts
from pleura.serving.listening import listening_errors
from pleura.serving.refusals import Refusals, why_rejected
from pleura.serving.storage import NodeStorage

if TYPE_CHECKING:
    from pynetdicom.association import Association
    from pynetdicom.events import Event, EventHandlerType

    from pleura.serving.association_server import AssociationServer

SUCCESS, OUT_OF_RESOURCES, NOT_UNDERSTOOD = 0x0000, 0xA700, 0xC000
"""Answers to C-STORE (PS3.4, B.2.3)."""
_LIMIT_EXCEEDED = (2, 3, 2)
"""Result, source and reason of a rejection for the time being: the local limit is exceeded (PS3.8, 9.3.4)."""
_INTRODUCTION_SECONDS = 10.0
"""Seconds in which a caller has said who it is."""
_SPARE_BYTES = 16 << 20
"""Beside objects that may come: commands, and the calls themselves."""
_CONNECTIONS_PER_ASSOCIATION = 4
"""For each association that is allowed: those who only connect are to keep out none who may call."""


class Receiver:
    """Takes objects of those who may call, and files them.

    Parameters
    ----------
    counts : takes what was received and refused

    Raises
    ------
    MissingExtra : pynetdicom is not installed
    UnwritableOutput : it cannot listen there (`port-in-use`, `cannot-listen`)
    UnreadableInput : a file of the TLS settings cannot be read, or is none (`bad-tls`)
    """

    def __init__(self, config: NodeConfig, storage: NodeStorage, counts: Counts) -> None:
        self._config, self._storage, self._counts = config, storage, counts
        self._calls = Refusals(counts, "associations_rejected", "calls")
        self._objects = Refusals(counts, "objects_refused", "objects")
        self._lock = Lock()
        self._held: WeakKeyDictionary[Association, int] = WeakKeyDictionary()
        self._server = self._started()

    def close(self) -> None:
        """Let nobody call any more."""
        self._server.shutdown()

    def _started(self) -> AssociationServer:
        try:
            from pynetdicom import AE, ALL_TRANSFER_SYNTAXES, AllStoragePresentationContexts, evt
            from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

            from pleura.serving.association_server import AssociationServer, end_early, limit_messages, plain_address
        except ImportError:
            raise missing_extra("pynetdicom", "node") from None
        logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)  # it prints what calls hold
        config = self._config
        entity: Any = AE(ae_title=config.ae_title)
        entity.require_called_aet = True
        entity.require_calling_aet = list(config.calling_titles)
        entity.acse_timeout = _INTRODUCTION_SECONDS
        entity.maximum_associations = (
            _CONNECTIONS_PER_ASSOCIATION * config.max_associations
        )  # it counts those too who only connect
        for context in AllStoragePresentationContexts:
            entity.add_supported_context(context.abstract_syntax, ALL_TRANSFER_SYNTAXES)
        entity.add_supported_context(Verification)
        handlers: list[EventHandlerType] = [
            (evt.EVT_CONN_OPEN, limit_messages),
            (evt.EVT_CONN_CLOSE, end_early),
            (evt.EVT_CONN_CLOSE, self._forget),
            (evt.EVT_DATA_RECV, self._limit_object),
            (evt.EVT_REQUESTED, self._limit),
            (evt.EVT_REJECTED, self._rejected),
            (evt.EVT_C_STORE, self._store),
        ]
        tls = _tls_context(config.tls) if config.tls else None
        if tls:
            handlers.append((evt.EVT_CONN_CLOSE, self._gone))
        where = (config.address, config.port)
        with listening_errors(*where):
            server: AssociationServer = entity.make_server(
                where, evt_handlers=handlers, ssl_context=tls, server_class=AssociationServer
            )
        server.addresses = frozenset(map(plain_address, config.addresses))
        server.max_connections = entity.maximum_associations
        server.refused = self._refuse_call
        Thread(target=server.serve_forever, name="AssociationServer", daemon=True).start()
        return server

    def _limit(self, event: Event) -> None:
        """Reject who calls while as many associations as may be are established."""
        established = sum(other.is_established for other in event.assoc.ae.active_associations)
        if established >= self._config.max_associations:
            why = f"max_associations ({self._config.max_associations}) are established"
            self._refuse_call(event.assoc.requestor.address, why)
            event.assoc.acse.send_reject(*_LIMIT_EXCEEDED)
            with suppress(Exception):
                event.assoc.kill()

    def _limit_object(self, event: Event) -> None:
        """End a connection by which all together hold far more than an object may; what is a bit too large is answered.

        One that holds less than its share goes on: large objects keep no slices out.
        """
        limit = 2 * (self._config.max_object_mb << 20) + _SPARE_BYTES
        with self._lock:
            held = self._held[event.assoc] = self._held.get(event.assoc, 0) + len(event.data)
            together = sum(self._held.values())
        if together > limit and held > limit // self._config.max_associations:
            self._refuse_object(f"{held >> 20} MB of it have come, and {together >> 20} MB of all")
            if (connection := event.assoc.dul.socket) is not None:
                connection.close()

    def _forget(self, event: Event) -> None:
        """Hold nothing of a connection that has ended."""
        with self._lock:
            self._held.pop(event.assoc, None)

    def _rejected(self, event: Event) -> None:
        """Say who was rejected by its titles."""
        self._refuse_call(event.assoc.requestor.address, why_rejected(event.assoc))

    def _gone(self, event: Event) -> None:
        """Say who has gone without a call, as those do whose certificate is refused."""
        if event.assoc.requestor.primitive is None:
            why = "it ended before it said who it is, as a caller does without a certificate that clients has signed"
            self._refuse_call(event.assoc.requestor.address, why)

    def _store(self, event: Event) -> int:
        """File one object, which is held in memory until then."""
        try:
            return self._filed(event)
        finally:
            with self._lock:
                self._held[event.assoc] = 0

    def _filed(self, event: Any) -> int:
        """Return the answer to one object; it is success only when the object is on the disk."""
        try:
            why = self._too_much(event.request.DataSet.getbuffer().nbytes)
            if why:
                self._refuse_object(why)
                return OUT_OF_RESOURCES
            self._storage.receive(event.encoded_dataset(), str(event.request.AffectedSOPInstanceUID))
        except OSError as error:
            self._refuse_object(f"it cannot be written ({error.strerror or type(error).__name__})")
            return OUT_OF_RESOURCES
        except Exception as error:  # of many kinds from pydicom, and none may be answered with success
            self._refuse_object(getattr(error, "code", type(error).__name__))
            return NOT_UNDERSTOOD
        self._counts.add("objects_received")
        return SUCCESS

    def _too_much(self, size: int) -> str:
        """Return why so many bytes are not taken; nothing where they are allowed, and may still be written."""
        if size > self._config.max_object_mb << 20:
            return f"it has more than max_object_mb ({self._config.max_object_mb})"
        free = self._storage.free_bytes() - (self._config.min_free_mb << 20)
        return f"the disk has less than min_free_mb ({self._config.min_free_mb}) beside it" if size > free else ""

    def _refuse_call(self, address: str, why: str) -> None:
        self._calls.add(f"a call from {address} is refused: {why}")

    def _refuse_object(self, why: str) -> None:
        self._objects.add(f"an object is refused: {why}")


def _tls_context(tls: Tls) -> ssl.SSLContext:
    """Return what asks each client for a certificate of those who may."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_cert_chain(tls.certificate, tls.key)
        context.load_verify_locations(tls.clients)
    except OSError as error:  # as those of `ssl` are
        text = f"the files of [tls] cannot be used: {error.strerror or error}; name PEM files that the node may read"
        raise UnreadableInput(text, code="bad-tls") from error
    return context
