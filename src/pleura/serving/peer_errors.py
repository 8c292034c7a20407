"""Why a peer did not do what it was asked, whichever way it was called."""

from __future__ import annotations


class PeerError(Exception):
    """A peer did not take an object, or did not answer; the text says why, and holds no personal data."""


class NotReached(PeerError):
    """A peer could not be called at all, which says nothing of what was to be sent or fetched."""


class TooLarge(PeerError):
    """A peer answers with more than is taken; to ask again is no use."""
