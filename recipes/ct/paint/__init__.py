"""Disease painted in space into scans with known lungs: the truth is known because it was painted.

Every painter is a frozen record of its parameters, drawn from one NumPy generator by `draw`, and applied by `paint`:
a `Chest` in, a new `Chest` out, on any grid. Consolidation, masses, collapse, emphysema stay lung; fluid, free air
and what pushes up from below the diaphragm are background.

Sizes and densities are those that the field gives, named beside each. How often, and how far beyond that, is chosen:
wider than what is seen, so that a network meets no patient at the edge of what it has learnt. Whether a range is wide
enough is judged by the hard cases (`benchmarks/hard_cases.py`), not by the painted samples themselves.
"""
