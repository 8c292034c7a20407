"""Everything in a source that may be an image with a mask, whatever the layout, and why the rest is none."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pleura.errors import UnreadableInput
from pleura.file_format import companions, is_image_name
from pleura.preparation.dicom_pairs import NO_MASK, match_series, object_class
from pleura.preparation.names import named
from pleura.preparation.pairing import match
from pleura.preparation.progress import NAME as JOURNAL
from pleura.preparation.record import Pair, Refusal
from pleura.preparation.rsna import findings, is_challenge, with_finding
from pleura.preparation.settings import SPLITS
from pleura.reading.walk import files_below

MANIFEST, DESCRIPTION = "manifest.jsonl", "dataset.json"


def find_pairs(source: Path, dest: Path) -> tuple[list[Pair], list[Refusal]]:
    """Find images with masks below `source`; what lies in `dest` is left out.

    Folders with a `manifest.jsonl` are taken as it says; everything else by the names of files and folders, then DICOM
    series by the objects that refer to them, or by the folders they lie in. Images of the RSNA challenge are kept
    without masks where none has one.

    Raises
    ------
    UnreadableInput : there is no such folder (`not-found`)
    """
    if not source.is_dir():
        raise UnreadableInput(f"{source}: there is no such folder", code="not-found")
    files = [path for path in _files(source) if not path.is_relative_to(dest)]
    listed = [path for path in files if path.name == MANIFEST]
    pairs: list[Pair] = []
    refused: list[Refusal] = []
    for manifest in listed:
        found, unusable = _from_manifest(manifest, source)
        pairs, refused = pairs + found, refused + unusable
    roots = [path.parent for path in listed]
    rest = [path for path in files if not any(path.is_relative_to(root) for root in roots)]
    found, unusable, alone = _by_name_and_uid(rest, source)
    told, odd = findings(rest, source)
    pairs, refused = [*pairs, *found], [*refused, *unusable, *odd]
    if pairs:
        refused += [Refusal(str(path.relative_to(source)), "no-mask", NO_MASK) for path in alone]
    else:
        pairs = [Pair(str(path.relative_to(source).with_suffix("")), path, None, files=(path,)) for path in alone]
    return [with_finding(pair, told) for pair in pairs], refused


def _by_name_and_uid(files: Sequence[Path], source: Path) -> tuple[list[Pair], list[Refusal], list[Path]]:
    """Return pairs, what is none, and the images of the challenge that have no mask.

    What DICOM segmentations and structure sets belong to, they say themselves, whatever they are called.
    """
    images = [path for path in files if is_image_name(path.name)]
    drawn = {path for path in images if named(path, source).is_mask and object_class(path)}
    matched, unmatched, alone, masks = match([path for path in images if path not in drawn], source)
    unnamed = [path for path in files if not is_image_name(path.name) and _is_dicom(path)]
    plain = [path for path in alone if not is_challenge(path)]
    series, lonely = match_series(sorted([*plain, *unnamed, *drawn]), masks, source)
    challenge = [path for path in alone if is_challenge(path)]
    return [*_with_names(matched, source), *series], [*unmatched, *lonely], challenge


def is_collection(folder: Path) -> bool:
    """Say whether a folder holds images with masks as they were collected, not a data set that was made of them."""
    if is_unfinished(folder) or any(folder.glob(MANIFEST)) or any(folder.glob(f"*/{MANIFEST}")):
        return False
    return bool(match([path for path in _files(folder) if is_image_name(path.name)], folder)[0])


def is_unfinished(folder: Path) -> bool:
    """Say whether a folder is that of a data set of which making it was broken off, or came to nothing."""
    return (folder / JOURNAL).is_file() and not (folder / MANIFEST).is_file()


def stated_convention(source: Path) -> str:
    """Return what a data set of ours says of its masks of radiographs; "" for any other folder."""
    try:
        return str(json.loads((source / DESCRIPTION).read_text(encoding="utf-8"))["convention"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _files(source: Path) -> list[Path]:
    return [path for path in files_below(source) if path.is_file()]


def _is_dicom(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def _from_manifest(manifest: Path, source: Path) -> tuple[list[Pair], list[Refusal]]:
    """Return the pairs of a folder with a manifest, as it describes them."""
    folder = manifest.parent
    pairs, refused = [], []
    for number, line in enumerate(manifest.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        name = f"{manifest.relative_to(source)}:{number}"
        try:
            entry = json.loads(line)
            if not entry.get("mask"):
                refused.append(Refusal(name, "no-mask", NO_MASK))
                continue
            pairs.append(_listed(entry, folder, name))
        except (ValueError, KeyError, TypeError, AttributeError):
            refused.append(Refusal(name, "damaged", "this line of the manifest does not name an image and a mask"))
    names = _label_names(folder)
    return [replace(pair, names=names) for pair in pairs], refused


def _listed(entry: Mapping[str, Any], folder: Path, name: str) -> Pair:
    image, mask = folder / entry["image"], folder / entry["mask"]
    kind = str(entry.get("kind", ""))
    if not kind and "hu" in entry:
        kind = "hu" if entry["hu"] else "windowed"
    split = str(entry.get("split", ""))
    return Pair(
        name=str(entry.get("id", name)),
        image=image,
        mask=mask,
        files=(*companions(image), *companions(mask)),
        patient=str(entry.get("patient", "")),
        split=split if split in SPLITS else "",
        sides=entry.get("sides"),
        kind=kind,
        finding=str(entry.get("finding") or ""),
    )


def _with_names(pairs: Sequence[Pair], source: Path) -> list[Pair]:
    """Return the pairs with what the dataset.json nearest to each mask calls its values."""
    folders = [(pair.mask or pair.image).parent for pair in pairs]
    names = {folder: _names_above(folder, source) for folder in set(folders)}
    return [
        pair if pair.parts else replace(pair, names=names[folder]) for pair, folder in zip(pairs, folders, strict=True)
    ]


def _names_above(folder: Path, source: Path) -> dict[int, str]:
    """Return what the nearest dataset.json at or above `folder`, up to the source, calls the values."""
    above = [place for place in (folder, *folder.parents) if place.is_relative_to(source)]
    return next((names for place in above if (names := _label_names(place))), {})


def _label_names(folder: Path) -> dict[int, str]:
    """Return value -> name from a dataset.json, of nnU-Net (name: value) or of the Decathlon or ours (the reverse)."""
    try:
        labels = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))["labels"]
        turned = {int(key): str(name) for key, name in labels.items() if str(key).isdigit()}
        turned |= {int(value): str(name) for name, value in labels.items() if str(value).isdigit()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    return {value: name for value, name in turned.items() if value}
