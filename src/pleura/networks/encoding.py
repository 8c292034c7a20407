"""How a deployed network writes scores as bytes: the difference of two scores in steps, about a byte for zero.

A score is a logit. `pleura.networks.deploy` writes the bytes in PyTorch and `pleura.inference` reads them in NumPy, so
that what both have to know stands here, where neither library is imported.
"""

from __future__ import annotations

ZERO = 128
"""Byte of two equal scores; above it, the first of the two classes is likelier than the second."""

STEPS_PER_LOGIT = 16.0
"""Steps of a byte for a difference of 1. Bytes then span differences of -8 to 8, beyond which a softmax gives 0.9997,
and a step moves a probability by at most 1/64."""

ADDED = ZERO + 16
"""Byte of what post-processing and the rules of anatomy add to a mask: one logit, a probability of 0.73: likelier than
not, and not certain."""
