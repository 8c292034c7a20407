"""An image as its source holds it, and the two things that it may become: a scan whose values are judged, or labels."""

from __future__ import annotations

from dataclasses import dataclass, field

from pleura.arrays import Array
from pleura.reading.intensity import interpret
from pleura.volume import Affine, Identity, Kind, NiftiForms, Note, Volume


@dataclass(frozen=True, eq=False)
class RawImage:
    """What every reader returns.

    Attributes
    ----------
    array : (z, y, x), or (1, y, x) of a picture; any integer or float type, as stored, and free to be written to
    affine : (4, 4) array index (k, j, i, 1) -> LPS millimetres
    format : what `Identity.format` is to say
    is_picture : True for a single picture
    notes : what the reader found and decided
    nifti_forms : sform and qform of a NIfTI source that states both
    colours : of a mask in plain colours, the red, green and blue (0xRRGGBB) that each value stands for
    """

    array: Array = field(repr=False)
    affine: Affine
    format: str
    is_picture: bool = False
    notes: tuple[Note, ...] = ()
    nifti_forms: NiftiForms | None = None
    colours: tuple[int, ...] = ()

    @property
    def spacing_known(self) -> bool:
        """False where the source holds no millimetres."""
        return not self._notes_any("spacing-unknown")

    @property
    def placed(self) -> bool:
        """False where the source does not say where in the patient the grid lies."""
        return not self._notes_any("spacing-unknown", "orientation-unknown")

    @property
    def lossy(self) -> bool:
        """True where compression has blurred the values."""
        return self._notes_any("lossy-compression")

    def _notes_any(self, *codes: str) -> bool:
        return any(note.code in codes for note in self.notes)


@dataclass(frozen=True, eq=False)
class LabelMap:
    """Labels on a grid of their own.

    Attributes
    ----------
    voxels : (z, y, x), or (1, y, x) of a picture; any integer type, or float as stored
    affine : (4, 4) array index (k, j, i, 1) -> LPS millimetres
    placed : False where the file does not say where in the patient the grid lies
    lossy : True where compression has blurred the values
    is_picture : True for a single picture
    colours : of a picture in plain colours, the red, green and blue (0xRRGGBB) that each value stands for; the values
        number them in this picture alone
    notes : what its reader had to do
    """

    voxels: Array = field(repr=False)
    affine: Affine
    placed: bool = True
    lossy: bool = False
    is_picture: bool = False
    colours: tuple[int, ...] = ()
    notes: tuple[Note, ...] = ()


def to_volume(raw: RawImage, kind: Kind | None = None) -> Volume:
    """Return an image as a scan.

    Parameters
    ----------
    kind : what the values are, where the caller knows; else they are judged, see `interpret`

    Raises
    ------
    UnsuitableInput : the values are labels, constant, not finite, or neither HU nor grey
    """
    intensity = interpret(raw.array, kind)
    return Volume(
        intensity.voxels,
        raw.affine,
        kind=intensity.kind,
        is_picture=raw.is_picture,
        spacing_known=raw.spacing_known,
        identity=Identity(format=raw.format),
        notes=(*raw.notes, *intensity.notes),
        nifti_forms=raw.nifti_forms,
    )


def to_label_map(raw: RawImage) -> LabelMap:
    """Return an image as labels, its values untouched: they are names, not measurements."""
    return LabelMap(
        raw.array, raw.affine, placed=raw.placed, lossy=raw.lossy, is_picture=raw.is_picture, colours=raw.colours
    )
