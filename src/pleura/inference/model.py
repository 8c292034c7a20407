"""A model as a value: what it takes and what it gives, whatever its network is.

A kind of output has a class of its own (`pleura.inference.lung_model`, `pleura.inference.probability_model`), and
`pleura.inference.load` names it. What models share that see a scan slice by slice is here: how a scan is sampled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pleura.conventions import QualityMode
from pleura.geometry import axial_spacing, to_axial
from pleura.inference.backends import Backend
from pleura.inference.bundle import Bundle
from pleura.inference.clock import Clock
from pleura.inference.evidence import Evidence
from pleura.inference.grid import FieldOfView, paste
from pleura.inference.locate import locate_lungs
from pleura.inference.probability import enlarge
from pleura.inference.resample import resample_to_grid
from pleura.labels import Label, structures
from pleura.segmentation import Provenance
from pleura.volume import Note, Volume


@dataclass(frozen=True, eq=False)
class Planes:
    """A scan as a network sees it.

    Attributes
    ----------
    values : (z, side, side) uint8, axial
    fov : where they lie on the slices of the scan
    slice_spacing : millimetres between them; None where they are not known
    """

    values: NDArray[np.uint8]
    fov: FieldOfView
    slice_spacing: float | None


@dataclass(frozen=True, eq=False)
class GridProbability:
    """How likely the network takes each pixel of its grid to belong to any structure, before post-processing.

    Attributes
    ----------
    values : (z, s, s) uint8, axial, 255 for certain; s is the side of the grid, or that of the network's output
    fov : where the grid lies on the slices
    """

    values: NDArray[np.uint8]
    fov: FieldOfView

    def on_scan(self, volume: Volume) -> NDArray[np.uint8]:
        """Return the probabilities on the volume's own grid, (z, y, x) uint8; 0 beyond the field of view."""
        found = np.zeros(volume.shape, np.uint8)
        axial = to_axial(found, volume.affine)
        for z in range(len(self.values)):
            paste(axial[z : z + 1], enlarge(self.values[z : z + 1], self.fov), self.fov)
        return found


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model finds in a scan.

    Attributes
    ----------
    labels : (z, y, x) uint8 on the volume's own grid: 0 background, else the value of a structure
    structures : what the values above 0 are
    probability : what the network said, on its grid, where it was asked for: it takes 80 MB of 1200 slices
    warnings : what to check before the labels are used
    changes : what else the provenance has to state: how much the rules of anatomy changed
    """

    labels: NDArray[np.uint8]
    structures: tuple[Label, ...]
    probability: GridProbability | None = None
    warnings: tuple[Note, ...] = ()
    changes: Provenance = field(default_factory=Provenance)


class Judge(Protocol):
    """What judges a mask while that lies on the model's grid: on the scan's it takes the memory that evidence took."""

    @property
    def mode(self) -> QualityMode:
        """How thoroughly: "full" asks for the mirror image too."""

    def __call__(self, evidence: Evidence, structures: Sequence[Label], warnings: Sequence[Note]) -> None:
        """Judge a mask by what speaks for and against it, what its values are, and what the model warns of."""


class Model(Protocol):
    """A network with all that belongs to it, loaded once, for any number of scans."""

    @property
    def bundle(self) -> Bundle:
        """What the model says of itself."""

    @property
    def backend(self) -> str:
        """Name of what runs the network."""

    @property
    def network(self) -> Backend:
        """Planes (n, c, side, side) uint8 -> what `pleura.inference.backends` describes."""

    def predict(
        self, volume: Volume, clock: Clock, *, with_probability: bool = False, judge: Judge | None = None
    ) -> Prediction:
        """Return what the model finds in a volume of a kind that it knows; each stage ends with a lap of the clock.

        `with_probability` asks for the probability; `judge` is called once, where there are lungs to judge.
        """


@dataclass
class SliceModel:
    """What models share that see a scan slice by slice.

    Attributes
    ----------
    bundle, backend, network : see `Model`
    threads : processor threads
    convention : the one of the bundle's conventions that masks follow; its first where it is empty
    """

    bundle: Bundle
    backend: str
    network: Backend
    threads: int
    convention: str = ""

    @property
    def structures(self) -> tuple[Label, ...]:
        """What the labels of a prediction are."""
        return structures(self.bundle.labels)

    def sample(self, volume: Volume, clock: Clock) -> Planes:
        """Return what the network sees of a volume."""
        slices = to_axial(volume.voxels, volume.affine)
        slice_spacing, *pixel = axial_spacing(volume.affine)
        fov = locate_lungs(slices, (pixel[0], pixel[1]), volume.kind, self.bundle, self.network, self.threads)
        clock.lap("locate")
        values = resample_to_grid(slices, fov, volume.kind, self.bundle, self.threads)
        clock.lap("prepare")
        return Planes(values, fov, slice_spacing if volume.spacing_known else None)
