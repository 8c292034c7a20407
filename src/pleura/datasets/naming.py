"""Which image a mask belongs to, by the names of files and folders that people and challenges give them.

A file's key is its folder and its stem, without the words that only say "image" or "mask". Two files of one key, one of
them marked as mask, are a pair: `images/a.png` and `masks/a.png`, `a.jpg` and `a_mask.jpg`, `imagesTr/a_0000.nii.gz`
and `labelsTr/a.nii.gz`, `p1/ct.nrrd` and `p1/lungs.nrrd`.

Masks that say which lung, or which lobe of it, they hold are the parts of one: `leftMask/a.png` and `rightMask/a.png`,
`masks/a_left.png` and `masks/a_right.png`, `segmentations/lung_upper_lobe_left.nii.gz` and its like.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pleura.datasets.record import Pair, Refusal
from pleura.labels import LEFT, RIGHT, RIGHT_AND_LEFT

_SUFFIX = re.compile(r"\.(nii|nrrd|nhdr|mha|mhd|hdr|png|jpe?g|tiff?|bmp|webp|gif|dcm|ima)(\.gz)?$", re.IGNORECASE)
_MASK_FOLDER = re.compile(
    r"^((lung|manual|left|right|gt)[_-]?)*"
    r"(masks?|labels?(tr|ts)?|seg(mentation)?s?|annotations?|ground[_-]?truth|lungs|seg-lungs-.*|\w+_masks?)$"
)
_IMAGE_FOLDER = re.compile(r"^(images?(tr|ts)?|imgs?|pictures?|scans?|cts?|volumes?|subset\d+|\w+_images?)$")
_MASK_WORD = re.compile(r"(^|[_\-. ])(lung[_-]?)?(masks?|lungs?|seg(mentation)?|labels?|gt|lungmask)$")
_IMAGE_WORD = re.compile(r"(^|[_\-. ])(images?|img|ct|scan|orig(inal)?|volume|0000)$")
_MASK_START = re.compile(r"^(lung[_-]?)?(masks?|seg(mentation)?|labels?)[_\-. ]")
_IMAGE_START = re.compile(r"^(images?|img|ct|scan|volume)[_\-. ]")
_SIDE_FOLDER = re.compile(r"^(?P<side>left|right)(?P<lung>[_\- ]?lungs?)?([_\- ]?masks?)?$")
_SIDE_WORD = re.compile(
    r"(^|[_\-. ])(?P<lung>lung[_\- ])?((?P<lobe>upper|middle|lower)[_\- ]lobe[_\- ])?(?P<side>left|right)$"
)
_SIDES = {"right": RIGHT, "left": LEFT}
_SPLITS = {"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
_SPLITS |= {"testing": "test", "imagests": "test", "labelsts": "test"}


Place = tuple[tuple[str, ...], str]


@dataclass(frozen=True)
class Named:
    """A file by its name: what is left of folder and stem, and what the rest says.

    Attributes
    ----------
    name : path below the root, without suffix
    place : folder and key, which an image and its mask share
    whole : `place` before the words for a side were taken from it
    side : RIGHT or LEFT where `place` lacks such a word, else 0
    lobe : "upper", "middle" or "lower" where it holds that one alone
    """

    path: Path
    name: str
    place: Place
    whole: Place
    side: int
    lobe: str
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
    key = stem.lower()
    in_masks = any(_MASK_FOLDER.match(folder) or _names_a_lung(_SIDE_FOLDER.match(folder)) for folder in folders)
    in_images = any(_IMAGE_FOLDER.match(folder) for folder in folders)
    called_mask = bool(_MASK_WORD.search(key) or _MASK_START.search(key)) or _names_a_lung(_SIDE_WORD.search(key))
    for word in (_MASK_WORD, _MASK_START, _IMAGE_WORD, _IMAGE_START):
        key = word.sub("", key)
    kept = tuple(part for part in folders if not _says_what(part))
    split = next((_SPLITS[part] for part in folders if part in _SPLITS), "")
    is_mask = in_masks or (called_mask and not in_images)
    place, side, lobe = _without_side(kept, key) if is_mask else ((kept, key), 0, "")
    return Named(path, str(relative.with_name(stem)), place, (kept, key), side, lobe, is_mask, split)


def _says_what(folder: str) -> bool:
    """Say whether the name of a folder only tells images from masks; one of a side tells more."""
    return bool(_MASK_FOLDER.match(folder) or _IMAGE_FOLDER.match(folder)) and not _SIDE_FOLDER.match(folder)


def _names_a_lung(found: re.Match[str] | None) -> bool:
    return found is not None and found["lung"] is not None


def _without_side(folder: tuple[str, ...], key: str) -> tuple[Place, int, str]:
    """Return the place of a mask without the words for the one side that it names, that side and the lobe, if any."""
    ending = _SIDE_WORD.search(key)
    found = [_SIDE_FOLDER.match(part) for part in folder] + [ending]
    sides = {_SIDES[one["side"]] for one in found if one}
    if len(sides) != 1:
        return (folder, key), 0, ""
    rest = tuple(part for part in folder if not _SIDE_FOLDER.match(part))
    return (rest, _SIDE_WORD.sub("", key)), sides.pop(), (ending["lobe"] or "") if ending else ""


def match(files: Iterable[Path], root: Path) -> tuple[list[Pair], list[Refusal], list[Path], dict[Place, list[Named]]]:
    """Pair files by their names.

    Returns
    -------
    pairs, what is doubled, the images that have no mask, and the masks that have no image
    """
    images, masks = _by_place([named(path, root) for path in files])
    in_parts = {place for place, there in masks.items() if len(images.get(place, [])) == 1 and _are_lungs(there)}
    pairs: list[Pair] = []
    refused: list[Refusal] = []
    alone: list[Path] = []
    lonely: dict[Place, list[Named]] = {}
    for place in sorted(images.keys() | masks.keys()):
        here, there = images.get(place, []), masks.get(place, [])
        if len(here) == len(there) == 1 and in_parts and there[0].side:
            text = "there is a mask of one lung, and none of the other"
            refused.append(Refusal(_below(here[0], root), "no-mask", text))
        elif place in in_parts or len(here) == len(there) == 1:
            pairs.append(_pair(here[0], there))
        elif not there:
            alone += [image.path for image in here]
        elif not here and is_of_used_scan(place, in_parts):
            continue
        elif not here:
            lonely[place] = there
        else:
            text = f"{len(here)} images and {len(there)} masks share one name"
            refused += [Refusal(_below(one, root), "ambiguous-pair", text) for one in (*here, *there)]
    return pairs, refused, alone, lonely


def companions(path: Path) -> tuple[Path, ...]:
    """Return a file and the one beside it that holds its voxels, where a header comes without them."""
    if path.suffix.lower() not in {".mhd", ".hdr", ".nhdr"} and not path.name.lower().endswith(".hdr.gz"):
        return (path,)
    stem = _SUFFIX.sub("", path.name)
    others = [path.with_name(stem + suffix) for suffix in (".raw", ".zraw", ".img", ".img.gz", ".raw.gz")]
    return (path, *(other for other in others if other.is_file()))


Keyed = defaultdict[Place, list[Named]]


def _by_place(found: Sequence[Named]) -> tuple[Keyed, Keyed]:
    """Return images and masks by the place that they share."""
    images: Keyed = defaultdict(list)
    masks: Keyed = defaultdict(list)
    for image in (one for one in found if not one.is_mask):
        images[image.place].append(image)
    keys = {key for _, key in images}
    for mask in (_whole(one, images, keys) for one in found if one.is_mask):
        masks[mask.place].append(mask)
    _bring_together(images, masks)
    return images, masks


def _whole(mask: Named, images: Keyed, keys: Collection[str]) -> Named:
    """Return a mask that names a side as one that names none, where an image has its whole name."""
    named_so = mask.whole in images or (mask.whole[1] != mask.place[1] and mask.whole[1] in keys)
    return replace(mask, place=mask.whole, side=0) if named_so else mask


def _are_lungs(masks: Sequence[Named]) -> bool:
    """Say whether masks are the parts of both lungs: each one whole, or in lobes from the upper to the lower."""
    lobes = {side: {mask.lobe for mask in masks if mask.side == side} for side in (0, RIGHT, LEFT)}
    return not lobes[0] and all("" in lobes[side] or {"upper", "lower"} <= lobes[side] for side in (RIGHT, LEFT))


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


def _pair(image: Named, masks: Sequence[Named]) -> Pair:
    pair = Pair(image.name, image.path, None, files=companions(image.path), split=image.split or masks[0].split)
    return with_masks(pair, masks)


def are_whole(masks: Sequence[Named]) -> bool:
    """Say whether masks hold all that is to be marked: one that names no side, or parts of both lungs."""
    return _are_lungs(masks) or (len(masks) == 1 and not masks[0].side)


def is_of_used_scan(place: Place, used: Collection[Place]) -> bool:
    """Say whether a mask shows another structure of a scan whose lungs are used, as `segmentations/liver.nii.gz`."""
    return (place[0], "") in used


def with_masks(pair: Pair, masks: Sequence[Named]) -> Pair:
    """Return a pair with its mask; several masks are the parts of one."""
    files = (*pair.files, *(file for mask in masks for file in companions(mask.path)))
    if len(masks) == 1:
        return replace(pair, mask=masks[0].path, files=files)
    parts = tuple(sorted((mask.side, mask.path) for mask in masks))
    return replace(pair, mask=parts[0][1], parts=parts, files=files, names=dict(enumerate(RIGHT_AND_LEFT, 1)))


def _below(found: Named, root: Path) -> str:
    return str(found.path.relative_to(root))
