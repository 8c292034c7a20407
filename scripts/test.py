"""Segment the lungs of pictures and write mask, overlay, and each picture with all but the lungs blanked.

    python test.py --image_path path/to/image.png [--output FOLDER]

A folder in place of a picture means each of its pictures and scans. Results are named after the picture:
image_mask.png, image_overlay.png and image_lungs.png. Uses the model in model/, which train.py makes, where there is
one, else the model that comes with pleura. Of a scan of several slices there is no blanked picture. Earlier results of
the same picture are replaced, anything else never.
"""

from __future__ import annotations

import json
from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from project import end_with, here, tell_model

import pleura
from pleura.batch.discover import discover
from pleura.batch.overwrite import identities, refuse_to_overwrite
from pleura.cli.console import NOTHING_DONE, SOME_FAILED, complain, flush, say, warn
from pleura.cli.parser import Parser
from pleura.cli.paths import path
from pleura.errors import UnreadableInput
from pleura.file_format import without_suffix
from pleura.files import atomic_write, make_folder
from pleura.geometry import to_axial
from pleura.text import quantity
from pleura.writing import is_pleura_output, sidecar_path


def main() -> int:
    """Segment each picture; return the exit code."""
    parser = Parser(
        prog="test.py", description=__doc__, formatter_class=RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument(
        "--image_path", "--image-path", type=path, required=True, metavar="PATH", help="picture, scan or folder"
    )
    parser.add_argument("--output", type=path, default=Path(), metavar="FOLDER", help="folder for what is written")
    options = parser.parse_args()
    model = here("model") if here("model").is_dir() else None
    failed = 0
    said: set[str] = set()
    try:
        sources = discover(options.image_path).scans
        segmenter = pleura.Segmenter(model=model)
        tell_model(model)
    except pleura.PleuraError as error:
        complain(error, debug=False)
        return NOTHING_DONE
    for source in sources:
        try:
            tell(segmenter(source), source, folder_for(source, options.image_path, options.output), said)
        except pleura.PleuraError as error:
            failed += 1
            bare = error.code == "no-dicom" and source == options.image_path
            text = f"{source}: there is no picture or scan in this folder, or only results of this program"
            complain(UnreadableInput(text, code="not-found") if bare else error, debug=False)
        flush()
    if len(sources) > 1:
        say(f"{len(sources) - failed} of {len(sources)} segmented")
    return 0 if not failed else NOTHING_DONE if failed == len(sources) else SOME_FAILED


def folder_for(source: Path, asked: Path, output: Path) -> Path:
    """Return the folder of the results of one scan: below `output` as the scan lies below what was asked for."""
    return output / source.parent.relative_to(asked) if source != asked and asked in source.parents else output


def tell(result: pleura.Segmentation, source: Path, folder: Path, said: set[str]) -> None:
    """Write what was found and say it; a note that was `said` of an earlier picture is not said again."""
    written = write(result, folder, source)
    sizes = [f"{size.label.name} {size}" for size in result.sizes.sizes]
    say(f"{source}: {', '.join(sizes)}")
    for note in result.volume.notes:
        if note.message not in said:
            say(f"  note: {note.message}")
    said.update(note.message for note in result.volume.notes)
    if len(written) < 3:
        slices = quantity(result.volume.shape[0], "slice")
        say(f"  no blanked picture: the scan has {slices}, and the mask holds its lungs")
    say(f"  written: {', '.join(map(str, written))}")
    for warning in result.warnings:
        warn(f"{source}: {warning.message}")


def write(result: pleura.Segmentation, folder: Path, source: Path) -> list[Path]:
    """Write mask, overlay and, of a single slice, the blanked picture; return where they are."""
    suffix = "png" if result.volume.is_picture else "nii.gz"
    stem = next(one for one in names(source) if is_free(folder / f"{one}_mask.{suffix}", result))
    mask, overlay, lungs = (folder / f"{stem}_{end}" for end in (f"mask.{suffix}", "overlay.png", "lungs.png"))
    refuse_to_overwrite([mask, sidecar_path(mask), overlay, lungs], identities([source]))
    make_folder(folder)
    written = [result.write(mask), result.preview(overlay)]
    slices = to_axial(result.volume.voxels, result.volume.affine)
    if len(slices) == 1:
        inside = to_axial(result.labels.reshape(result.volume.shape), result.volume.affine) > 0
        written.append(blank(slices[0], inside[0], lungs))
    return written


def names(source: Path) -> Iterator[str]:
    """Give names for the results: after the picture, then with numbers."""
    whole = source.resolve().name
    stem = whole if source.is_dir() else without_suffix(whole)
    yield stem
    yield from (f"{stem}_{number}" for number in count(2))


def is_free(mask: Path, result: pleura.Segmentation) -> bool:
    """Say whether a name is that of no file, of an earlier result of the same picture, or of what must be kept."""
    sidecar = sidecar_path(mask)
    if not mask.exists() or not is_pleura_output(mask) or not sidecar.is_file():
        return True
    try:
        earlier = json.loads(sidecar.read_text(encoding="utf-8"))["input"]["sha256"]
    except (ValueError, KeyError, TypeError):
        return True
    return bool(earlier == result.volume.identity.sha256)


def blank(picture: np.ndarray, inside: np.ndarray, target: Path) -> Path:
    """Write the picture in grey, black outside the lungs."""
    low, high = np.percentile(picture, [0.5, 99.5])
    grey = np.clip((picture - low) / max(float(high - low), 1e-6) * 255, 0, 255)
    signature = PngInfo()
    signature.add_text("Software", f"pleura {pleura.__version__}")
    with atomic_write(target) as file:
        Image.fromarray(np.where(inside, grey, 0).astype(np.uint8)).save(file, format="PNG", pnginfo=signature)
    return target


if __name__ == "__main__":
    end_with(main)
