"""Augmentation: what a training sample goes through is drawn in one place and applied in another.

`draw` turns a random generator into a list of `SampleParams`; `apply` turns a batch and its parameters into what the
network sees. The same parameters give the same samples, so any sample can be replayed.
"""

from pleura.training.augment.sample import SampleParams, apply, draw

__all__ = ["SampleParams", "apply", "draw"]
