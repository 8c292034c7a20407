"""What a file is: by its first bytes, and by its name where only that can say.

The suffixes and the magic bytes of every format that is read stand here and nowhere else.
"""

from __future__ import annotations

import enum
import re
import zlib
from pathlib import Path

from pleura.errors import UnreadableInput

GZIP = b"\x1f\x8b"
HEAD = 4096
"""Bytes that are looked at."""


class Format(enum.Enum):
    """Formats that are read."""

    DICOM = "dicom"
    NIFTI = "nifti"
    NRRD = "nrrd"
    METAIMAGE = "metaimage"
    RASTER = "raster"
    ZIP = "zip"


SUFFIXES = {
    Format.DICOM: (".dcm", ".ima"),
    Format.NIFTI: (".nii", ".hdr", ".img"),
    Format.NRRD: (".nrrd", ".nhdr"),
    Format.METAIMAGE: (".mha", ".mhd"),
    # JPEG 2000 is not read, but a picture that is called so fails by its name instead of being passed over.
    Format.RASTER: (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp", ".jp2"),
    Format.ZIP: (".zip",),
}
"""The names of each format end so, in any case, and with ".gz" after it where the file is packed."""
_BY_SUFFIX = {suffix: form for form, suffixes in SUFFIXES.items() for suffix in suffixes}
_SUFFIX = re.compile(f"({'|'.join(map(re.escape, _BY_SUFFIX))})?(\\.gz)?$", re.IGNORECASE)
_DETACHED_HEADERS = (".mhd", ".hdr", ".nhdr")
_DETACHED_VOXELS = (".raw", ".zraw", ".img", ".img.gz", ".raw.gz")

_BARE_STARTS = frozenset({b"\x02\0", b"\x08\0"})
"""How a DICOM data set without preamble begins: a low group in little endian, then a short element number."""
_RASTER = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"BM", b"GIF8")
_REFUSED = (
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (b"II+\0", "a BigTIFF"),
    (b"MM\0+", "a BigTIFF"),
    (b"RIFF", "a sound or a film"),
    (b"%PDF", "a PDF"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy file"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"{", "a JSON file"),
)
_METAIMAGE = re.compile(rb"(?:[^\n\0]*\n)*?[ \t]*(?:NDims|DimSize)[ \t]*[=:][ \t]*\d")
"""Lines of text, of which one says how many axes there are or how long: fields of MetaImage come in any order."""
_TEXT_FIELD = re.compile(rb"\s*\w+[ \t]*[=:][^\0]*$")
_INSTEAD = "give DICOM, NIfTI, NRRD, MHA, PNG, JPEG, TIFF, BMP, WebP or GIF"


def format_by_name(name: str) -> Format | None:
    """Return the format that the suffix of a name claims, or None where it claims none."""
    found = _SUFFIX.search(name)
    return _BY_SUFFIX[found[1].lower()] if found and found[1] else None


def is_image_name(name: str) -> bool:
    """Say whether a file is called as one image is: neither as an archive nor as the voxels of a header beside it."""
    return format_by_name(name) not in {None, Format.ZIP} and not name.lower().endswith(_DETACHED_VOXELS)


def without_suffix(name: str) -> str:
    """Return a name without the suffix of an image or of gzip; other dots belong to the name, as in a UID."""
    return _SUFFIX.sub("", name, count=1)


def companions(path: Path) -> tuple[Path, ...]:
    """Return a file and the one beside it that holds its voxels, where a header comes without them."""
    if not path.name.lower().removesuffix(".gz").endswith(_DETACHED_HEADERS):
        return (path,)
    stem = without_suffix(path.name)
    others = (path.with_name(stem + suffix) for suffix in _DETACHED_VOXELS)
    return (path, *(other for other in others if other.is_file()))


def detect_format(path: Path) -> tuple[Format, bool]:
    """Say what a file is.

    Returns
    -------
    format : what the content is
    gzipped : True where the content is packed with gzip

    Raises
    ------
    UnreadableInput : the file is empty or of a format that is not read
    """
    head, gzipped = read_head(path)
    if not head:
        raise UnreadableInput("the file is empty", code="empty-file")
    found = Format.NIFTI if is_voxels_of_pair(path) else _by_content(head)
    if found is None and path.suffix.lower() in SUFFIXES[Format.METAIMAGE] and _TEXT_FIELD.match(head):
        found = Format.METAIMAGE  # a comment may be longer than what is looked at
    if found is None:
        raise _unknown(path, head)
    return found, gzipped


def read_head(path: Path) -> tuple[bytes, bool]:
    """Return the first bytes of a file, unpacked, and whether they were packed with gzip.

    Raises
    ------
    UnreadableInput : it is a pipe or a device, which may never end, or its gzip data are damaged
    """
    if path.exists() and not path.is_file():
        raise UnreadableInput("this is a pipe or a device; give a file or a folder", code="not-a-file")
    with path.open("rb") as file:
        head = file.read(HEAD)
    return (_inflated(head), True) if head[:2] == GZIP else (head, False)


def has_dicom_preamble(head: bytes) -> bool:
    """Say whether a file begins as DICOM files do (PS3.10 section 7.1)."""
    return head[128:132] == b"DICM"


def begins_as_data_set(head: bytes) -> bool:
    """Say whether a file begins as a DICOM data set without preamble does, which other files may do too."""
    return head[:2] in _BARE_STARTS


def is_nifti(head: bytes) -> bool:
    """Say whether a file begins with a NIfTI-1 or NIfTI-2 header (single file or pair)."""
    return head[344:348] in {b"n+1\0", b"ni1\0"} or head[4:8] in {b"n+2\0", b"ni2\0"}


def is_voxels_of_pair(path: Path) -> bool:
    """Say whether a file holds the voxels of a NIfTI pair, which only its name and the header beside it say."""
    stem = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    if stem.suffix.lower() != ".img":
        return False
    for other in (stem.with_suffix(".hdr"), stem.with_suffix(".hdr.gz")):
        if other.is_file():
            return is_nifti(read_head(other)[0])
    return False


def _inflated(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, HEAD)
    except zlib.error as error:
        raise UnreadableInput("the gzip data are damaged", code="damaged") from error


def _by_content(head: bytes) -> Format | None:
    if has_dicom_preamble(head):
        return Format.DICOM
    if is_nifti(head):
        return Format.NIFTI
    if head.startswith(b"NRRD000"):
        return Format.NRRD
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Format.ZIP
    if head.startswith(_RASTER) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return Format.RASTER
    if _METAIMAGE.match(head):
        return Format.METAIMAGE
    return Format.DICOM if begins_as_data_set(head) else None


def _unknown(path: Path, head: bytes) -> UnreadableInput:
    if head.startswith(b"version https://git-lfs"):
        return UnreadableInput(
            "this is a git-lfs pointer, not the file itself; run git lfs pull", code="git-lfs-pointer"
        )
    if head[4:8] == b"ftyp":
        return UnreadableInput(
            f"this is a HEIF picture or a film, which is not read; {_INSTEAD}", code="unknown-format"
        )
    for magic, name in _REFUSED:
        if head.startswith(magic):
            return UnreadableInput(f"this is {name}, which is not read; {_INSTEAD}", code="unknown-format")
    if head[:4] in {b"\x5c\x01\0\0", b"\0\0\x01\x5c"}:
        return UnreadableInput("this is an Analyze 7.5 header, which does not say left from right", code="analyze")
    suffix = path.suffix.lower()
    claim = f", whatever its suffix {suffix} says" if suffix else ""
    return UnreadableInput(f"the content is of no known format{claim}; {_INSTEAD}", code="unknown-format")
