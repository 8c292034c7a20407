"""One change after another to a sound file: bytes anywhere, and the fields that each format is steered by."""

from __future__ import annotations

import io
import json
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from random import Random
from typing import Any

from fuzz_parts import Seed

WHOLE = [0, 1, 2, 3, 7, 8, *(2**bits + one for bits in (5, 7, 8, 12, 15, 16, 24, 31, 32, 62, 63) for one in (-1, 0, 1))]
"""Numbers at which programs trip."""
NUMBERS = ("0", "-1", "3", "nan", "inf", "-inf", "1e300", "-1e-300", "1e21", "2147483648", "9" * 20, "0.0001", "65535")
WORDS = [*NUMBERS, "none", "True", "()", "", "\x1b[2J", "../../etc/passwd", "/dev/zero", ".", "\0", "é", "x" * 300]
"""Words at which they trip."""
VRS = b"AE|AS|AT|CS|DA|DS|DT|FD|FL|IS|LO|LT|OB|OD|OF|OL|OW|PN|SH|SL|SQ|SS|ST|TM|UI|UL|UN|US|UT"
LONG_VRS = frozenset({b"OB", b"OD", b"OF", b"OL", b"OW", b"SQ", b"UN", b"UT"})
ODD = [None, True, -1, 0, 256, 1e308, 2**70, float("nan"), "", "lungs", "x" * 9999, "a\x1b[2J", [], {}, [[]], {"a": 1}]
"""Values of any type for a field of a record."""
MOST = 1 << 20
"""Bytes beyond which an input is cut: what costs much has to be small."""

Change = Callable[[bytes, Random], bytes]


def mutate(seed: Seed, others: list[Seed], rng: Random) -> dict[str, bytes]:
    """Return the files of a seed with one to six changes to one of them."""
    files = dict(seed.files)
    name = next(iter(files)) if rng.random() < 0.8 else rng.choice(list(files))
    data = files[name]
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 6))):
        if rng.random() < 0.03:
            data = splice(data, rng.choice(list(rng.choice(others).files.values())), rng)
        elif rng.random() < 0.65:
            data = STRUCTURED.get(seed.group, anywhere)(data, rng)
        else:
            data = anywhere(data, rng)
        data = data[:MOST]
    files[name] = data
    return files


def anywhere(data: bytes, rng: Random) -> bytes:
    """Change bytes: some of them, a number, or a stretch that is lost, repeated or made up; mostly near the start."""
    if not data:
        return rng.randbytes(rng.randrange(1, 64))
    start = min(int(rng.expovariate(1 / 200)), len(data) - 1) if rng.random() < 0.6 else rng.randrange(len(data))
    length = min(1 + int(rng.expovariate(1 / 16)), len(data) - start)
    before, here, after = data[:start], data[start : start + length], data[start + length :]
    match rng.randrange(8):
        case 0:
            return before + bytes(byte ^ 1 << rng.randrange(8) for byte in here) + after
        case 1:
            return before + bytes(len(here)) + after
        case 2:
            return before + b"\xff" * len(here) + after
        case 3:
            return before + number(rng) + data[start + 4 :]
        case 4:
            return before + after
        case 5:
            return before + here * rng.randrange(2, 50) + after
        case 6:
            return before + rng.randbytes(length) + after
        case _:
            return data[: rng.randrange(len(data))]


def number(rng: Random, size: int = 0) -> bytes:
    """Return the bytes of a number at which programs trip, in either byte order."""
    size = size or rng.choice((1, 2, 4, 4, 8))
    if size == 8 and rng.random() < 0.3:
        return struct.pack(rng.choice("<>") + "d", float(rng.choice(("nan", "inf", "1e300", "-1", "0", "1e-300"))))
    if size == 4 and rng.random() < 0.2:
        return struct.pack(rng.choice("<>") + "f", float(rng.choice(("nan", "inf", "1e38", "-1", "0", "1e-38"))))
    value = rng.choice(WHOLE) if rng.random() < 0.8 else rng.getrandbits(64)
    return (value % 256**size).to_bytes(size, rng.choice(("little", "big")))


def splice(data: bytes, other: bytes, rng: Random) -> bytes:
    """Return the beginning of one file with the end of another."""
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]


def text_fields(data: bytes, rng: Random) -> bytes:
    """Change a line of a header of lines: a word of it, or the whole line, lost, doubled or moved."""
    end = data.find(b"\n\n") if data.startswith(b"NRRD") else data.find(b"\n", data.find(b"ElementDataFile"))
    head, body = (data[: end + 1], data[end + 1 :]) if end > 0 else (data[:2000], data[2000:])
    lines = head.split(b"\n")
    k = rng.randrange(len(lines))
    match rng.randrange(6):
        case 0:
            del lines[k]
        case 1:
            lines.insert(rng.randrange(len(lines)), lines[k])
        case _:
            words = list(re.finditer(rb"[^\s,():=]+", lines[k]))
            if words:
                word = rng.choice(words)
                new = rng.choice(WORDS).encode()
                lines[k] = lines[k][: word.start()] + new + lines[k][word.end() :]
    return b"\n".join(lines) + body


def json_fields(data: bytes, rng: Random) -> bytes:
    """Change a value of a JSON record, at any depth."""
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        return anywhere(data, rng)
    holders: list[Any] = []

    def gather(value: Any) -> None:
        if isinstance(value, dict | list) and value:
            holders.append(value)
            for part in value.values() if isinstance(value, dict) else value:
                gather(part)

    gather(record)
    if not holders:
        return data
    holder = rng.choice(holders)
    key = rng.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    if rng.random() < 0.2:
        del holder[key]
    else:
        holder[key] = rng.choice(ODD) if rng.random() < 0.8 else rng.choice(holders[:1])
    try:
        return json.dumps(record).encode()
    except (ValueError, RecursionError):
        return b'{"bundle": ' * 2000


def nifti_fields(data: bytes, rng: Random) -> bytes:
    """Change a field of the header, inside gzip too."""
    if data[:2] == b"\x1f\x8b":
        try:
            inner = zlib.decompress(data, 31)
        except zlib.error:
            return anywhere(data, rng)
        return zlib.compress(nifti_fields(inner, rng), 1, wbits=31)
    start, size = rng.choice(NIFTI_FIELDS)
    return data[:start] + number(rng, size) + data[start + size :]


NIFTI_FIELDS = [(start, 2) for start in (12, 40, 42, 44, 46, 48, 50, 52, 54, 68, 70, 72, 252, 254)]
NIFTI_FIELDS += [(start, 4) for start in (0, *range(76, 120, 4), *range(256, 328, 4), 344)]
NIFTI_FIELDS += [(start, 8) for start in (16, 24, 32, 40, 48, 56, 64, 72, 104, 112, 120, 168, 176)] + [(123, 1)]
"""Where fields of either version begin, and their bytes."""


def dicom_elements(data: bytes, rng: Random) -> bytes:
    """Change an element with explicit VR: its length, its VR or its value, or lose or repeat it."""
    found = list(re.finditer(rb"[\x00-\x7f]{2}[\x00-\xff]{2}(" + VRS + rb")", data[: 1 << 16], re.DOTALL))
    if not found:
        return anywhere(data, rng)
    start = rng.choice(found).start()
    vr = data[start + 4 : start + 6]
    size, where = (4, start + 8) if vr in LONG_VRS else (2, start + 6)
    length = int.from_bytes(data[where : where + size], "little")
    value = where + size
    end = min(value + length, len(data)) if length < len(data) else value
    match rng.randrange(6):
        case 0:
            return data[:where] + number(rng, size) + data[value:]
        case 1:
            return data[: start + 4] + rng.choice(VRS.split(b"|")) + data[start + 6 :]
        case 2:
            return data[:start] + data[end:]
        case 3:
            return data[:end] + data[start:end] + data[end:]
        case _:
            new = _value(vr, data[value:end], rng)
            return data[:where] + (len(new) % 256**size).to_bytes(size, "little") + new + data[end:]


def _value(vr: bytes, old: bytes, rng: Random) -> bytes:
    if vr in {b"US", b"SS", b"UL", b"SL", b"FL", b"FD"}:
        return number(rng, {b"US": 2, b"SS": 2, b"FD": 8}.get(vr, 4))
    if vr in LONG_VRS:
        return old[: rng.randrange(len(old) + 1)]
    words = old.split(b"\\")
    if rng.random() < 0.3:
        words = words[:-1] or words * 9
    words[rng.randrange(len(words))] = rng.choice(WORDS).encode()
    new = b"\\".join(words)
    return new + b" " * (len(new) % 2)


def deflated_or_plain(data: bytes, rng: Random) -> bytes:
    """Change an element, inside the deflated data set too."""
    if b"1.2.840.10008.1.2.1.99" not in data[:1000]:
        return dicom_elements(data, rng)
    start = 144 + int.from_bytes(data[140:144], "little")
    try:
        inner = zlib.decompress(data[start:], -15)
    except zlib.error:
        return anywhere(data, rng)
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    return data[:start] + packer.compress(dicom_elements(inner, rng)) + packer.flush()


def picture_fields(data: bytes, rng: Random) -> bytes:
    """Change what a picture is steered by: a chunk of PNG with its checksum, an entry of TIFF, a segment of JPEG."""
    if data.startswith(b"\x89PNG"):
        chunks = [m.start() - 4 for m in re.finditer(rb"IHDR|PLTE|tRNS|pHYs|IDAT|IEND", data)]
        start = rng.choice(chunks or [8])
        length = min(int.from_bytes(data[start : start + 4], "big"), len(data))
        body = bytearray(data[start + 4 : start + 8 + length])
        at = rng.randrange(4, max(5, len(body)))
        body[at : at + 4] = number(rng)
        return (
            data[:start]
            + struct.pack(">L", len(body) - 4)
            + body
            + struct.pack(">L", zlib.crc32(body))
            + data[start + 12 + length :]
        )
    if data.startswith((b"II*\0", b"MM\0*")):
        order = "<" if data.startswith(b"II") else ">"
        start = struct.unpack_from(order + "L", data, 4)[0] if len(data) > 8 else 0
        at = start + 2 + 12 * rng.randrange(12) + rng.choice((0, 2, 4, 8, 8, 8))
        return data[:at] + number(rng, rng.choice((2, 4))) + data[at + 4 :]
    if data.startswith(b"\xff\xd8"):
        found = [m.start() for m in re.finditer(rb"\xff[\xc0-\xfe]", data)]
        at = rng.choice(found) + rng.randrange(1, 12)
        return data[:at] + number(rng, rng.choice((1, 2))) + data[at + 2 :]
    at = rng.randrange(min(64, len(data) or 1))
    return data[:at] + number(rng) + data[at + 4 :]


def zip_members(data: bytes, rng: Random) -> bytes:
    """Change a member of an archive, its name, or how it is packed."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(one.filename, archive.read(one)) for one in archive.infolist()]
    except Exception:  # damaged by an earlier change
        return anywhere(data, rng)
    if not members:
        return data
    k = rng.randrange(len(members))
    name, inner = members[k]
    match rng.randrange(5):
        case 0:
            name = rng.choice(("../a.dcm", "/etc/a.dcm", "DICOMDIR", ".hidden", "a\x1b[2J.dcm", "b.zip", "x" * 300))
        case 1:
            inner = data
        case _:
            inner = (deflated_or_plain if inner[128:132] == b"DICM" else nifti_fields)(inner, rng)
    members[k] = name, inner
    if rng.random() < 0.2:
        members += members[:1]
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w") as archive:
        warnings.simplefilter("ignore")  # a name that is there twice
        for name, inner in members:
            archive.writestr(zipfile.ZipInfo(name), inner, rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
    return file.getvalue()


STRUCTURED: dict[str, Change] = {
    "nifti": nifti_fields,
    "nrrd": text_fields,
    "metaimage": text_fields,
    "picture": picture_fields,
    "dicom": deflated_or_plain,
    "multiframe": deflated_or_plain,
    "radiograph": deflated_or_plain,
    "seg": deflated_or_plain,
    "rtstruct": deflated_or_plain,
    "zip": zip_members,
    "bundle": json_fields,
}
