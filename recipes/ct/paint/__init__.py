"""Disease painted in space into scans with known lungs: the truth is known because it was painted.

Every painter is a frozen record of its parameters, drawn from one NumPy generator by `draw`, and applied by `paint`:
a `Chest` in, a new `Chest` out, on any grid. Consolidation, masses, collapse, emphysema stay lung; fluid, free air
and what pushes up from below the diaphragm are background.
"""
