"""Which image a mask belongs to, by the names of files and folders that people and challenges give them.

A file's key is its folder and its stem, without the words that only say "image" or "mask". Two files of one key, one of
them marked as mask, are a pair: `images/a.png` and `masks/a.png`, `a.jpg` and `a_mask.jpg`, `imagesTr/a_0000.nii.gz`
and `labelsTr/a.nii.gz`, `p1/ct.nrrd` and `p1/lungs.nrrd`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pleura.datasets.record import Pair, Refusal

_SUFFIX = re.compile(r"\.(nii|nrrd|nhdr|mha|mhd|hdr|png|jpe?g|tiff?|dcm|ima)(\.gz)?$", re.IGNORECASE)
_MASK_FOLDER = re.compile(
    r"^((lung|manual|left|right|gt)[_-]?)*"
    r"(masks?|labels?(tr|ts)?|seg(mentation)?s?|annotations?|ground[_-]?truth|lungs|seg-lungs-.*|\w+_masks?)$"
)
_IMAGE_FOLDER = re.compile(r"^(images?(tr|ts)?|imgs?|pictures?|scans?|cts?|volumes?|subset\d+|\w+_images?)$")
_MASK_WORD = re.compile(r"(^|[_\-. ])(lung[_-]?)?(masks?|lungs?|seg(mentation)?|labels?|gt|lungmask)$")
_IMAGE_WORD = re.compile(r"(^|[_\-. ])(images?|img|ct|scan|orig(inal)?|volume|0000)$")
_MASK_START = re.compile(r"^(lung[_-]?)?(masks?|seg(mentation)?|labels?)[_\-. ]")
_IMAGE_START = re.compile(r"^(images?|img|ct|scan|volume)[_\-. ]")
_SPLITS = {"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
_SPLITS |= {"testing": "test", "imagests": "test", "labelsts": "test"}


@dataclass(frozen=True)
class Named:
    """A file by its name: what is left of folder and stem, and what the rest says."""

    path: Path
    name: str
    folder: tuple[str, ...]
    key: str
    is_mask: bool
    split: str


def is_image_name(path: Path) -> bool:
    """Say whether a file's suffix is that of an image or a label map."""
    return bool(_SUFFIX.search(path.name))


def named(path: Path, root: Path) -> Named:
    """Return what the name of a file below `root` says."""
    relative = path.relative_to(root)
    folders = [part.lower() for part in relative.parts[:-1]]
    stem = _SUFFIX.sub("", relative.name)
    in_masks = any(_MASK_FOLDER.match(folder) for folder in folders)
    in_images = any(_IMAGE_FOLDER.match(folder) for folder in folders)
    called_mask = bool(_MASK_WORD.search(stem.lower()) or _MASK_START.search(stem.lower()))
    key = stem.lower()
    for word in (_MASK_WORD, _MASK_START, _IMAGE_WORD, _IMAGE_START):
        key = word.sub("", key)
    kept = tuple(part for part in folders if not (_MASK_FOLDER.match(part) or _IMAGE_FOLDER.match(part)))
    split = next((_SPLITS[part] for part in folders if part in _SPLITS), "")
    return Named(path, str(relative.with_name(stem)), kept, key, in_masks or (called_mask and not in_images), split)


def match(files: Iterable[Path], root: Path) -> tuple[list[Pair], list[Refusal], list[Path]]:
    """Pair files by their names.

    Returns
    -------
    pairs, what is doubled or a mask without its image, and the images that have no mask
    """
    images: defaultdict[Any, list[Any]] = defaultdict(list)
    masks: defaultdict[Any, list[Any]] = defaultdict(list)
    for path in files:
        found = named(path, root)
        (masks if found.is_mask else images)[found.folder, found.key].append(found)
    _bring_together(images, masks)
    pairs: list[Pair] = []
    refused: list[Refusal] = []
    alone: list[Path] = []
    for place in sorted(images.keys() | masks.keys()):
        here, there = images.get(place, []), masks.get(place, [])
        if len(here) == len(there) == 1:
            pairs.append(_pair(here[0], there[0]))
        elif not there:
            alone += [image.path for image in here]
        elif not here:
            refused += [
                Refusal(_below(mask, root), "no-image", "a mask without an image of its name") for mask in there
            ]
        else:
            text = f"{len(here)} images and {len(there)} masks share one name"
            refused += [Refusal(_below(one, root), "ambiguous-pair", text) for one in (*here, *there)]
    return pairs, refused, alone


def companions(path: Path) -> tuple[Path, ...]:
    """Return a file and the one beside it that holds its voxels, where a header comes without them."""
    if path.suffix.lower() not in {".mhd", ".hdr", ".nhdr"} and not path.name.lower().endswith(".hdr.gz"):
        return (path,)
    stem = _SUFFIX.sub("", path.name)
    others = [path.with_name(stem + suffix) for suffix in (".raw", ".zraw", ".img", ".img.gz", ".raw.gz")]
    return (path, *(other for other in others if other.is_file()))


Keyed = defaultdict[tuple[tuple[str, ...], str], list[Named]]


def _bring_together(images: Keyed, masks: Keyed) -> None:
    """Move a mask that has no image in its own folder to the only image of its name anywhere."""
    by_key = defaultdict(list)
    for folder, key in images:
        by_key[key].append((folder, key))
    for place in [place for place in masks if place not in images]:
        homes = by_key.get(place[1], [])
        rivals = [other for other in masks if other[1] == place[1]]
        if len(homes) == 1 and len(rivals) == 1:
            masks[homes[0]] = masks.pop(place)


def _pair(image: Named, mask: Named) -> Pair:
    files = (*companions(image.path), *companions(mask.path))
    return Pair(image.name, image.path, mask.path, files=files, split=image.split or mask.split)


def _below(found: Named, root: Path) -> str:
    return str(found.path.relative_to(root))
