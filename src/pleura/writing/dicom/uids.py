"""UIDs that follow from content: the same scan, model and options give the same, and anything else gives others."""

from __future__ import annotations

import json
from uuid import UUID, uuid5

from pleura.segmentation import Segmentation

_NAMESPACE = UUID("6f2f5c0e-53f0-4d5b-9d36-2f6c4b0b9a4e")
"""Drawn once, at random; what keeps our UIDs apart from those that others derive from equal text (RFC 9562, 5.5)."""


def uid_from(*parts: str) -> str:
    """Return a UID under 2.25 that stands for the parts, in their order (PS3.5 section B.2)."""
    return f"2.25.{uuid5(_NAMESPACE, json.dumps(parts)).int}"


IMPLEMENTATION = uid_from("implementation")
"""The implementation class of what writes our files, and the creator of the private information in them."""


def series_uid(segmentation: Segmentation, format_name: str, *options: str) -> str:
    """Return the UID of the series of what one model makes of one series with one set of options.

    Parameters
    ----------
    format_name : the name of the format; each has a series of its own
    options : those of the format
    """
    identity = segmentation.volume.identity
    source = (identity.study_uid, identity.series_uid, identity.sha256, *identity.instance_uids)
    made = json.dumps(dict(segmentation.provenance), sort_keys=True)
    return uid_from("series", *source, made, format_name, *options)


def instance_uid(series: str, digest: str) -> str:
    """Return the UID of an object of a series by the hash of its content, so that a corrected mask has another one."""
    return uid_from("instance", series, digest)
