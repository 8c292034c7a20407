"""What a DICOM node is called, whom it lets in, which series it segments, and where results go; read from TOML."""

from __future__ import annotations

import re
import tomllib
import typing
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from pleura.conventions import FORMAT_NAMES, TIME_LIMIT, MaskFormat
from pleura.errors import InvalidOption, UnreadableInput

_TITLE = re.compile(r"[ -\[\]-~]{1,16}")
"""An application entity title: up to 16 characters of the basic repertoire, no backslash (PS3.5, AE)."""

_PEER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")
"""A name of a peer: what waits for it lies in a folder of that name, which has to be one folder on any system."""
_HIGHEST_PORT = 65535
"""Ports have 16 bits (RFC 9293, 3.1)."""
_HIGHEST = 2**63 - 1
"""The highest whole number that TOML asks a reader for."""

Table = TypeVar("Table")


@dataclass(frozen=True)
class Peer:
    """Another node, to which results are sent."""

    ae_title: str
    address: str
    port: int


@dataclass(frozen=True)
class Rule:
    """Which series are segmented, and what is made of them.

    Attributes
    ----------
    modality : of the header; empty for any
    description : a part of the description of the series, in any case; empty for any
    body_part : of the header; empty for any
    min_slices : of a series
    formats : DICOM objects to write
    send_to : names of peers
    """

    modality: str = ""
    description: str = ""
    body_part: str = ""
    min_slices: int = 1
    formats: tuple[MaskFormat, ...] = ("dicom-seg",)
    send_to: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tls:
    """Encryption: the node's certificate and key, and who signs those that clients have to present (PEM files)."""

    certificate: str
    key: str
    clients: str


@dataclass(frozen=True)
class NodeConfig:
    """What a node is.

    Attributes
    ----------
    folder : for what has been received and what waits to be sent
    ae_title, address, port : where it listens; by default on this machine alone
    quiet_seconds : without another slice, after which a series is taken for complete
    incomplete_seconds : for which a series that has too few slices for its rule waits for the others
    calling_titles : of those who may call; nobody else may
    addresses : from which they may; any where it is empty
    max_associations : at a time
    max_object_mb : of one object that is received
    min_free_mb : of the disk, below which nothing more is received
    time_limit, memory_limit_mb : of one segmentation
    http_port : for health and metrics, on the loopback; 0 for none
    """

    folder: str
    calling_titles: tuple[str, ...]
    ae_title: str = "PLEURA"
    address: str = "127.0.0.1"
    port: int = 11112
    quiet_seconds: float = 10.0
    incomplete_seconds: float = 3600.0
    addresses: tuple[str, ...] = ()
    max_associations: int = 50
    max_object_mb: int = 1024
    min_free_mb: int = 1024
    time_limit: float = TIME_LIMIT
    memory_limit_mb: int = 0
    http_port: int = 0
    tls: Tls | None = None
    peers: Mapping[str, Peer] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()


def read_config(path: Path) -> NodeConfig:
    """Return the configuration in a TOML file.

    Raises
    ------
    UnreadableInput : there is no such file, or it is no TOML (`not-found`, `not-toml`)
    InvalidOption : a field is unknown, missing, or of the wrong type (`config-field`)
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UnreadableInput(f"{path}: there is no such file or folder", code="not-found") from None
    except (OSError, ValueError) as error:
        raise UnreadableInput(f"{path} is not TOML that can be read: {error}", code="not-toml") from error
    peers = {name: _table(Peer, one, f"peers.{name}") for name, one in _tables(found.pop("peers", {}), "peers").items()}
    rules = tuple(_table(Rule, one, f"rules {k}") for k, one in enumerate(_list(found.pop("rules", [])), start=1))
    tls = _table(Tls, found.pop("tls"), "tls") if "tls" in found else None
    config = _table(NodeConfig, {**found, "peers": peers, "rules": rules, "tls": tls}, "")
    _check(config)
    return config


def _tables(found: object, name: str) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise _wrong(name, "has to be a table")
    return found


def _list(found: object) -> Sequence[Any]:
    if not isinstance(found, list):
        raise _wrong("rules", "has to be a list of tables, [[rules]]")
    return found


def _table(kind: type[Table], found: object, name: str) -> Table:
    """Return a table as a dataclass, its fields checked by their types."""
    values = dict(_tables(found, name))
    known = {one.name: one for one in fields(typing.cast(Any, kind))}
    hints = typing.get_type_hints(kind)
    prefix = f"{name}." if name else ""
    for key, value in values.items():
        if key not in known:
            raise _wrong(prefix + key, "is not known")
        values[key] = _value(value, hints[key], prefix + key)
    missing = [key for key, one in known.items() if key not in values and _is_required(one)]
    if missing:
        raise _wrong(prefix + missing[0], "is missing")
    return kind(**values)


def _is_required(one: Any) -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def _value(value: object, hint: object, name: str) -> object:
    """Return a value as its field holds it: numbers and texts as they are, lists as tuples."""
    if hint is str:
        if not isinstance(value, str):
            raise _wrong(name, "has to be a text")
    elif hint in {int, float}:
        if not _is_amount(value, whole=hint is int):
            raise _wrong(name, f"has to be a {'whole ' if hint is int else ''}number, 0 or more")
    elif typing.get_origin(hint) is tuple and not isinstance(value, tuple):  # as the rules are by now
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise _wrong(name, "has to be a list of texts")
        return tuple(value)
    return value


def _is_amount(value: object, *, whole: bool) -> bool:
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        return False
    return 0 <= value <= _HIGHEST  # which what is no number (nan) is not, either


def _check(config: NodeConfig) -> None:
    """Refuse values that no node can have."""
    titles = {"ae_title": config.ae_title, "calling_titles": "", **_titles_of_peers(config)}
    titles |= {f"calling_titles {title}": title for title in config.calling_titles}
    for name, title in titles.items():
        if name != "calling_titles" and not _TITLE.fullmatch(title):
            raise _wrong(name, "has to be an AE title of 1 to 16 characters")
    if not config.calling_titles:
        raise _wrong("calling_titles", "has to name who may call")
    _check_ports(config)
    for name in config.peers:
        if not _PEER.fullmatch(name):
            raise _wrong(f"peers.{name}", "has to be named with letters, digits, - and _ alone, 64 at most")
    for number, rule in enumerate(config.rules, start=1):
        unknown = [name for name in rule.formats if name not in FORMAT_NAMES or not _is_dicom(name)]
        if unknown or not rule.formats:
            raise _wrong(f"rules {number}.formats", "has to hold formats of DICOM, as dicom-seg")
        strangers = [name for name in rule.send_to if name not in config.peers]
        if strangers:
            raise _wrong(f"rules {number}.send_to", f"names {strangers[0]}, which is none of the peers")


def _check_ports(config: NodeConfig) -> None:
    ports = {"port": config.port, **{f"peers.{name}.port": peer.port for name, peer in config.peers.items()}}
    for name, port in ports.items():
        if not 1 <= port <= _HIGHEST_PORT:
            raise _wrong(name, f"has to be a port, 1 to {_HIGHEST_PORT}")
    if config.http_port > _HIGHEST_PORT:
        raise _wrong("http_port", f"has to be a port, 1 to {_HIGHEST_PORT}, or 0 for none")


def _titles_of_peers(config: NodeConfig) -> dict[str, str]:
    return {f"peers.{name}.ae_title": peer.ae_title for name, peer in config.peers.items()}


def _is_dicom(name: str) -> bool:
    return name.startswith("dicom-") or name == "rtstruct"


def _wrong(name: str, why: str) -> InvalidOption:
    return InvalidOption(f"the configuration of the node: {name} {why}", code="config-field")
