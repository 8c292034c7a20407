"""Which image a mask belongs to, by their names: one image and one mask of one key, or the parts of a mask.

Where the folders or the numbers differ in a way that people do not mean, as `masks/p1.png` for `images/a/p1.png`, or
`mask_01.png` for `image1.png`, they are a pair if there is nothing else that either could belong to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pleura.file_format import Format, companions, format_by_name
from pleura.file_names import bare_key_of, says_image, without_padding
from pleura.labels import LEFT, RIGHT, RIGHT_AND_LEFT
from pleura.preparation.names import PairKey, ParsedName
from pleura.preparation.pair import Pair, Refusal
from pleura.preparation.roles import parse_names, words_apart

Keyed = defaultdict[PairKey, list[ParsedName]]

_MOST_NAMED = 4
"""Files that a message names."""


def match_names(
    files: Iterable[Path], root: Path
) -> tuple[list[Pair], list[Refusal], list[Path], dict[PairKey, list[ParsedName]]]:
    """Pair files by their names.

    Returns
    -------
    pairs, what matches in more than one way, the images that have no mask, and the masks that have no image
    """
    images, masks, undecided = _group_by_key(parse_names(list(files), root))
    in_parts = {key for key, parts in masks.items() if len(images.get(key, [])) == 1 and _are_lungs(parts)}
    pairs: list[Pair] = []
    refused = [_ambiguous(file, *sides, root) for sides in undecided for file in (*sides[0], *sides[1])]
    ambiguous = {file.path for sides in undecided for file in (*sides[0], *sides[1])}
    maskless: list[Path] = []
    imageless: dict[PairKey, list[ParsedName]] = {}
    for key in sorted(images.keys() | masks.keys()):
        image_files, mask_files = images.get(key, []), masks.get(key, [])
        if ambiguous & {file.path for file in (*image_files, *mask_files)}:
            continue
        if len(image_files) == len(mask_files) == 1 and in_parts and mask_files[0].side:
            text = "there is a mask of one lung, and none of the other"
            refused.append(Refusal(_below(image_files[0], root), "no-mask", text))
        elif key in in_parts or len(image_files) == len(mask_files) == 1:
            pairs.append(_pair(image_files[0], mask_files))
        elif not mask_files:
            maskless += [image.path for image in image_files]
        elif not image_files and is_of_used_scan(key, in_parts):
            continue
        elif not image_files:
            imageless[key] = mask_files
        elif found := _by_full_names(image_files, mask_files):
            pairs += [_pair(image, [mask]) for image, mask in found]
        else:
            refused += [_ambiguous(file, image_files, mask_files, root) for file in (*image_files, *mask_files)]
    return pairs, refused, maskless, imageless


Undecided = list[tuple[list[ParsedName], list[ParsedName]]]
"""Images and masks of which it cannot be said which belong together."""


def _group_by_key(files: Sequence[ParsedName]) -> tuple[Keyed, Keyed, Undecided]:
    """Return images and masks by the key that they share, and those of which two ways to pair them are as good."""
    images: Keyed = defaultdict(list)
    masks: Keyed = defaultdict(list)
    for image in (file for file in files if not file.is_mask):
        images[image.key].append(image)
    stems = {key.stem for key in images}
    for mask in (_without_side(file, images, stems) for file in files if file.is_mask):
        masks[mask.key].append(mask)
    _join_nearest(images, masks, lambda file: file.key.stem)
    _join_nearest(images, masks, lambda file: file.channelless_key.stem)
    undecided = _join_nearest(images, masks, _number)
    _join_nearest(images, masks, lambda file: bare_key_of(file.stem))
    return images, masks, undecided


def _number(file: ParsedName) -> str:
    """Return the key of a file without zeros before its numbers; a DICOM slice has the number of its series alone."""
    return file.key.stem if format_by_name(file.path.name) is Format.DICOM else without_padding(file.key.stem)


def _without_side(mask: ParsedName, images: Keyed, stems: Collection[str]) -> ParsedName:
    """Return a mask that names a side as one that names none, where an image has its whole name."""
    sided = mask.sided_key
    named_so = sided in images or (sided.stem != mask.key.stem and sided.stem in stems)
    return replace(mask, key=sided, channelless_key=sided, side=0) if named_so else mask


def _are_lungs(masks: Sequence[ParsedName]) -> bool:
    """Say whether masks are the parts of both lungs: each one whole, or in lobes from the upper to the lower."""
    lobes = {side: {mask.lobe for mask in masks if mask.side == side} for side in (0, RIGHT, LEFT)}
    return not lobes[0] and all("" in lobes[side] or {"upper", "lower"} <= lobes[side] for side in (RIGHT, LEFT))


def _join_nearest(images: Keyed, masks: Keyed, name: Callable[[ParsedName], str]) -> Undecided:
    """Move masks that have no image to the nearest one among those of the same `name` that have no mask.

    Each has to be the only nearest one of the other. Where there are several in the folder itself, they are returned.
    """
    mixed = {key.folder for key in images} & {key.folder for key in masks}
    free = {key: files for key, files in images.items() if key not in masks}
    unpaired = {key: files for key, files in masks.items() if key not in images}
    images_named, masks_named = defaultdict(list), defaultdict(list)
    for key, files in free.items():
        images_named[name(files[0])].append(key)
    for key, files in unpaired.items():
        masks_named[name(files[0])].append(key)
    nearest = {
        mask: _nearest(mask, [image for image in candidates if _fit(free[image], unpaired[mask])])
        for shared, keys in masks_named.items()
        for mask, candidates in _candidates(keys, images_named.get(shared, []), mixed)
    }
    rivals = defaultdict(list)
    for mask, candidates in nearest.items():
        for image in candidates:
            rivals[image].append(mask)
    undecided: Undecided = []
    for mask, candidates in nearest.items():
        if len(candidates) == 1 and _nearest(candidates[0], rivals[candidates[0]]) == [mask]:
            masks[candidates[0]] = masks.pop(mask)
        elif any(image.folder == mask.folder for image in candidates):
            beside = [rival for rival in rivals[candidates[0]] if rival.folder == mask.folder]
            image_files = [file for image in candidates for file in free[image]]
            undecided.append((image_files, [file for rival in beside for file in unpaired[rival]]))
    return undecided


def _nearest(key: PairKey, others: Sequence[PairKey]) -> list[PairKey]:
    """Return those of some keys whose folders are the fewest steps away."""
    steps = {other: _steps(key.folder, other.folder) for other in others}
    return [other for other, count in steps.items() if count == min(steps.values())]


def _steps(folder: tuple[str, ...], other: tuple[str, ...]) -> int:
    shared = next(
        (k for k, (a, b) in enumerate(zip(folder, other, strict=False)) if a != b), min(len(folder), len(other))
    )
    return len(folder) + len(other) - 2 * shared


def _candidates(
    masks: Sequence[PairKey], images: Sequence[PairKey], mixed: Collection[tuple[str, ...]]
) -> Iterator[tuple[PairKey, Sequence[PairKey]]]:
    """Yield the keys of masks of one name, each with those of the images that it may belong to.

    One folder has to lie in the other. Elsewhere a mask is paired only where there is one of each in all, and each
    folder holds images or masks alone: `p1/` and `p2/` with one of each are two patients.
    """
    for mask in masks:
        nested = [image for image in images if _are_nested(image.folder, mask.folder)]
        if not nested and len(masks) == len(images) == 1 and not {mask.folder, images[0].folder} & set(mixed):
            nested = list(images)
        yield mask, nested


def _are_nested(folder: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return folder[: len(other)] == other or other[: len(folder)] == folder


def _fit(images: Sequence[ParsedName], masks: Sequence[ParsedName]) -> bool:
    """Say whether images and masks do not state different splits: no image to train on gets a mask to test on."""
    return len({images[0].split, masks[0].split} - {""}) < 2


def _by_full_names(images: Sequence[ParsedName], masks: Sequence[ParsedName]) -> list[tuple[ParsedName, ParsedName]]:
    """Pair images and masks of one key by more of their names, if that pairs each with one; else return nothing.

    So `ct_1.png` and `cxr_1.png` are distinguished by masks called the same, or `ct_1_mask.png` and `cxr_1_mask.png`.
    Words for masks distinguish only what folders tell to be masks: `1_mask.png` and `gt1_mask.png` for `gt1.png`.
    """
    ways = [_stems, _words_for_images]
    if all(mask.by_folder for mask in masks):
        ways.append(words_apart)
    for way in ways:
        of_images, of_masks = way(images), way(masks)
        by_name = dict(zip(of_images, images, strict=True))
        if len(by_name) == len(images) == len(masks) and sorted(by_name) == sorted(of_masks):
            return [(by_name[name], mask) for name, mask in zip(of_masks, masks, strict=True)]
    return []


def _stems(files: Sequence[ParsedName]) -> list[tuple[str, ...]]:
    return [(file.stem,) for file in files]


def _words_for_images(files: Sequence[ParsedName]) -> list[tuple[str, ...]]:
    return [tuple(word for word in file.words if says_image([word])) for file in files]


def _ambiguous(file: ParsedName, images: Sequence[ParsedName], masks: Sequence[ParsedName], root: Path) -> Refusal:
    """Return why a file is not used that may belong to several others."""
    several, other = (images, masks) if len(images) > 1 else (masks, images)
    text = f"{_listed(several, root)} {'all' if len(several) > 2 else 'both'} match {_listed(other, root)}"
    return Refusal(_below(file, root), "ambiguous-pair", f"{text}; rename or remove what does not belong")


def _listed(files: Sequence[ParsedName], root: Path) -> str:
    names = [_below(file, root) for file in files]
    more = [f"{len(names) - _MOST_NAMED} more"] if len(names) > _MOST_NAMED else []
    return " and ".join([*names[:_MOST_NAMED], *more])


def _pair(image: ParsedName, masks: Sequence[ParsedName]) -> Pair:
    pair = Pair(image.name, image.path, None, files=companions(image.path), split=image.split or masks[0].split)
    return with_masks(pair, masks)


def are_whole(masks: Sequence[ParsedName]) -> bool:
    """Say whether masks hold all that is to be marked: one that names no side, or parts of both lungs."""
    return _are_lungs(masks) or (len(masks) == 1 and not masks[0].side)


def is_of_used_scan(key: PairKey, used: Collection[PairKey]) -> bool:
    """Say whether a mask shows another structure of a scan whose lungs are used, as `segmentations/liver.nii.gz`."""
    return PairKey(key.folder, "") in used


def with_masks(pair: Pair, masks: Sequence[ParsedName]) -> Pair:
    """Return a pair with its mask; several masks are the parts of one."""
    files = (*pair.files, *(file for mask in masks for file in companions(mask.path)))
    if len(masks) == 1:
        return replace(pair, mask=masks[0].path, files=files)
    parts = tuple(sorted((mask.side, mask.path) for mask in masks))
    return replace(pair, mask=parts[0][1], parts=parts, files=files, names=dict(enumerate(RIGHT_AND_LEFT, 1)))


def _below(file: ParsedName, root: Path) -> str:
    return str(file.path.relative_to(root))
