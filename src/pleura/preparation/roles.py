"""What the names of many files say together: which are images and which are masks.

A folder tells it for all in it, as `images/` beside `masks/`, unless it holds both, as `scans/1_ct.png` and
`scans/1_mask.png`, or is called for a patient, as `images/mask01/` beside `masks/mask01/`. Words in the names of files
tell it elsewhere, where not all files of one key have them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from pleura.file_names import says_image, says_mask, without_padding
from pleura.preparation.names import (
    Folder,
    PairKey,
    ParsedName,
    folders_of,
    is_image_folder,
    is_mask_folder,
    parse_name,
)

_MANY = 50
"""Files of one key beyond which it does not tell counterparts: `image.png` of each of 1500 patients took 7 s."""


def parse_names(paths: Sequence[Path], root: Path) -> list[ParsedName]:
    """Return what the names of files below `root` say together.

    A folder that holds images as well as masks, as `Lung Segmentation/` with `images/` and `masks/` in it, says nothing
    of either; neither do words that all files of one key have, as `lungseg_1.png` and `lungseg_1_mask.png`.
    """
    ids = _called_by_ids({path.relative_to(root).parts[:-1] for path in paths})
    found = [parse_name(path, root, ids) for path in paths]
    below = _below_folders(found, root, ids)
    both = {folder for folder, inside in below.items() if _hold_both(inside)}
    unclear = both | {folder for folder, inside in below.items() if _share_keys(inside)}
    elsewhere = _folders_by_key(found, root) if unclear else {}
    apart = {folder for folder in unclear if _lie_apart(below[folder], folder, elsewhere)}
    silent = ids | (both - apart)
    groups: dict[PairKey, list[ParsedName]] = defaultdict(list)
    for path in paths:
        file = parse_name(path, root, silent, apart)
        groups[file.sided_key].append(file)
    return [file for group in groups.values() for file in _with_roles(group)]


class _Inside(NamedTuple):
    """A file below a folder, and what is said of it by all that is deeper than that folder."""

    file: ParsedName
    is_mask: bool
    is_image: bool
    by_folder: bool


def _called_by_ids(folders: Iterable[Folder]) -> set[Folder]:
    """Return the folders that are called for a patient: `images/mask01/`, where there is `masks/mask01/`.

    Such a name has a number, and is no `images_512/` of a data set that has `masks_512/` too.
    """
    alike: dict[tuple[Folder, Folder], list[tuple[Folder, bool]]] = defaultdict(list)
    for folder in {parts[:end] for parts in folders for end in range(1, len(parts) + 1)}:
        outer = next((k for k, name in enumerate(folder) if is_mask_folder(name) or is_image_folder(name)), len(folder))
        if any(map(str.isdigit, folder[-1])) and outer < len(folder) - 1:
            alike[folder[:outer], folder[outer + 1 :]].append((folder, is_mask_folder(folder[outer])))
    shared = {key: several for key, several in alike.items() if {is_mask for _, is_mask in several} == {False, True}}
    with_images = {(above, below[:-1]) for above, below in shared if is_image_folder(below[-1])}
    return {
        folder
        for (above, below), several in shared.items()
        if is_mask_folder(below[-1]) and (above, below[:-1]) not in with_images
        for folder, _ in several
    }


def _below_folders(files: Iterable[ParsedName], root: Path, ids: Collection[Folder]) -> dict[Folder, list[_Inside]]:
    """Return the folders whose names say image or mask, with what is below them."""
    below: dict[Folder, list[_Inside]] = defaultdict(list)
    for file in files:
        in_masks = in_images = False
        for name, folder in folders_of(file.path.relative_to(root).parts):  # each sees what lies deeper than itself
            if folder in ids:
                continue
            if is_mask_folder(name) or is_image_folder(name):
                is_mask = in_masks or (not in_images and says_mask(file.words))
                is_image = in_images or says_image(file.words)
                below[folder].append(_Inside(file, is_mask, is_image, in_masks or in_images))
            in_masks, in_images = in_masks or is_mask_folder(name), in_images or is_image_folder(name)
    return below


def _hold_both(inside: Sequence[_Inside]) -> bool:
    """Say whether there are masks as well as images: files called so, or with no such word, but the key of a mask.

    Beside an image of its key, "lungs" says mask.
    """
    masks = {one.file.sided_key.stem for one in inside if one.is_mask}
    others = [one for one in inside if not one.is_mask]
    images = {one.file.sided_key for one in inside if one.is_image}
    of_lungs = any(one.file.words and not one.is_image and one.file.sided_key in images for one in others)
    return of_lungs or (bool(masks) and any(one.is_image or one.file.sided_key.stem in masks for one in others))


def _share_keys(inside: Sequence[_Inside]) -> bool:
    return len({one.file.sided_key for one in inside}) < len(inside)


def _lie_apart(inside: Sequence[_Inside], folder: Folder, elsewhere: Mapping[PairKey | str, Sequence[Folder]]) -> bool:
    """Say whether a folder tells what its files are, though some are called otherwise, as `images/gt1.png`.

    It does where no fewer of them have their counterpart in a folder of the other kind, as `masks/gt1.png`, than beside
    them, as `images/1.png`. Where none has one of its key, a folder more or less makes no difference.
    """
    for key_of in (_counterpart_key, _counterpart_stem):
        groups: dict[PairKey | str, list[_Inside]] = defaultdict(list)
        for one in inside:
            groups[key_of(one.file)].append(one)
        apart = beside = 0
        for key, group in groups.items():
            masks = sum(one.is_mask for one in group)
            beside += min(masks, len(group) - masks)
            spare = max(sum(_counts_for(other, folder) for other in elsewhere.get(key, ())), 0)
            apart += min(sum(not one.by_folder for one in group), spare)
        if apart:
            return apart >= beside
    return False


def _counterpart_key(file: ParsedName) -> PairKey:
    """Return what a file shares with its counterpart: no channel of nnU-Net, no zeros before a number."""
    return PairKey(file.channelless_key.folder, _counterpart_stem(file))


def _counterpart_stem(file: ParsedName) -> str:
    return without_padding(file.channelless_key.stem)


def _folders_by_key(files: Iterable[ParsedName], root: Path) -> dict[PairKey | str, list[Folder]]:
    """Return the folders of files by what they share with their counterparts, where no more than `_MANY` do."""
    folders: dict[PairKey | str, list[Folder]] = defaultdict(list)
    for file in files:
        for key in (_counterpart_key(file), _counterpart_stem(file)):
            folders[key].append(file.path.relative_to(root).parts[:-1])
    return {key: several for key, several in folders.items() if len(several) <= _MANY}


def _counts_for(other: Folder, folder: Folder) -> int:
    """Return 1 for a file in `other` that may be a counterpart of one in `folder`, else -1; 0 for one within or above.

    One folder of a counterpart is for masks and one for images, by what they do not share.
    """
    shared = next((k for k, (a, b) in enumerate(zip(other, folder, strict=False)) if a != b), len(folder))
    if shared == len(folder):
        return 0
    in_masks = any(map(is_mask_folder, other[shared:]))
    in_images = any(map(is_image_folder, other[shared:])) and not in_masks
    return 1 if (in_images if is_mask_folder(folder[-1]) else in_masks) else -1


def _with_roles(group: Sequence[ParsedName]) -> list[ParsedName]:
    """Return the files of one key, each as image or mask by the words that not all of them have."""
    if len(group) < 2 or any(file.by_folder for file in group):
        return list(group)
    left = words_apart(group)
    is_image = [not words or (says_image(words) and not says_mask(words)) for words in left]
    if not any(left) or not any(is_image):
        return list(group)
    return [replace(file, is_mask=not picture) for file, picture in zip(group, is_image, strict=True)]


def words_apart(files: Sequence[ParsedName]) -> list[tuple[str, ...]]:
    """Return, for each file, those of its words for image and mask that not all of the files have, sorted."""
    common = Counter(files[0].words)
    for file in files[1:]:
        common &= Counter(file.words)
    return [tuple(sorted((Counter(file.words) - common).elements())) for file in files]
