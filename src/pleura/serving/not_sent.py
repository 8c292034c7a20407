"""Why a peer did not take an object, whichever way it was sent."""

from __future__ import annotations


class NotSent(Exception):
    """A peer did not take an object; the text says why, and holds no personal data."""


class NotReached(NotSent):
    """A peer could not be called at all, which says nothing of what was to be sent."""
