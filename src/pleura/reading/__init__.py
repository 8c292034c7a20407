"""The door: any path that may hold a chest scan becomes a `Volume`, or an error that says why not."""

from __future__ import annotations

from pathlib import Path

from pleura.errors import PleuraError, UnreadableInput, UnsuitableInput
from pleura.reading.archive import unpacked
from pleura.reading.checks import checked
from pleura.reading.dicom import find_files, read_dicom
from pleura.reading.metaimage import read_metaimage
from pleura.reading.nifti import read_nifti
from pleura.reading.nrrd import read_nrrd
from pleura.reading.raster import read_raster
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
    if kind is Kind.RADIOGRAPH:
        raise UnsuitableInput("radiographs are not segmented yet", code="radiograph")
    try:
        return checked(_read(path, series, kind))
    except PleuraError as error:
        raise type(error)(f"{path.name}: {error}", code=error.code) from error.__cause__
    except (FileNotFoundError, PermissionError) as error:
        raise UnreadableInput(f"{path}: {(error.strerror or 'not readable').lower()}", code="not-found") from error
    except (ImportError, MemoryError):
        raise
    except Exception as error:  # libraries raise anything on damaged files; the cause stays for --debug
        raise UnreadableInput(f"{path.name}: the file is damaged ({type(error).__name__})", code="damaged") from error


def _read(path: Path, series: str | None, kind: Kind | None, *, packed: bool = False) -> Volume:
    """Read what a path holds; `packed` says that it came out of an archive."""
    if path.is_dir():
        return _read_files(find_files(path), series, kind)
    form, gzipped = sniff(path)
    if form is Format.NIFTI:
        return read_nifti(path, kind)
    if form is Format.ZIP or gzipped:
        if packed:
            raise UnreadableInput("an archive within an archive; unpack it first", code="nested-archive")
        with unpacked(path, gzipped=gzipped) as files:
            alone = len(files) == 1
            return _read(files[0], series, kind, packed=True) if alone else _read_files(files, series, kind)
    match form:
        case Format.DICOM:
            return read_dicom([path], series, kind)
        case Format.NRRD:
            return read_nrrd(path, kind)
        case Format.METAIMAGE:
            return read_metaimage(path, kind)
        case Format.RASTER:
            return read_raster(path, kind)


def _read_files(files: list[Path], series: str | None, kind: Kind | None) -> Volume:
    if not files:
        raise UnreadableInput("there are no files in it", code="no-dicom")
    return read_dicom(files, series, kind)
