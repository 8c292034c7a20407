"""Segment the lungs of one picture and write mask, overlay, and the picture with all but the lungs blanked.

    python test.py --image_path path/to/image.png [--output FOLDER]

Uses the model in model/, which train.py makes, where there is one, else the model that comes with pleura. Of a scan of
several slices there is no blanked picture. Earlier results are replaced, other files never.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from places import here

import pleura
from pleura.cli.jobs import guard, identities
from pleura.errors import UnwritableOutput
from pleura.volume import to_axial
from pleura.writing import preview, record_path
from pleura.writing.place import replacing


def main() -> int:
    """Segment one picture; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--image_path", type=Path, required=True, help="picture or scan")
    parser.add_argument("--output", type=Path, default=Path(), help="folder for what is written")
    options = parser.parse_args()
    try:
        result = pleura.segment(options.image_path, model=here("model") if here("model").is_dir() else None)
        written = write(result, options.output, options.image_path)
    except pleura.PleuraError as error:
        print(f"test.py: {error}", file=sys.stderr)
        return 2
    for path in written:
        print(f"written: {path}")
    if len(written) < 3:
        print(f"no lungs.png: the scan has {result.volume.shape[0]} slices, and the mask holds its lungs")
    for warning in result.warnings:
        print(f"warning: {warning.message}", file=sys.stderr)
    return 0


def write(result: pleura.Segmentation, folder: Path, source: Path) -> list[Path]:
    """Write mask, overlay and, of a single slice, the blanked picture; return where they are."""
    mask = folder / ("mask.png" if result.volume.planar else "mask.nii.gz")
    overlay, lungs = folder / "overlay.png", folder / "lungs.png"
    files = [mask, record_path(mask), *(file for file in (overlay, lungs) if in_the_way(file, source))]
    guard(files, identities([source]))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnwritableOutput(f"{folder} is no folder to write to: {error.strerror}", code="not-written") from error
    written = [result.write(mask), preview(result, overlay)]
    slices = to_axial(result.volume.voxels, result.volume.affine)
    if len(slices) == 1:
        inside = to_axial(result.labels.reshape(result.volume.shape), result.volume.affine) > 0
        written.append(blank(slices[0], inside[0], lungs))
    return written


def in_the_way(file: Path, source: Path) -> bool:
    """Say whether a file is the input, or does not bear the mark of our pictures."""
    return file.is_file() and (file.samefile(source) or b"Software\0pleura" not in file.read_bytes()[:256])


def blank(picture: np.ndarray, inside: np.ndarray, path: Path) -> Path:
    """Write the picture in grey, black outside the lungs."""
    low, high = np.percentile(picture, [0.5, 99.5])
    grey = np.clip((picture - low) / max(float(high - low), 1e-6) * 255, 0, 255)
    mark = PngInfo()
    mark.add_text("Software", "pleura")
    with replacing(path) as file:
        Image.fromarray(np.where(inside, grey, 0).astype(np.uint8)).save(file, format="PNG", pnginfo=mark)
    return path


if __name__ == "__main__":
    sys.exit(main())
