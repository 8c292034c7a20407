"""Write a segmentation: the mask in one of the formats, and a JSON beside it that says what it is.

Each format is a file of its own and writes to an open binary file; here the file gets its name when it is whole.
"""

from __future__ import annotations

from pathlib import Path

from pleura.conventions import MaskFormat, SegType
from pleura.files import atomic_folder, atomic_write
from pleura.segmentation import Segmentation
from pleura.writing.formats import FORMATS, SUFFIXES, format_of, possible_stems, suffix_of, writer_for, written_as
from pleura.writing.notebook import as_html
from pleura.writing.preview import write_preview
from pleura.writing.sidecar import Sidecar, fingerprint, read_sidecar, sidecar_fields, sidecar_path, write_sidecar
from pleura.writing.signature import is_pleura_output

__all__ = [
    "FORMATS",
    "SUFFIXES",
    "Sidecar",
    "as_html",
    "format_of",
    "is_pleura_output",
    "possible_stems",
    "read_sidecar",
    "sidecar_fields",
    "sidecar_path",
    "suffix_of",
    "write",
    "write_preview",
    "written_as",
]


def write(
    segmentation: Segmentation,
    path: str | Path,
    *,
    format: MaskFormat | None = None,  # noqa: A002 - what callers of pandas and Pillow type
    seg_type: SegType = "binary",
) -> Path:
    """Write the labels on the scan's own grid, and `sidecar_path(path)` beside them.

    Parameters
    ----------
    path : ends in `.nii.gz`, `.nii`, `.nrrd`, `.mha`, `.dcm`, or, for one slice, `.png`; of "dicom-sc" it is a folder;
        what is there is replaced
    format : "nifti", "nrrd", "mha", "png", "dicom-seg", "rtstruct", "dicom-sr", "dicom-sc" or "dicom-pdf"; by default
        the one that the suffix stands for, of `.dcm` "dicom-seg". A DICOM object holds the name and all else that the
        scan's header states of the patient and the study
    seg_type : of a DICOM segmentation: "binary", which every viewer of segmentations reads, or "labelmap", a tenth of
        the size, which only new ones do

    Returns
    -------
    path : as given

    Raises
    ------
    InvalidOption
        No format or type has that name (`unknown-output-format`, `unknown-seg-type`).
    UnwritableOutput
        The suffix is unknown or the format does not suit the scan (`unknown-suffix`, `one-slice-only`, `too-large`,
        and those of DICOM objects), or nothing can be written there (`no-such-folder`, `not-written`).
    """
    path = Path(path)
    known = format_of(path, format)
    write_folder = FORMATS[known].write_folder
    if write_folder is not None:
        with atomic_folder(path) as folder:
            write_folder(segmentation, folder)
            written = fingerprint(folder)
            sidecar_path(path).unlink(missing_ok=True)
    else:
        writer = writer_for(path, known, seg_type)
        with atomic_write(path) as file:
            writer(segmentation, file)
            file.flush()
            written = fingerprint(Path(file.name))
            sidecar_path(path).unlink(missing_ok=True)  # it describes the earlier mask, should we be stopped now
    with atomic_write(sidecar_path(path)) as file:
        write_sidecar(segmentation, {**written, **written_as(known, seg_type)}, file)
    return path
