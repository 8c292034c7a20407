"""Write the labels of one slice as a PNG that programs read as 0, 1, 2 and people see in colour."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np

from pleura.errors import UnwritableOutput
from pleura.segmentation import Segmentation
from pleura.volume import Volume
from pleura.writing.signature import signature_of


def write_png(segmentation: Segmentation, file: BinaryIO) -> None:
    """Write an 8-bit palette PNG: the indices are the labels, the palette holds their colours.

    Raises
    ------
    UnwritableOutput
        The scan has more than one slice (`one-slice-only`).
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    refuse_slices(segmentation.volume)
    labels = segmentation.labels
    picture = Image.fromarray(np.ascontiguousarray(labels.reshape(labels.shape[-2:])))
    palette = [0, 0, 0]
    for label in segmentation.structures:
        palette += label.colour
    picture.putpalette(palette)
    info = PngInfo()
    info.add_text("Software", signature_of(segmentation.volume))
    picture.save(file, format="PNG", pnginfo=info)


def refuse_slices(volume: Volume) -> None:
    """Refuse a scan of more than one slice (`one-slice-only`)."""
    count = volume.shape[0]
    if count > 1:
        text = f"a PNG holds one slice and the scan has {count}: write .nii.gz, and use --preview for a picture"
        raise UnwritableOutput(text, code="one-slice-only")
