"""Which function reads which format of one file; DICOM, of many files a scan, is a package of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pleura.file_format import Format
from pleura.reading.metaimage import read_metaimage
from pleura.reading.nifti import read_nifti
from pleura.reading.nrrd import read_nrrd
from pleura.reading.raster import read_raster
from pleura.reading.raw_image import RawImage

READERS: dict[Format, Callable[[Path], RawImage]] = {
    Format.NIFTI: read_nifti,
    Format.NRRD: read_nrrd,
    Format.METAIMAGE: read_metaimage,
    Format.RASTER: read_raster,
}
