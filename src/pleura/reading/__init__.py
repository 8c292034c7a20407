"""The door: any path that may hold a chest scan becomes a `Volume`, or an error that says why not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pleura.errors import PleuraError, UnreadableInput
from pleura.reading.checks import checked
from pleura.reading.sniff import Format, sniff
from pleura.volume import Kind, Volume

__all__ = ["read"]


def read(path: str | Path, *, series: str | None = None, kind: Kind | None = None) -> Volume:
    """Read a scan.

    Parameters
    ----------
    path : a folder of DICOM slices (subfolders are searched too), a zip archive of one, or a file: DICOM, NIfTI, NRRD,
        MHA or MHD, PNG, JPEG, TIFF. The content decides which, not the suffix.
    series : key of the DICOM series to read where there are several, as listed by the error that asks for it
    kind : what the values are, where the caller knows better than the data tell

    Returns
    -------
    Volume : (z, y, x) voxels, int16 HU or 0..255 grey, with the decisions taken in `notes`

    Raises
    ------
    UnreadableInput : the file is missing, damaged, empty, or of a format that is not read
    UnsuitableInput : it can be read, but it is not a chest CT
    AmbiguousInput : several series could be meant
    MissingExtra : NRRD needs `pip install pleura[itk]`
    """
    path = Path(path)
    try:
        return checked(_read(path, series, kind))
    except PleuraError as error:
        raise type(error)(f"{path.name}: {error}", code=error.code) from error.__cause__
    except (FileNotFoundError, PermissionError) as error:
        raise UnreadableInput(f"{path}: {(error.strerror or 'not readable').lower()}", code="not-found") from error
    except MemoryError:
        raise
    except Exception as error:  # libraries raise anything on damaged files; the cause stays for --debug
        raise UnreadableInput(f"{path.name}: the file is damaged ({type(error).__name__})", code="damaged") from error


def _read(path: Path, series: str | None, kind: Kind | None) -> Volume:
    if path.is_dir():
        from pleura.reading.dicom import find_files, read_dicom

        return read_dicom(find_files(path), series, kind)
    form, gzipped = sniff(path)
    match form:
        case Format.NIFTI:
            from pleura.reading.nifti import read_nifti

            return read_nifti(path, kind)
        case Format.RASTER:
            from pleura.reading.raster import read_raster

            return read_raster(path, kind)
        case _:
            from pleura.reading.dicom import read_dicom

            return read_dicom([path], series, kind)
