"""Augmentation: what a training sample goes through is drawn in one place and applied in another.

`draw` turns a random generator into a list of `SampleParams`; `apply` turns a batch and its parameters into what the
network sees. The same parameters give the same samples, so any sample can be replayed.

Beside each number stands what it covers. Figures called measured are printed by `benchmarks/augmentation_ranges.py`;
a pixel of the grid is 1.4 mm, and its side 358 mm, unless scaled. A number that is called chosen was never measured:
the shipped weights were made with it, and it is kept for that.
"""

from pleura.training.augment.sample import SampleParams, apply, draw

__all__ = ["SampleParams", "apply", "draw"]
