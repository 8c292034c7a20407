"""A mask from one format into another, on the grid of its scan; what lies there is kept as `segment` keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pleura.batch.overwrite import identities, refuse_to_overwrite
from pleura.conventions import MaskFormat, SegType
from pleura.files import folder_lock
from pleura.reading import read, read_labels
from pleura.segmentation import Segmentation
from pleura.writing import FORMATS, earlier, format_of, sidecar_path, write
from pleura.writing.sidecar import with_stated_model


@dataclass(frozen=True)
class Conversion:
    """What is to be converted.

    Attributes
    ----------
    mask : file of a mask, or folder of DICOM segmentations and structure sets
    scan : what the mask is of
    output : the file to write
    series : which series of the scan, where it holds several
    format : what to write; None for what the suffix of `output` stands for
    seg_type : how a DICOM segmentation holds a mask
    overwrite : replace the result of another scan, and one that was changed since
    """

    mask: Path
    scan: Path
    output: Path
    series: str | None = None
    format: MaskFormat | None = None
    seg_type: SegType = "binary"
    overwrite: bool = False


def convert_mask(wanted: Conversion) -> Segmentation:
    """Read a mask onto the grid of its scan, write it, and return it.

    Raises
    ------
    PleuraError : as `read`, `read_labels` and `write` do; or the output is an input (`output-is-input`), a file of
        other making (`output-exists`), or a result that would be lost (`other-input`, `changed-mask`)
    """
    name = format_of(wanted.output, wanted.format)
    files = [wanted.output, sidecar_path(wanted.output)]
    inputs = identities([wanted.mask, wanted.scan])
    refuse_to_overwrite(files, inputs)
    volume = read(wanted.scan, series=wanted.series)
    FORMATS[name].refuse(volume)
    found = with_stated_model(read_labels(wanted.mask, grid=volume), wanted.mask)
    with folder_lock(wanted.output.parent):
        refuse_to_overwrite(files, inputs)
        if not wanted.overwrite:
            earlier.refuse_to_lose(wanted.output, [], volume)
        write(found, wanted.output, format=name, seg_type=wanted.seg_type)
    return found
