"""Where a node cannot listen, the error says why and what to do."""

from __future__ import annotations

import errno
import socket

import pytest

from pleura.errors import UnwritableOutput
from pleura.serving.listening import listening_errors


def test_an_address_and_port_that_another_program_has() -> None:
    with socket.socket() as other, socket.socket() as own:
        other.bind(("127.0.0.1", 0))
        other.listen()
        where = other.getsockname()
        with pytest.raises(UnwritableOutput, match="another program listens") as caught, listening_errors(*where):
            own.bind(where)
    assert caught.value.code == "port-in-use"


@pytest.mark.parametrize(
    ("address", "what_to_do"),
    [
        ("192.0.2.7", "this machine has no such address; name one that it has"),  # of documents alone (RFC 5737)
        ("\u00fc" * 64, "that is no address; name another"),
    ],
    ids=["of another machine", "of none"],
)
def test_an_address_that_is_not_of_this_machine(address: str, what_to_do: str) -> None:
    raised = pytest.raises(UnwritableOutput, match=what_to_do)
    with socket.socket() as own, raised as caught, listening_errors(address, 0):
        own.bind((address, 0))
    assert caught.value.code == "cannot-listen"


@pytest.mark.parametrize(
    ("error", "what_to_do"),
    [
        (OSError(errno.EACCES, "Permission denied"), "ports below 1024 are for the administrator"),
        (OSError(errno.ENETDOWN, "Network is down"), "Network is down; name another"),
        (OSError("nothing more"), "nothing more; name another"),
    ],
)
def test_what_else_the_system_objects_to(error: OSError, what_to_do: str) -> None:
    with pytest.raises(UnwritableOutput, match=what_to_do) as caught, listening_errors("127.0.0.1", 104):
        raise error
    assert caught.value.code == "cannot-listen"
