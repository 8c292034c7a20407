"""Segment the lungs of one picture and write mask, overlay, and the picture with all but the lungs blanked.

    python test.py --image_path path/to/image.png [--output FOLDER]

Uses the model in model/, which train.py makes, where there is one, else the model that comes with pleura.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from places import here

import pleura
from pleura.writing import preview


def main() -> int:
    """Segment one picture; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--image_path", required=True, help="picture or scan")
    parser.add_argument("--output", type=Path, default=Path(), help="folder for what is written")
    options = parser.parse_args()
    try:
        result = pleura.segment(options.image_path, model=here("model") if here("model").is_dir() else None)
        options.output.mkdir(parents=True, exist_ok=True)
        written = [result.write(options.output / f"mask{'.png' if result.volume.planar else '.nii.gz'}")]
        written.append(preview(result, options.output / "overlay.png"))
    except pleura.PleuraError as error:
        print(f"test.py: {error}", file=sys.stderr)
        return 2
    if result.volume.planar:
        picture = result.volume.voxels[0]
        low, high = np.percentile(picture, [0.5, 99.5])
        grey = np.clip((picture - low) / max(float(high - low), 1e-6) * 255, 0, 255).astype(np.uint8)
        written.append(options.output / "lungs.png")
        Image.fromarray(np.where(result.labels > 0, grey, 0).astype(np.uint8)).save(written[-1])
    for path in written:
        print(f"written: {path}")
    for warning in result.warnings:
        print(f"warning: {warning.message}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
