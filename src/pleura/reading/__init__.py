"""Any path that may hold a chest scan becomes a `Volume`, or an error that says why not."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pleura.errors import AmbiguousInput, PleuraError, UnreadableInput
from pleura.file_format import Format, detect_format
from pleura.reading.archive import open_archive
from pleura.reading.checks import checked
from pleura.reading.dicom import find_files, read_dicom
from pleura.reading.labelmap import read_label_map as read_one
from pleura.reading.raw_image import LabelMap, to_volume
from pleura.reading.readers import READERS
from pleura.reading.walk import resolve_dicomdir
from pleura.volume import Kind, KindName, Volume

if TYPE_CHECKING:
    from pleura.reading.survey import Survey
    from pleura.segmentation import Segmentation

_NO_FILE = {
    errno.ELOOP: "a link that leads in a circle, not to a file; give the file itself",
    errno.ENOTDIR: "there is no such file; what should be its folder is a file",
}
"""What the system objects to where a path leads to no file at all."""

__all__ = ["LabelMap", "read", "read_label_map", "read_labels", "survey_path"]


def read(path: str | Path, *, series: str | int | None = None, kind: Kind | KindName | None = None) -> Volume:
    """Read a scan.

    Parameters
    ----------
    path : a folder of DICOM slices (subfolders are searched too), its DICOMDIR, a zip archive of one, or a file: DICOM,
        NIfTI, NRRD, MHA or MHD, PNG, JPEG, TIFF, BMP, WebP, GIF. The content decides which, not the suffix.
    series : of several DICOM series the one to read: its number or its key as listed by the error that asks for it, or
        a part of its description that no other has
    kind : what the values are, where the caller knows better than the data tell; `Kind.HU` is all that DICOM takes

    Returns
    -------
    Volume : (z, y, x) voxels, int16 HU or grey values 0..255, with the decisions taken in `notes`

    Raises
    ------
    UnreadableInput : the file is missing, damaged, empty, or of a format that is not read
    UnsuitableInput : it can be read, but it is neither a chest CT nor a frontal chest radiograph
    AmbiguousInput : several series could be meant, or there is none with that key
    MissingExtra : NRRD needs `pip install pleura[itk]`
    """
    known = None if kind is None else Kind(kind)
    with _with_path_in_errors(Path(path)):
        given = resolve_dicomdir(_given(path))
        return checked(_read(given, None if series is None else str(series), known))


def read_labels(path: str | Path, *, grid: Volume) -> Segmentation:
    """Read a mask onto the grid of its scan: to correct it, to measure it, or to write it in another format.

    Parameters
    ----------
    path : a DICOM segmentation (binary, fractional, label map) or RT structure set; NIfTI, NRRD, MHA or MHD; a picture,
        for a scan of one slice. A folder stands for the DICOM segmentations and structure sets in it that belong to the
        scan: one, or one for each lung.
    grid : the scan

    Returns
    -------
    Segmentation : `labels` (z, y, x) uint8 on the scan's own grid, each voxel that of the mask at the same place in the
        patient, or the nearest. Lungs have their values, 1 right and 2 left, by their names or as they are stored;
        other structures are numbered in the order of their stored numbers, and left out beside lungs. `warnings` say
        what had to be done

    Raises
    ------
    UnreadableInput : the file is missing, damaged, empty, or of a format that holds no mask
    UnsuitableInput : it is no mask (`not-a-mask`, `too-many-labels`), of another scan (`other-frame-of-reference`,
        `other-study`), or lies elsewhere (`mask-elsewhere`, `mask-size`, `contours-oblique`)
    AmbiguousInput : a folder holds several masks of the scan (`several-masks`)
    MissingExtra : NRRD needs `pip install pleura[itk]`
    """
    from pleura.reading.labels_on_grid import read_on_grid

    with _with_path_in_errors(Path(path)):
        return read_on_grid(_given(path), grid)


def read_label_map(path: str | Path) -> LabelMap:
    """Read a mask on its own grid, its values untouched; see `pleura.reading.labelmap.read_label_map`."""
    with _with_path_in_errors(Path(path)):
        return read_one(Path(path))


def survey_path(path: str | Path) -> Survey:
    """Say what a path holds, without segmenting it; of DICOM series one slice each is looked at.

    Parameters
    ----------
    path : as for `read`

    Raises
    ------
    PleuraError : as `read` does, but a DICOM series that cannot be read is listed with its problem
    """
    with _with_path_in_errors(Path(path)):
        return _survey_path(resolve_dicomdir(_given(path)))


def _given(path: str | Path) -> Path:
    """Return a path; an empty text, as a variable that is not set leaves it behind, is not the current folder."""
    if path == "":
        raise UnreadableInput("an empty name; write . for the current folder", code="not-found")
    return Path(path)


@contextmanager
def _with_path_in_errors(path: Path) -> Iterator[None]:
    """Put the name of the input before every error, and turn whatever a library raises into one of ours."""
    try:
        yield
    except PleuraError as error:
        # a file that was given is named once, one of the files of a folder or an archive after these
        raise error.with_message(f"{path}: {str(error).removeprefix(f'{path.name}: ')}") from error.__cause__
    except FileNotFoundError:
        # In a notebook the cause would only push this line out of sight.
        raise UnreadableInput(f"{path}: there is no such file or folder", code="not-found") from None
    except PermissionError as error:
        where = error.filename or path
        raise UnreadableInput(f"{where}: this may not be read", code="no-permission") from error
    except MemoryError as error:
        raise UnreadableInput(f"{path}: there is not enough memory to read it", code="too-large") from error
    except (ImportError, NameError):
        raise
    except Exception as error:  # libraries raise anything on damaged files; the cause stays for --debug
        if isinstance(error, OSError) and error.errno in _NO_FILE:
            text = f"{error.filename or path}: {_NO_FILE[error.errno]}"
            raise UnreadableInput(text, code="not-found") from error
        raise UnreadableInput(f"{path}: the file is damaged", code="damaged") from error


def _survey_path(path: Path, *, in_archive: bool = False) -> Survey:
    from pleura.reading.survey import survey_files, survey_volume

    if path.is_dir():
        return survey_files(find_files(path))
    form, gzipped = detect_format(path)
    if form is Format.DICOM and not gzipped:
        return survey_files([path])
    if (form is Format.ZIP or (gzipped and form is Format.DICOM)) and not in_archive:
        with open_archive(path, gzipped=gzipped) as files:
            return _survey_path(files[0], in_archive=True) if len(files) == 1 else survey_files(files)
    return survey_volume(checked(_read(path, None, None, in_archive=in_archive)))


def _read(path: Path, series: str | None, kind: Kind | None, *, in_archive: bool = False) -> Volume:
    """Read what a path holds; `in_archive` says that it came out of an archive."""
    if path.is_dir():
        return read_dicom(find_files(path), series, kind)
    form, gzipped = detect_format(path)
    if series is not None and form not in {Format.DICOM, Format.ZIP}:
        raise AmbiguousInput("only DICOM holds series to choose from; leave the key out", code="no-such-series")
    if form is Format.ZIP or (gzipped and form is not Format.NIFTI):
        if in_archive:
            raise UnreadableInput("an archive within an archive; unpack it first", code="nested-archive")
        with open_archive(path, gzipped=gzipped) as files:
            alone = len(files) == 1
            return _read(files[0], series, kind, in_archive=True) if alone else read_dicom(files, series, kind)
    return read_dicom([path], series, kind) if form is Format.DICOM else to_volume(READERS[form](path), kind)
