"""The side of a node that is called: who may call, what is taken, and when it is said to be safe (C-ECHO, C-STORE)."""

from __future__ import annotations

import logging
import ssl
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from pleura.errors import PleuraError, UnwritableOutput, missing_extra
from pleura.serving.config import NodeConfig, Tls
from pleura.serving.storage import NodeStorage

SUCCESS, OUT_OF_RESOURCES, NOT_UNDERSTOOD = 0x0000, 0xA700, 0xC000
"""Answers to C-STORE (PS3.4, B.2.3)."""
_REJECTED_FOR_GOOD, _BY_USER, _NO_REASON = 1, 1, 1
"""Result, source and reason of a rejection (PS3.8, 9.3.4)."""

_log = logging.getLogger("pleura.node")


class Receiver:
    """Takes objects of those who may call, and files them.

    Parameters
    ----------
    counts : takes what was received and refused, by name

    Raises
    ------
    MissingExtra : pynetdicom is not installed
    UnwritableOutput : it cannot listen there (`port-in-use`), or a file of the TLS settings cannot be read (`bad-tls`)
    """

    def __init__(self, config: NodeConfig, storage: NodeStorage, counts: Counter[str]) -> None:
        self._config, self._storage, self._counts = config, storage, counts
        self._server = self._started()

    def close(self) -> None:
        """Let nobody call any more."""
        self._server.shutdown()

    def _started(self) -> Any:
        try:
            from pynetdicom import AE, AllStoragePresentationContexts, evt
            from pynetdicom._globals import ALL_TRANSFER_SYNTAXES
            from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]
        except ImportError:
            raise missing_extra("pynetdicom", "node") from None
        logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)  # it prints what calls hold
        config = self._config
        entity: Any = AE(ae_title=config.ae_title)
        entity.require_called_aet = True
        entity.require_calling_aet = list(config.calling_titles)
        entity.maximum_associations = config.max_associations
        for context in AllStoragePresentationContexts:
            entity.add_supported_context(context.abstract_syntax, ALL_TRANSFER_SYNTAXES)
        entity.add_supported_context(Verification)
        handlers: list[tuple[Any, Callable[[Any], Any]]] = [
            (evt.EVT_REQUESTED, self._refuse_strangers),
            (evt.EVT_REJECTED, lambda _: self._count("associations_rejected")),
            (evt.EVT_C_STORE, self._store),
        ]
        context_of_tls = _tls_context(config.tls) if config.tls else None
        try:
            where = (config.address, config.port)
            return entity.start_server(where, block=False, evt_handlers=handlers, ssl_context=context_of_tls)
        except OSError as error:
            text = f"the node cannot listen on {config.address} port {config.port}: {error.strerror or error}"
            raise UnwritableOutput(text, code="port-in-use") from error

    def _refuse_strangers(self, event: Any) -> None:
        """Reject who calls from an address that is not on the list."""
        if self._config.addresses and event.assoc.requestor.address not in self._config.addresses:
            event.assoc.acse.send_reject(_REJECTED_FOR_GOOD, _BY_USER, _NO_REASON)
            with suppress(Exception):
                event.assoc.kill()
            self._count("associations_rejected")

    def _store(self, event: Any) -> int:
        """File one object; the answer is success only when it is on the disk."""
        size = event.request.DataSet.getbuffer().nbytes
        free = self._storage.free_bytes() - (self._config.min_free_mb << 20)
        if size > self._config.max_object_mb << 20 or size > free:
            self._count("objects_refused")
            return OUT_OF_RESOURCES
        try:
            self._storage.receive(event.encoded_dataset(), str(event.request.AffectedSOPInstanceUID))
        except OSError as error:
            _log.error("an object cannot be written: %s", error.strerror)
            self._count("objects_refused")
            return OUT_OF_RESOURCES
        except (PleuraError, ValueError) as error:
            _log.warning("an object is refused: %s", getattr(error, "code", "damaged"))
            self._count("objects_refused")
            return NOT_UNDERSTOOD
        self._count("objects_received")
        return SUCCESS

    def _count(self, name: str) -> None:
        self._counts[name] += 1


def _tls_context(tls: Tls) -> ssl.SSLContext:
    """Return what asks each client for a certificate of those who may."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_cert_chain(tls.certificate, tls.key)
        context.load_verify_locations(tls.clients)
    except (OSError, ssl.SSLError) as error:
        raise UnwritableOutput(f"the files of the TLS settings cannot be used: {error}", code="bad-tls") from error
    return context
