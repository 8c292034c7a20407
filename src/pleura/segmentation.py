"""The result of segmenting a scan: labels on the scan's own grid, and what has to be known to trust them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from pleura.labels import LUNGS, Label
from pleura.measurement import Measurements, Sizes, measure, measure_sizes
from pleura.volume import Note, Volume

if TYPE_CHECKING:
    from pleura.conventions import MaskFormat, SegType
    from pleura.quality import Quality

_MOST_NAMED = 6
"""Structures that still make a line that can be read."""


class Provenance(TypedDict, total=False):
    """What a mask states of its making, each part as JSON holds it.

    Attributes
    ----------
    program, model : name and version, and of the model its hash; a mask that was read may name no model
    source : hash of the file that a mask was read from
    parameters : what was asked for
    input : `pleura.volume.input_fields` of the scan
    rules_ml : rule of anatomy -> millilitres that it changed
    """

    program: Mapping[str, object]
    source: Mapping[str, object]
    model: Mapping[str, object]
    parameters: Mapping[str, object]
    input: Mapping[str, object]
    rules_ml: Mapping[str, float]


@dataclass(frozen=True, eq=False, repr=False)
class Segmentation:
    """Right and left lung of one scan, or what else a model marks.

    Attributes
    ----------
    labels : uint8, 0 background, 1 right lung, 2 left lung; (z, y, x) on the volume's own grid,
        or (y, x) where the volume is a single picture
    volume : the scan it belongs to
    warnings : what to check before the mask is used; empty when nothing stood out
    timings : seconds by stage, in the order they ran
    provenance : program, model, parameters and input identity; holds no clock and no personal data
    structures : what the values above 0 in `labels` are
    quality : how far the mask can be trusted, as it was made; None where that was not asked for, of structures other
        than lungs, and of a mask that was read
    """

    labels: NDArray[np.uint8]
    volume: Volume
    warnings: tuple[Note, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    provenance: Provenance = field(default_factory=Provenance)
    structures: tuple[Label, ...] = LUNGS
    quality: Quality | None = None
    _measured: tuple[int, Measurements] | None = field(default=None, init=False)

    def write(
        self,
        path: str | Path,
        *,
        format: MaskFormat | None = None,  # noqa: A002 - as `writing.write`
        seg_type: SegType = "binary",
    ) -> Path:
        """Write the labels to `path`, in the format named or that its suffix stands for, with a JSON beside it.

        A DICOM object (`.dcm`) holds what the scan's header states of the patient; nothing else does. Returns the path
        written. Raises `UnwritableOutput` for an unknown suffix, a scan that the format cannot hold or an unsuitable
        folder, and `InvalidOption` for a format or a type of segmentation that does not exist.
        """
        from pleura import writing

        return writing.write(self, path, format=format, seg_type=seg_type)

    def preview(self, path: str | Path) -> Path:
        """Write a PNG of the scan with the outlines of what was found, its sizes and the warnings.

        Returns the path written. Raises `UnwritableOutput` for another suffix or an unsuitable folder.
        """
        from pleura import writing

        return writing.write_preview(self, path)

    def report(self, path: str | Path) -> Path:
        """Write a report to look at: verdict, pictures, every slice, numbers with what limits them, and their making.

        It is one HTML file that needs no other and no network, or where the name ends in `.pdf` the same to print.
        Returns the path written. Raises `UnwritableOutput` for another suffix or an unsuitable folder, and
        `MissingExtra` where playwright, or a browser, that prints it is not there.
        """
        from pleura.reporting.scan import write_scan_page

        return write_scan_page(self, path)

    @property
    def sizes(self) -> Sizes:
        """The size of each structure, counted anew at each call, since `labels` may be corrected in place."""
        return measure_sizes(self.labels, self.volume, self.structures)

    @property
    def measurements(self) -> Measurements:
        """Sizes, and of a CT the density of each part of the lungs, with what makes numbers meaningless.

        Made once, when they are asked for, and again only after `labels` were corrected in place.
        """
        state = crc32(np.ascontiguousarray(self.labels).data)
        if self._measured is None or self._measured[0] != state:
            stated = {note.code for note in self.warnings}
            if self.quality is not None:
                stated.add(f"verdict-{self.quality.verdict}")
            found = measure(self.labels, self.volume, self.structures, stated=stated)
            object.__setattr__(
                self, "_measured", (state, found)
            )  # a value kept, as a cached property of a frozen class
            return found
        return self._measured[1]

    @property
    def volumes_ml(self) -> dict[str, float]:
        """Millilitres of each structure by its name; empty for a picture, a radiograph, or an unknown spacing."""
        return {size.label.name: round(size.ml, 3) for size in self.sizes.sizes if size.ml is not None}

    def __repr__(self) -> str:
        """Return what was found in one line; instead of `no warnings`, their codes.

        ``Segmentation(right 2846 mL, left 2509 mL, 87 x 256 x 256, no warnings)``
        """
        sizes = self.sizes.sizes
        parts = [f"{size.label.side or size.label.name} {size}" for size in sizes[:_MOST_NAMED]]
        parts += [f"{len(sizes) - _MOST_NAMED} more"] if len(sizes) > _MOST_NAMED else []
        shape = " x ".join(str(count) for count in self.labels.shape)
        codes = ", ".join(note.code for note in self.warnings)
        return f"Segmentation({', '.join([*parts, shape, f'warnings: {codes}' if codes else 'no warnings'])})"

    def _repr_html_(self) -> str:
        """Return the preview with one line under it, as notebooks show a result."""
        from pleura import writing

        return writing.as_html(self)
