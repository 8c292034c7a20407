"""How right the masks of radiographs are, which way round they lie, and whether pictures are taken for what they are.

    python benchmarks/radiographs.py                    # everything
    python benchmarks/radiographs.py --model BUNDLE     # another bundle; the modality is not in question then
    python benchmarks/radiographs.py --pictures OUT     # and the worst of each convention, drawn

Reads DATA/cxr/CONVENTION/manifest.jsonl and scores what is in the split `val`. Each picture is segmented as it is, and
turned by 90, 180 and 270 degrees; right and left count as exchanged where Dice is higher with the two swapped. Dice of
"both" is of lung of either side against the rest. Drawn are the reference in yellow and what was found in red. Last,
every held-out CT slice and radiograph of DATA, and everything in DATA/cxr/other, is put to `pleura.modality.decide`, as
a picture of 8 bits.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

import pleura
from pleura.conventions import CONVENTIONS
from pleura.datasets.manifest import manifest_lines
from pleura.evaluation import dice
from pleura.rendering import PREDICTION_COLOUR, REFERENCE_COLOUR, draw_overlay

SHARED = Path(__file__).parents[2] / "shared" / "data"
WINDOW = (-1350.0, 150.0)
"""Lung window in HU, in which CT slices are shown as pictures."""

TILE = 320
"""Longest side of a drawn picture in pixels."""


def main() -> None:
    """Print a table a convention and the decisions on modality."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=SHARED)
    parser.add_argument("--model", type=Path, help="bundle to score in place of the shipped one")
    parser.add_argument("--worst", type=int, default=8, help="cases to list, and to draw")
    parser.add_argument("--pictures", type=Path, help="folder for pictures of the worst cases")
    options = parser.parse_args()
    for convention in CONVENTIONS:
        score_convention(options.data / "cxr" / convention, convention, options)
    if not options.model:
        print_decisions(options.data)


def score_convention(folder: Path, convention: str, options: argparse.Namespace) -> None:
    """Segment every held-out picture of one convention in four positions and print what came out."""
    segmenter = pleura.Segmenter(model=options.model, modality="cr", convention=convention)
    rows, exchanged, seen = [], defaultdict(list), []
    for case in records(folder, "val"):
        picture, truth = grey(folder / case["image"]), np.asarray(Image.open(folder / case["mask"]))
        for turn in range(4):
            labels = np.rot90(segmenter(np.ascontiguousarray(np.rot90(picture, turn))).labels, -turn)
            right, left = (dice(truth == side, labels == side) for side in (1, 2))
            swapped = [dice(truth == side, labels == 3 - side) for side in (1, 2)]
            if sum(swapped) > right + left:
                exchanged[turn].append(case["id"])
            rows.append((dice(truth > 0, labels > 0), right, left, turn, case))
            if turn == 0:
                seen.append((rows[-1][0], case["id"], picture, truth, labels))
    print_convention(convention, rows, exchanged, options.worst)
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
        worst = sorted(seen, key=lambda one: one[0])[: options.worst]
        sheet([drawn(*one) for one in worst]).save(options.pictures / f"{convention}.png")


def drawn(both: float, name: str, picture: NDArray[Any], truth: NDArray[Any], labels: NDArray[Any]) -> Image.Image:
    """Return a picture with the outlines of both masks, its Dice and its name below."""
    scale = TILE / max(picture.shape)
    size = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
    outlines = [
        (mask == side, colour)
        for mask, colour in ((truth, REFERENCE_COLOUR), (labels, PREDICTION_COLOUR))
        for side in (1, 2)
    ]
    tile = Image.new("RGB", (TILE, TILE + 14))
    tile.paste(draw_overlay(picture, outlines, size))
    ImageDraw.Draw(tile).text((2, TILE + 1), f"{both:.3f}  {name[:44]}", fill="white")
    return tile


def sheet(tiles: list[Image.Image]) -> Image.Image:
    """Return pictures side by side, four in a row."""
    whole = Image.new("RGB", (4 * TILE, -(-len(tiles) // 4) * (TILE + 14)))
    for place, tile in enumerate(tiles):
        whole.paste(tile, (place % 4 * TILE, place // 4 * (TILE + 14)))
    return whole


def print_convention(
    convention: str, rows: list[tuple[float, float, float, int, Any]], exchanged: dict[int, list[str]], worst: int
) -> None:
    """Print the worst cases, a line for each position, and a line for each source and age as the pictures lie."""
    upright = sorted((row for row in rows if row[3] == 0), key=lambda row: row[0])
    print(f"\n{convention}, {len(upright)} pictures\n{'worst cases':44} {'both':>7} {'right':>7} {'left':>7}")
    for both, right, left, _, case in upright[:worst]:
        print(f"{case['id'][:44]:44} {both:7.4f} {right:7.4f} {left:7.4f}")
    print(f"{'turned by':44} {'mean':>7} {'worst':>7} exchanged")
    for turn in range(4):
        both = [row[0] for row in rows if row[3] == turn]
        print(f"{90 * turn:<44} {fmean(both):7.4f} {min(both):7.4f} {len(exchanged[turn])} {exchanged[turn][:4]}")
    groups = defaultdict(list)
    for row in upright:
        for name in ("source", "age_group"):
            groups[f"{name} {row[4][name]}"].append(row[0])
    for name, values in sorted(groups.items()):
        print(f"{name:40} {len(values):3d} {fmean(values):7.4f} {min(values):7.4f}")


def print_decisions(data: Path) -> None:
    """Say what every held-out picture was taken for, where that is wrong."""
    from pleura.modality import decide

    wrong, warned, count = [], [], 0
    for wanted, name, picture in pictures(data):
        decision = decide(picture)
        count += 1
        line = f"  {name}: {wanted} taken for {decision.kind} ({decision.confidence:.2f})"
        if decision.kind != wanted and wanted != "other" and decision.scan == wanted:
            warned.append(line + ", segmented as what it is, with a warning")
        elif decision.kind != wanted:
            wrong.append(line)
    print(f"\nmodality: {count} pictures, {len(wrong)} mistaken, {len(warned)} warned of without need")
    print("\n".join([*wrong, *warned]))


def pictures(data: Path) -> list[tuple[str, str, NDArray[np.uint8]]]:
    """Return what each held-out picture shows, its name, and its greys."""
    found = []
    for name in ("slices", "covid", "nolung"):
        folder = data / "ct" / name
        found += [("ct", case["id"], as_picture(folder / case["image"])) for case in records(folder, "val")]
    for convention in CONVENTIONS:
        folder = data / "cxr" / convention
        found += [("radiograph", case["id"], grey(folder / case["image"])) for case in records(folder, "val")]
    for path in sorted((data / "cxr" / "other").glob("*/*.jpg")):
        if is_colour(path):  # refused before anybody asks what it shows
            continue
        wanted = "ct" if path.stem in ("chest-ct-slice-1", "chest-ct-slice-2") else "other"
        found.append((wanted, path.stem, grey(path)))
    return found


def records(folder: Path, split: str) -> list[dict[str, Any]]:
    """Return what the lines of one split say, with the fields that `Record` does not have: source, age and licence."""
    found = (json.loads(line) for _, line in manifest_lines(folder))
    return [record for record in found if record["split"] == split]


def is_colour(path: Path) -> bool:
    """Say whether a picture has colours."""
    colours = np.asarray(Image.open(path).convert("RGB"))
    return bool((colours[..., :1] != colours).any())


def grey(path: Path) -> NDArray[np.uint8]:
    """Return a picture in 8-bit grey."""
    return np.asarray(Image.open(path).convert("L"))


def as_picture(path: Path) -> NDArray[np.uint8]:
    """Return a CT slice as a picture in 8-bit grey, in a lung window where it holds HU."""
    values = np.asarray(Image.open(path)).astype(np.float32)
    if path.suffix != ".tif":
        return values.astype(np.uint8)
    low, high = WINDOW
    return (np.clip((values - low) / (high - low), 0, 1) * 255).astype(np.uint8)


if __name__ == "__main__":
    main()
