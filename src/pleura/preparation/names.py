"""What the name of a file says: which image it is or belongs to, whether it is a mask, of which lung, of which split.

The key of a file is its folder and its stem, without the words that only say "image" or "mask" (`pleura.file_names`).
Two files of one key, one of them a mask, are a pair: `images/image1.png` and `masks/mask1.png`, `a.jpg` and
`a_mask.jpg`, `imagesTr/a_0000.nii.gz` and `labelsTr/a.nii.gz`, `p1/ct.nrrd` and `p1/lungs.nrrd`.

Masks that say which lung, or which lobe of it, they hold are the parts of one: `leftMask/a.png` and `rightMask/a.png`,
`masks/a_left.png` and `masks/a_right.png`, `segmentations/lung_upper_lobe_left.nii.gz` and its like.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pleura.file_format import without_suffix
from pleura.file_names import is_word, joined, says_image, says_mask, tokens
from pleura.labels import LEFT, RIGHT

_CHANNEL = re.compile(r"[_\-. ]0000$")
"""How nnU-Net marks the only channel of an image."""
_SIDE_FOLDER = re.compile(r"^(?P<side>left|right)[_\- ]?(?P<lung>lungs?)?[_\- ]?(?P<mask>masks?)?$")
_SIDES = {"right": RIGHT, "left": LEFT}
_LOBES = frozenset({"upper", "middle", "lower"})
_SPLITS = {"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
_SPLITS |= {"testing": "test", "imagests": "test", "labelsts": "test"}
_OF_SPLITS = frozenset({"tr", "ts"})
_LUNA = re.compile(r"^(seg-lungs-.*|subset\d+)$")
"""Folders of LUNA16, which say mask and image."""
_FORMATS = frozenset({"png", "jpg", "jpeg", "tif", "tiff", "nii", "nifti", "dcm", "dicom", "mha", "nrrd"})

Folder = tuple[str, ...]
"""A folder below the root, as the names on the way to it."""


class PairKey(NamedTuple):
    """What an image and its mask share: folders below the root and stem, without the words for image and mask."""

    folder: tuple[str, ...]
    stem: str


@dataclass(frozen=True)
class ParsedName:
    """A file by its name: what is left of folder and stem, and what the rest says.

    Attributes
    ----------
    name : path below the root, without suffix
    stem : of the file, in lower case
    key : what it shares with its mask or image
    sided_key : `key` before the words for a side were taken from it
    channelless_key : `key` without the number of the channel that nnU-Net gives its images; `key` for others
    side : RIGHT or LEFT where `key` lacks such a word, else 0
    lobe : "upper", "middle" or "lower" where it holds that one alone
    words : what was taken from the stem
    by_folder : whether a folder says that it is an image or a mask, whatever the file is called
    """

    path: Path
    name: str
    stem: str
    key: PairKey
    sided_key: PairKey
    channelless_key: PairKey
    side: int
    lobe: str
    words: tuple[str, ...]
    by_folder: bool
    is_mask: bool
    split: str


def parse_name(
    path: Path, root: Path, silent: Collection[Folder] = frozenset(), apart: Collection[Folder] = frozenset()
) -> ParsedName:
    """Return what the name of a file or folder below `root` says.

    Parameters
    ----------
    silent : folders that say nothing of image and mask
    apart : folders that do, whatever their files are called
    """
    relative = path.relative_to(root)
    folders = folders_of(relative.parts)
    loud = [part for part, folder in folders if folder not in silent]
    kept = tuple(filter(None, map(_rest_of_folder, relative.parts[:-1])))
    stem = without_suffix(relative.name)
    found = tokens(stem)
    words = tuple(token for token in found if is_word(token))
    rest = [token for token in found if not is_word(token)]
    in_masks, in_images = any(map(is_mask_folder, loud)), any(map(is_image_folder, loud))
    is_mask = in_masks or (not in_images and _is_called_mask(found, words, rest))
    sided = PairKey(kept, joined(rest))
    key, side, lobe = _without_side(kept, rest) if is_mask else (sided, 0, "")
    channelless = PairKey(kept, joined(rest[:-1])) if _CHANNEL.search(stem) and len(rest) > 1 else key
    by_folder = in_masks or any(folder in apart for _, folder in folders)
    name = str(relative.with_name(stem)) if stem else str(relative)
    split = next(filter(None, map(_split_of_folder, relative.parts[:-1])), "")
    return ParsedName(path, name, stem.lower(), key, sided, channelless, side, lobe, words, by_folder, is_mask, split)


def folders_of(parts: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """Return name and path of each folder in the path of a file below the root, the innermost first."""
    return [(parts[k - 1], parts[:k]) for k in range(len(parts) - 1, 0, -1)]


@cache
def _words_of_folder(folder: str) -> tuple[list[str], list[str]]:
    """Return the words for image and mask in the name of a folder, and the rest of it."""
    plain = folder.lower()
    found = [token for token in tokens(folder) if token not in _OF_SPLITS]
    if re.fullmatch(r"(images?|labels?)(tr|ts)", plain):
        found = [plain[:-2]]
    return [token for token in found if is_word(token)], [token for token in found if not is_word(token)]


@cache
def is_mask_folder(folder: str) -> bool:
    """Say whether the name of a folder says that there are masks in it."""
    if _LUNA.match(folder.lower()):
        return folder.lower().startswith("seg")
    side = _SIDE_FOLDER.match(folder.lower())
    words, rest = _words_of_folder(folder)
    return says_mask(words) or bool(words and not rest and not says_image(words)) or _names_a_lung(side)


@cache
def is_image_folder(folder: str) -> bool:
    """Say whether the name of a folder says that there are images in it; one of a mask folder may say so too."""
    return bool(_LUNA.match(folder.lower())) or says_image(_words_of_folder(folder)[0])


@cache
def _rest_of_folder(folder: str) -> str:
    """Return what the name of a folder says beside image and mask; one of a side is kept as it is."""
    plain = folder.lower()
    words, rest = _words_of_folder(folder)
    if _LUNA.match(plain):
        return ""
    if not words or _SIDE_FOLDER.match(plain):
        return plain
    return joined(token for token in rest if token not in _FORMATS)


@cache
def _split_of_folder(folder: str) -> str:
    return _SPLITS.get(folder.lower()) or _SPLITS.get(_rest_of_folder(folder), "")


def _names_a_lung(found: re.Match[str] | None) -> bool:
    return found is not None and bool(found["lung"] or found["mask"])


def _is_called_mask(found: Sequence[str], words: Sequence[str], rest: Sequence[str]) -> bool:
    """Say whether a file's own name calls it a mask: by a word for that, by "lungs" at its end, or by one lung."""
    if says_mask(words):
        return True
    if says_image(words) or not words:
        return False
    return is_word(found[-1]) or (rest[-1:] == found[-1:] and rest[-1] in _SIDES)


def _without_side(folder: tuple[str, ...], rest: Sequence[str]) -> tuple[PairKey, int, str]:
    """Return the key of a mask without the words for the one side that it names, that side and the lobe, if any."""
    named_last = rest[-1] if rest and rest[-1] in _SIDES else ""
    of_folders = [_SIDE_FOLDER.match(part) for part in folder]
    sides = {_SIDES[match["side"]] for match in of_folders if match} | ({_SIDES[named_last]} if named_last else set())
    if len(sides) != 1:
        return PairKey(folder, joined(rest)), 0, ""
    kept = tuple(part for part in folder if not _SIDE_FOLDER.match(part))
    shorter = list(rest[:-1] if named_last else rest)
    lobe = ""
    if named_last and shorter[-1:] == ["lobe"] and shorter[-2:-1] and shorter[-2] in _LOBES:
        lobe = shorter[-2]
        shorter = shorter[:-2]
    return PairKey(kept, joined(shorter)), sides.pop(), lobe
