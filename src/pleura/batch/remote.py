"""Scans at addresses, as s3://bucket/scan.zip: fetched while they are segmented, each by itself, and then removed.

Of an address no other is asked: redirections of HTTP are refused, and links are not followed. What reads an address
may ask for its keys first, as that of S3 does of the cloud's machine. To plan, nobody is asked.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pleura.errors import InvalidOption, UnreadableInput, missing_extra
from pleura.temporary import temporary_folder

if TYPE_CHECKING:
    from aiohttp import ClientResponse

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://.+")
"""A scheme has two letters at least, so that a path of Windows is none."""
_OF_WEB = {"http", "https"}
"""Where a folder is a page of links, which are not followed."""
_OF_AZURE = {"abfs", "abfss", "az"}
"""Where the name before the host is that of a container; anywhere else it is a user, or a token."""
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_LONGEST = 100
"""Characters of the name of a file that are kept: its suffix says what it may be."""


def is_address(source: str) -> bool:
    """Say whether a source is no path, but an address: ``scheme://...``."""
    return _ADDRESS.fullmatch(source) is not None


def check_address(address: str) -> None:
    """Say whether an address can be asked, without asking.

    Raises
    ------
    InvalidOption : it holds a user or a password, or nothing reads addresses of that kind (`bad-address`)
    MissingExtra : what reads them is not installed
    """
    try:
        parts = urlsplit(address)
        has_user = parts.username is not None and parts.scheme not in _OF_AZURE
    except ValueError as error:
        host = address.rpartition("@")[2]  # what stands before may be a password
        raise InvalidOption(f"{host} is no address that can be read", code="bad-address") from error
    if has_user or parts.password is not None:
        text = "an address with a user, a token or a password would be in the table; let the environment hold them"
        raise InvalidOption(text, code="bad-address")
    try:
        from fsspec import get_filesystem_class
    except ImportError:
        raise missing_extra("fsspec", "remote") from None
    scheme = address.partition("://")[0]
    try:
        get_filesystem_class(scheme.lower())
    except ImportError:
        raise missing_extra(f"what reads {scheme}:// addresses", "remote") from None
    except ValueError:
        cleaned = without_secrets(address)
        text = f"{cleaned}: nothing reads addresses with {scheme}://; name a path, or one with https:// or s3://"
        raise InvalidOption(text, code="bad-address") from None


def without_secrets(source: str) -> str:
    """Return an address without what may hold a signature: what follows its path. Of a path, return it as it is."""
    return re.split(r"[?#]", source, maxsplit=1)[0] if is_address(source) else source


@contextmanager
def fetched(address: str) -> Iterator[Path]:
    """Give the file or folder of an address, in a temporary folder that is removed afterwards.

    Raises
    ------
    UnreadableInput : it is not there, may not be read, or nobody answers (`not-fetched`)
    InvalidOption, MissingExtra : see `check_address`
    """
    check_address(address)
    with temporary_folder() as folder:
        yield _fetch(address, folder)


def _fetch(address: str, folder: Path) -> Path:
    """Copy what an address names into a folder, and return where it lies."""
    from fsspec.core import url_to_fs

    target = folder / _local_name(address)
    of_web = urlsplit(address).scheme in _OF_WEB
    options = {"allow_redirects": False, "client_kwargs": {"raise_for_status": _refuse_redirection}} if of_web else {}
    why = ""
    try:
        system, path = url_to_fs(address, **options)
        if not of_web and system.isdir(path):
            _fetch_folder(system, path, target)
        else:
            system.get_file(path, str(target))
    except Exception as error:  # each kind of address has errors of its own
        why = getattr(error, "strerror", None) or type(error).__name__
    if why:  # not from that error: a full disk of temporary files is not that of the results
        text = f"{address} cannot be fetched ({why}); see whether it is there and who may read it"
        raise UnreadableInput(text, code="not-fetched")
    return target


def _local_name(address: str) -> str:
    """Return what the file or folder of an address is called in the temporary folder."""
    name = _UNSAFE.sub("_", PurePosixPath(urlsplit(address).path).name)[-_LONGEST:]
    return "scan" if name in {"", ".", ".."} else name


async def _refuse_redirection(response: ClientResponse) -> None:
    """Raise `OSError` where an answer names another address, whose text would else be taken for the scan."""
    if 300 <= response.status < 400:  # RFC 9110, 15.4
        raise OSError(errno.EREMOTE, "it leads to another address, which is not asked; name that one in the list")


def _fetch_folder(system: Any, path: str, target: Path) -> None:
    """Copy each file of a folder to its place below another one."""
    for file in system.find(path):
        relative = PurePosixPath(file).relative_to(path)
        if ".." in relative.parts:
            raise ValueError("a name that leads out of the folder")
        local = target / relative
        local.parent.mkdir(parents=True, exist_ok=True)
        system.get_file(file, str(local))
