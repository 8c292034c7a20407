"""Which image a mask belongs to, by their names: one image and one mask of one place, or the parts of a mask.

Where the folders or the numbers differ in a way that people do not mean, as `masks/p1.png` for `images/a/p1.png`, or
`mask_01.png` for `image1.png`, they are a pair if there is nothing else that either could belong to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pleura.file_format import Format, companions, format_by_name
from pleura.file_names import bare_key_of, is_word, joined, says_image, tokens, without_padding
from pleura.labels import LEFT, RIGHT, RIGHT_AND_LEFT
from pleura.preparation.names import Named, Place, parse_names
from pleura.preparation.record import Pair, Refusal

Keyed = defaultdict[Place, list[Named]]

_MOST_NAMED = 4
"""Files that a message names."""


def match(files: Iterable[Path], root: Path) -> tuple[list[Pair], list[Refusal], list[Path], dict[Place, list[Named]]]:
    """Pair files by their names.

    Returns
    -------
    pairs, what matches in more than one way, the images that have no mask, and the masks that have no image
    """
    images, masks, undecided = _by_place(parse_names(list(files), root))
    in_parts = {place for place, there in masks.items() if len(images.get(place, [])) == 1 and _are_lungs(there)}
    pairs: list[Pair] = []
    refused = [_ambiguous(one, *sides, root) for sides in undecided for one in (*sides[0], *sides[1])]
    settled = {one.path for sides in undecided for one in (*sides[0], *sides[1])}
    alone: list[Path] = []
    lonely: dict[Place, list[Named]] = {}
    for place in sorted(images.keys() | masks.keys()):
        here, there = images.get(place, []), masks.get(place, [])
        if settled & {one.path for one in (*here, *there)}:
            continue
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
        elif found := _by_full_names(here, there):
            pairs += [_pair(image, [mask]) for image, mask in found]
        else:
            refused += [_ambiguous(one, here, there, root) for one in (*here, *there)]
    return pairs, refused, alone, lonely


Undecided = list[tuple[list[Named], list[Named]]]
"""Images and masks of which it cannot be said which belong together."""


def _by_place(found: Sequence[Named]) -> tuple[Keyed, Keyed, Undecided]:
    """Return images and masks by the place that they share, and those of which two ways to pair them are as good."""
    images: Keyed = defaultdict(list)
    masks: Keyed = defaultdict(list)
    for image in (one for one in found if not one.is_mask):
        images[image.place].append(image)
    keys = {key for _, key in images}
    for mask in (_whole(one, images, keys) for one in found if one.is_mask):
        masks[mask.place].append(mask)
    _bring_together(images, masks, lambda one: one.place[1])
    _bring_together(images, masks, lambda one: one.short[1])
    undecided = _bring_together(images, masks, _number)
    _bring_together(images, masks, lambda one: bare_key_of(one.stem))
    return images, masks, undecided


def _number(one: Named) -> str:
    """Return the key of a file without zeros before its numbers; a DICOM slice has the number of its series alone."""
    return one.place[1] if format_by_name(one.path.name) is Format.DICOM else without_padding(one.place[1])


def _whole(mask: Named, images: Keyed, keys: Collection[str]) -> Named:
    """Return a mask that names a side as one that names none, where an image has its whole name."""
    named_so = mask.whole in images or (mask.whole[1] != mask.place[1] and mask.whole[1] in keys)
    return replace(mask, place=mask.whole, short=mask.whole, side=0) if named_so else mask


def _are_lungs(masks: Sequence[Named]) -> bool:
    """Say whether masks are the parts of both lungs: each one whole, or in lobes from the upper to the lower."""
    lobes = {side: {mask.lobe for mask in masks if mask.side == side} for side in (0, RIGHT, LEFT)}
    return not lobes[0] and all("" in lobes[side] or {"upper", "lower"} <= lobes[side] for side in (RIGHT, LEFT))


def _bring_together(images: Keyed, masks: Keyed, key: Callable[[Named], str]) -> Undecided:
    """Move masks that have no image to the one that is nearest among those of the same `key` that have no mask.

    Each has to be the only nearest one of the other. Where there are several in the folder itself, they are returned.
    """
    mixed = {place[0] for place in images} & {place[0] for place in masks}
    free = {place: here for place, here in images.items() if place not in masks}
    lone = {place: there for place, there in masks.items() if place not in images}
    homes_of, places_of = defaultdict(list), defaultdict(list)
    for place, here in free.items():
        homes_of[key(here[0])].append(place)
    for place, there in lone.items():
        places_of[key(there[0])].append(place)
    wanted = {
        place: _nearest(place, [home for home in homes if _fit(free[home], lone[place])])
        for name, places in places_of.items()
        for place, homes in _candidates(places, homes_of.get(name, []), mixed)
    }
    rivals = defaultdict(list)
    for place, homes in wanted.items():
        for home in homes:
            rivals[home].append(place)
    undecided: Undecided = []
    for place, homes in wanted.items():
        if len(homes) == 1 and _nearest(homes[0], rivals[homes[0]]) == [place]:
            masks[homes[0]] = masks.pop(place)
        elif any(home[0] == place[0] for home in homes):
            there = [mask for rival in rivals[homes[0]] if rival[0] == place[0] for mask in lone[rival]]
            undecided.append(([image for home in homes for image in free[home]], there))
    return undecided


def _nearest(place: Place, others: Sequence[Place]) -> list[Place]:
    """Return those of some places whose folders are the fewest steps away."""
    steps = {other: _steps(place[0], other[0]) for other in others}
    return [other for other, count in steps.items() if count == min(steps.values())]


def _steps(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    shared = next((k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return len(one) + len(other) - 2 * shared


def _candidates(
    masks: Sequence[Place], images: Sequence[Place], mixed: Collection[tuple[str, ...]]
) -> Iterator[tuple[Place, Sequence[Place]]]:
    """Yield the places of masks of one key, each with those of the images that it may belong to.

    One folder has to lie in the other. Elsewhere a mask is paired only where there is one of each in all, and each
    folder holds images or masks alone: `p1/` and `p2/` with one of each are two patients.
    """
    for mask in masks:
        nested = [image for image in images if _are_nested(image[0], mask[0])]
        if not nested and len(masks) == len(images) == 1 and not {mask[0], images[0][0]} & set(mixed):
            nested = list(images)
        yield mask, nested


def _are_nested(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return one[: len(other)] == other or other[: len(one)] == one


def _fit(images: Sequence[Named], masks: Sequence[Named]) -> bool:
    """Say whether images and masks do not state different splits: no image to train on gets a mask to test on."""
    return len({images[0].split, masks[0].split} - {""}) < 2


def _by_full_names(images: Sequence[Named], masks: Sequence[Named]) -> list[tuple[Named, Named]]:
    """Pair images and masks of one key by more of their names, if that pairs each with one; else return nothing.

    So `ct_1.png` and `cxr_1.png` are told apart by masks called the same, or `ct_1_mask.png` and `cxr_1_mask.png`.
    """
    for name in (_stem, _stem_without_mask_words):
        by_name = {name(image): image for image in images}
        if len(by_name) == len(images) == len(masks) and sorted(by_name) == sorted(map(name, masks)):
            return [(by_name[name(mask)], mask) for mask in masks]
    return []


def _stem(one: Named) -> str:
    return one.stem


def _stem_without_mask_words(one: Named) -> str:
    return joined(token for token in tokens(one.stem) if not is_word(token) or says_image([token]))


def _ambiguous(one: Named, images: Sequence[Named], masks: Sequence[Named], root: Path) -> Refusal:
    """Return why a file is not used that may belong to several others."""
    several, other = (images, masks) if len(images) > 1 else (masks, images)
    text = f"{_listed(several, root)} {'all' if len(several) > 2 else 'both'} match {_listed(other, root)}"
    return Refusal(_below(one, root), "ambiguous-pair", f"{text}; rename or remove what does not belong")


def _listed(files: Sequence[Named], root: Path) -> str:
    names = [_below(one, root) for one in files]
    more = [f"{len(names) - _MOST_NAMED} more"] if len(names) > _MOST_NAMED else []
    return " and ".join([*names[:_MOST_NAMED], *more])


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
