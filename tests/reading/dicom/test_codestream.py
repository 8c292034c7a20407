"""Compressed frames that contradict their header, or lead a decoder astray, are refused before it sees them."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from dicom_files import chest, ct_slice, save
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import JPEG2000Lossless, RLELossless
from read_files import error_code

import pleura
from pleura.errors import PleuraError
from pleura.reading.dicom.codestream import is_sound_jpeg, j2k_size, jpeg_size

HU = chest((1, 64, 64))


def test_a_stream_of_another_size_than_the_header_is_refused_before_decoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pydicom.pixels.decoders.base import Decoder

    path = save(ct_slice(HU[0], (0, 0, 0)), tmp_path / "a.dcm", syntax=JPEG2000Lossless)
    raw = path.read_bytes()
    rows = b"\x28\x00\x10\x00US\x02\x00"
    assert rows + b"\x40\x00" in raw
    path.write_bytes(raw.replace(rows + b"\x40\x00", rows + b"\x80\x00"))
    monkeypatch.setattr(Decoder, "as_array", lambda *_, **__: pytest.fail("decoded"))
    assert error_code(path) == "damaged"


def test_a_jpeg_states_its_size_behind_other_segments() -> None:
    frame = b"\xff\xff\xc0\x00\x0b\x08\x00\x40\x00\x20\x01\x01\x11\x00" + bytes(8)
    tables = b"\xff\xe0\x00\x04ab" + b"\xff\xc4\x00\x05\xff\xc0\x00"  # the second looks like a frame inside
    assert jpeg_size(b"\xff\xd8" + tables + frame) == (64, 32, 1)
    assert jpeg_size(b"\xff\xd8" + tables + frame.replace(b"\xff\xff\xc0", b"\xff\xf7")) == (64, 32, 1)
    assert jpeg_size(b"\xff\xd8" + tables) is None
    assert jpeg_size(b"") is None


@pytest.mark.slow
def test_every_byte_of_an_rle_frame_may_be_wrong_without_a_panic(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = save(ct_slice(HU[0], (0, 0, 0)), tmp_path / "a.dcm", syntax=RLELossless)
    raw = path.read_bytes()
    start = raw.rindex(b"\xfe\xff\x00\xe0") + 8
    codes = set()
    for position in range(start, len(raw) - 8, 17):
        path.write_bytes(raw[:position] + bytes([raw[position] ^ 0x55]) + raw[position + 1 :])
        try:
            codes.add(f"{pleura.read(path).shape}")
        except PleuraError as error:
            codes.add(error.code)
    assert codes == {"(1, 64, 64)", "truncated"}
    assert capfd.readouterr().err == ""


def test_padding_after_an_rle_segment_is_no_damage(tmp_path: Path) -> None:
    path = save(ct_slice(HU[0], (0, 0, 0)), tmp_path / "a.dcm", syntax=RLELossless)
    import pydicom

    dataset = pydicom.dcmread(path)
    (frame,) = generate_frames(dataset.PixelData, number_of_frames=1)
    dataset.PixelData = encapsulate([frame + bytes(6)])
    dataset.save_as(path)
    np.testing.assert_array_equal(pleura.read(path).voxels[0], HU[0])


def test_a_panic_of_a_decoder_is_a_damaged_file_and_an_interruption_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pydicom.pixels.decoders.base import Decoder

    class PanicException(BaseException):
        """What a decoder in Rust raises."""

    path = save(ct_slice(HU[0], (0, 0, 0)), tmp_path / "a.dcm", syntax=RLELossless)
    for raised in (PanicException, KeyboardInterrupt, SystemExit):

        def fail(*_: object, what: type[BaseException] = raised, **__: object) -> None:
            raise what

        monkeypatch.setattr(Decoder, "as_array", fail)
        with pytest.raises(PleuraError if raised is PanicException else raised):
            pleura.read(path)


@pytest.mark.parametrize("bits", [0, 32, 64])
def test_compressed_pixels_of_odd_depth_do_not_reach_a_decoder(tmp_path: Path, bits: int) -> None:
    path = save(ct_slice(HU[0], (0, 0, 0)), tmp_path / "a.dcm", syntax=JPEG2000Lossless)
    allocated = b"\x28\x00\x00\x01US\x02\x00"
    raw = path.read_bytes()
    assert allocated + b"\x10\x00" in raw
    path.write_bytes(raw.replace(allocated + b"\x10\x00", allocated + bytes([bits, 0])))
    for read in (pleura.read, pleura.reading.read_label_map):
        with pytest.raises(PleuraError) as caught:
            read(path)
        assert caught.value.code == "unsupported-pixels"


def test_a_jpeg_2000_picture_begins_at_its_offset_in_the_reference_grid() -> None:
    sizes = struct.pack(">8L", 40, 50, 8, 10, 32, 40, 8, 10)  # right, bottom, left, top; then of the tiles
    assert j2k_size(b"\xff\x4f\xff\x51" + bytes(4) + sizes + struct.pack(">H", 3)) == (40, 32, 3)
    assert j2k_size(b"\xff\x4f\xff\x51" + bytes(9)) is None


FRAME = b"\xff\xc3\x00\x0b\x0c\x00\x40\x00\x20\x01\x01\x11\x00"
"""12 bits, 64 rows, 32 columns, one sample."""
SCAN = b"\xff\xda\x00\x08\x01\x01\x00\x01\x00\x00"
DATA = b"\x12\xff\x00\x34\xff\xd0\x56"
"""Of a scan: 255 is followed by 0, or is a mark to start again from."""


@pytest.mark.parametrize(
    ("stream", "sound"),
    [
        (FRAME + SCAN + DATA, True),
        (b"\xff\xe0\x00\x06\xff\xc3ab" + FRAME + SCAN + DATA, True),  # a picture within a comment
        (FRAME + SCAN + DATA + SCAN + DATA, True),
        (FRAME + FRAME + SCAN + DATA, False),
        (FRAME + SCAN + DATA + FRAME, False),
        (FRAME.replace(b"\x0c", b"\x86", 1) + SCAN + DATA, False),  # 134 bits
        (FRAME.replace(b"\x0c", b"\x01", 1) + SCAN + DATA, False),
        (FRAME, False),
        (SCAN + DATA, False),
        (b"\xff\xc3\x00\x01" + SCAN, False),
    ],
)
def test_jpeg_that_a_decoder_does_not_survive_is_known(stream: bytes, sound: bool) -> None:
    assert is_sound_jpeg(b"\xff\xd8" + stream + b"\xff\xd9", 16) is sound
