"""What no node can be, and what would fail only when the first series comes."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from pleura.conventions import FORMAT_NAMES
from pleura.errors import InvalidOption
from pleura.serving.config import NodeConfig, Peer, Query, Rule

_TITLE = re.compile(r"[ -\[\]-~]{1,16}")
"""An application entity title: up to 16 characters of the basic repertoire, no backslash (PS3.5, AE)."""

_PEER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")
"""A name of a peer: what waits for it lies in a folder of that name, which has to be one folder on any system."""
_MOST_DAYS = 36500
"""A hundred years: no study is older."""
_HIGHEST_PORT = 65535
"""Ports have 16 bits (RFC 9293, 3.1)."""


def wrong(name: str, why: str) -> InvalidOption:
    """Return the error of a field."""
    return InvalidOption(f"{name} {why}", code="config-field")


def check(config: NodeConfig) -> None:
    """Refuse values that no node can have."""
    for name in ("folder", "address"):
        if not getattr(config, name):
            raise wrong(name, "is empty")
    for name in ("time_limit", "max_associations"):
        if not getattr(config, name):
            raise wrong(name, "has to be more than 0")
    if not config.calling_titles and not config.queries:
        raise wrong("calling_titles", "has to name who may call, or [[queries]] whom to ask")
    _check_titles(config)
    _check_ports(config)
    _check_addresses(config)
    for name, peer in config.peers.items():
        _check_peer(name, peer)
    if config.archive and config.archive not in config.peers:
        raise wrong("archive", f"names {config.archive}, which is none of the peers")
    if config.archive and config.peers[config.archive].url:
        raise wrong("archive", "is asked by C-FIND: name a peer with ae_title, address and port")
    _check_rules(config)
    _check_queries(config)


def _check_peer(name: str, peer: Peer) -> None:
    if not _PEER.fullmatch(name):
        raise wrong(f"peers.{name}", "has to be named with letters, digits, - and _ alone, 64 at most")
    if peer.url:
        if peer.ae_title or peer.address or peer.port:
            raise wrong(f"peers.{name}", "has a url, which needs no ae_title, address or port")
        if not _is_url(peer.url):
            raise wrong(f"peers.{name}.url", "has to be as https://pacs.example/dicom-web, without a password")
        _check_secrets(f"peers.{name}", peer)
        return
    if peer.user or peer.password_file or peer.token_file:
        raise wrong(f"peers.{name}", "has a user, a password or a token, which are shown to a url alone")
    missing = [field for field in ("ae_title", "address", "port") if not getattr(peer, field)]
    if missing:
        raise wrong(f"peers.{name}.{missing[0]}", "is missing")
    _check_title(f"peers.{name}.ae_title", peer.ae_title)
    _check_port(f"peers.{name}.port", peer.port)


def _check_secrets(where: str, peer: Peer) -> None:
    if peer.token_file and (peer.user or peer.password_file):
        raise wrong(f"{where}.token_file", "is there beside a user or a password: one of the two")
    if bool(peer.user) != bool(peer.password_file):
        raise wrong(f"{where}.{'password_file' if peer.user else 'user'}", "is missing")
    if ":" in peer.user:  # RFC 7617, 2
        raise wrong(f"{where}.user", "has to be without a colon")


def _check_queries(config: NodeConfig) -> None:
    for number, query in enumerate(config.queries, start=1):
        _check_query(config, query, f"queries {number}")
        if query.peer in {earlier.peer for earlier in config.queries[: number - 1]}:
            raise wrong(f"queries {number}.peer", f"names {query.peer}, which is asked already")


def _check_query(config: NodeConfig, query: Query, where: str) -> None:
    if query.peer not in config.peers:
        raise wrong(f"{where}.peer", f"names {query.peer}, which is none of the peers")
    if not config.peers[query.peer].url:
        raise wrong(f"{where}.peer", f"names {query.peer}, which has no url")
    if query.seconds < 1:
        raise wrong(f"{where}.seconds", "has to be 1 or more")
    if query.days > _MOST_DAYS:
        raise wrong(f"{where}.days", f"has to be {_MOST_DAYS} at most, or 0 for any")


def _check_addresses(config: NodeConfig) -> None:
    for address in config.addresses:
        if not _is_address(address):
            raise wrong("addresses", f"holds {address!r}, which is no address as 10.0.0.7")


def _check_rules(config: NodeConfig) -> None:
    if not config.rules:
        raise wrong("rules", "has to hold a table [[rules]] at least: the node removes each series that no rule wants")
    for number, rule in enumerate(config.rules, start=1):
        _check_rule(config, rule, f"rules {number}")


def _check_rule(config: NodeConfig, rule: Rule, where: str) -> None:
    unknown = [name for name in rule.formats if name not in FORMAT_NAMES or not _is_dicom(name)]
    if unknown or not rule.formats:
        raise wrong(f"{where}.formats", "has to hold formats of DICOM, as dicom-seg")
    if not rule.send_to:
        raise wrong(f"{where}.send_to", "has to name a peer, or what is made goes nowhere")
    strangers = [peer for peer in rule.send_to if peer not in config.peers]
    if strangers:
        raise wrong(f"{where}.send_to", f"names {strangers[0]}, which is none of the peers")


def _check_titles(config: NodeConfig) -> None:
    _check_title("ae_title", config.ae_title)
    for title in config.calling_titles:
        _check_title(f"calling_titles {title}", title)


def _check_title(name: str, title: str) -> None:
    if not _TITLE.fullmatch(title) or not title.strip():
        raise wrong(name, "has to be an AE title of 1 to 16 characters")


def _check_ports(config: NodeConfig) -> None:
    _check_port("port", config.port)
    if config.http_port > _HIGHEST_PORT:
        raise wrong("http_port", f"has to be a port, 1 to {_HIGHEST_PORT}, or 0 for none")


def _check_port(name: str, port: int) -> None:
    if not 1 <= port <= _HIGHEST_PORT:
        raise wrong(name, f"has to be a port, 1 to {_HIGHEST_PORT}")


def _is_url(text: str) -> bool:
    """Say whether a text is the address of a server of HTTP and nothing more."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    plain = parts.scheme in {"http", "https"} and parts.hostname and parts.username is None and port != 0
    return bool(plain and not (parts.query or parts.fragment) and text.isascii() and not re.search(r"\s", text))


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_dicom(name: str) -> bool:
    return name.startswith("dicom-") or name == "rtstruct"
