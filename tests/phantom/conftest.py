"""A chest drawn once for all tests of the phantom."""

from __future__ import annotations

import pytest

from pleura.phantom import Phantom, chest

SHAPE, SPACING = (32, 96, 96), (10.0, 4.0, 4.0)
"""The whole chest on a coarse grid."""


@pytest.fixture(scope="session")
def phantom() -> Phantom:
    return chest(SHAPE, SPACING)
