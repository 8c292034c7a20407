"""What the system objects to where a node wants to listen, as errors that say what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from pleura.errors import UnwritableOutput

_WHAT_TO_DO = {
    errno.EADDRINUSE: "another program listens there; stop it, or name another",
    errno.EACCES: "ports below 1024 are for the administrator; name a higher one",
    errno.EADDRNOTAVAIL: "this machine has no such address; name one that it has",
}


@contextmanager
def listening_errors(address: str, port: int) -> Iterator[None]:
    """Say in an error with a name why nobody can listen on an address and port.

    Raises
    ------
    UnwritableOutput : another program does (`port-in-use`), or the system refuses (`cannot-listen`)
    """
    where = f"the node cannot listen on {address} port {port}"
    try:
        yield
    except OSError as error:
        why = _WHAT_TO_DO.get(error.errno or 0) or f"{error.strerror or error}; name another address or port"
        code = "port-in-use" if error.errno == errno.EADDRINUSE else "cannot-listen"
        raise UnwritableOutput(f"{where}: {why}", code=code) from error
    except (TypeError, UnicodeError) as error:  # of what can be the name of no machine
        raise UnwritableOutput(f"{where}: that is no address; name another", code="cannot-listen") from error
