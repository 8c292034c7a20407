"""The configuration of a node, read from TOML; what is wrong is named by its field."""

from __future__ import annotations

import tomllib
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pleura.errors import InvalidOption, UnreadableInput
from pleura.serving.config import NodeConfig, Peer, Query, Rule, Tls
from pleura.serving.config_checks import check, wrong

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_HIGHEST = 2**63 - 1
"""The highest whole number that TOML asks a reader for."""

Table = TypeVar("Table", bound="DataclassInstance")


def read_config(path: Path) -> NodeConfig:
    """Return the configuration in a TOML file.

    Raises
    ------
    UnreadableInput : the file is not there, may not be read, or is no TOML (`not-found`, `no-permission`, `not-toml`)
    InvalidOption : a field is unknown, missing, or of the wrong type (`config-field`)
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise UnreadableInput(f"{path}: there is no such file or folder", code="not-found") from None
    except PermissionError:
        raise UnreadableInput(f"{path}: this may not be read", code="no-permission") from None
    except (OSError, ValueError) as error:
        raise UnreadableInput(f"{path} is not TOML that can be read: {error}", code="not-toml") from error
    try:
        config = _config(content)
        check(config)
    except InvalidOption as error:
        raise error.within(str(path)) from None
    return config


def _config(content: dict[str, object]) -> NodeConfig:
    peers = _tables(content.pop("peers", {}), "peers").items()
    tls = _table(Tls, content.pop("tls"), "tls") if "tls" in content else None
    tables = {
        "peers": {name: _table(Peer, peer, f"peers.{name}") for name, peer in peers},
        "rules": _listed(Rule, content, "rules"),
        "queries": _listed(Query, content, "queries"),
        "tls": tls,
    }
    return _table(NodeConfig, {**content, **tables}, "")


def _tables(value: object, name: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise wrong(name, "has to be a table")
    return value


def _listed(kind: type[Table], content: dict[str, object], name: str) -> tuple[Table, ...]:
    """Take a list of tables out of the content of a file, and return them as dataclasses."""
    tables = content.pop(name, [])
    if not isinstance(tables, list):
        raise wrong(name, f"has to be a list of tables, [[{name}]]")
    return tuple(_table(kind, table, f"{name} {number}") for number, table in enumerate(tables, start=1))


def _table(kind: type[Table], content: object, name: str) -> Table:
    """Return a table as a dataclass, its fields checked by their types."""
    values = dict(_tables(content, name))
    known = {field.name: field for field in fields(kind)}
    hints = typing.get_type_hints(kind)
    prefix = f"{name}." if name else ""
    for key, value in values.items():
        if key not in known:
            raise wrong(prefix + key, f"is not known; there are {', '.join(known)}")
        values[key] = _value(value, hints[key], prefix + key)
    missing = [key for key, field in known.items() if key not in values and _is_required(field)]
    if missing:
        raise wrong(prefix + missing[0], "is missing")
    return kind(**values)


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _value(value: object, hint: object, name: str) -> object:
    """Return a value as its field holds it: numbers and texts as they are, lists as tuples."""
    if hint is str:
        if not _is_text(value):
            raise wrong(name, "has to be a text")
    elif hint in {int, float}:
        if not _is_amount(value, whole=hint is int):
            raise wrong(name, f"has to be a {'whole ' if hint is int else ''}number, 0 or more")
    elif typing.get_origin(hint) is tuple and not isinstance(value, tuple):  # as the rules are by now
        if not isinstance(value, list) or not all(map(_is_text, value)):
            raise wrong(name, "has to be a list of texts")
        return tuple(value)
    return value


def _is_text(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value  # which no path and no name holds


def _is_amount(value: object, *, whole: bool) -> bool:
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        return False
    return 0 <= value <= _HIGHEST  # which what is no number (nan) is not, either
