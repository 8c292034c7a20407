"""What a DICOM node is called, whom it lets in, which series it segments, and where results go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pleura.conventions import TIME_LIMIT, MaskFormat


@dataclass(frozen=True)
class Peer:
    """Another node: of DICOM, called by its title, or of DICOMweb, at its URL.

    Attributes
    ----------
    ae_title, address, port : of a node that takes results by C-STORE
    url : of services that take them by STOW-RS
    user, password_file : of a URL: who asks, and the file with the password
    token_file : of a URL: the file with a token (Bearer), in place of a user
    """

    ae_title: str = ""
    address: str = ""
    port: int = 0
    url: str = ""
    user: str = ""
    password_file: str = ""
    token_file: str = ""


@dataclass(frozen=True)
class Query:
    """An archive that is asked by QIDO-RS for series that a rule wants, which are fetched by WADO-RS.

    Attributes
    ----------
    peer : name of the peer, which has a URL
    seconds : after which it is asked again
    days : before today, from which on the studies are; 0 for any day, and for studies without a date
    """

    peer: str
    seconds: float = 60.0  # an archive answers in a fraction of one, and nobody waits for a result beside it
    days: int = 7  # what came while a node was down over a holiday, and no archive of many years


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
    send_to : names of peers, one at least
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
    calling_titles : of those who may call; nobody else may, and without one the node does not listen
    addresses : of IP, from which they may; any where it is empty
    max_associations : at a time
    max_object_mb : of one object that is received
    min_free_mb : of the disk, below which nothing more is received
    time_limit, memory_limit_mb : of one segmentation; 0 for any memory
    http_port : for health and metrics, on the loopback; 0 for none
    archive : name of the peer that says how many objects a series has; empty for none
    """

    folder: str
    calling_titles: tuple[str, ...] = ()
    ae_title: str = "PLEURA"
    address: str = "127.0.0.1"
    port: int = 11112
    quiet_seconds: float = 10.0  # archives send a series in one association, or in a few at once
    incomplete_seconds: float = 3600.0  # an archive that starts anew goes on within the hour
    addresses: tuple[str, ...] = ()
    max_associations: int = 50  # each may hold one object in memory
    max_object_mb: int = 1024  # an enhanced CT of 2048 slices of 512 x 512
    min_free_mb: int = 1024  # for the results of what has come: a segmentation of 300 slices takes 15 MB
    time_limit: float = TIME_LIMIT
    memory_limit_mb: int = 0
    http_port: int = 0
    archive: str = ""
    tls: Tls | None = None
    peers: Mapping[str, Peer] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    queries: tuple[Query, ...] = ()
