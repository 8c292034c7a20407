"""DICOM series and the segmentations and structure sets that refer to them by UID.

References: DICOM PS3.3 sections C.7.6.16 (SEG: referenced series), C.8.8.5 (RTSTRUCT: referenced frame of reference).
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pleura.errors import PleuraError
from pleura.file_format import Format, detect_format
from pleura.labels import LEFT, RIGHT
from pleura.preparation.dicom_folders import masks_beside
from pleura.preparation.names import PairKey, ParsedName
from pleura.preparation.pair import Pair, Refusal
from pleura.preparation.pairing import are_whole, is_of_used_scan, with_masks
from pleura.reading.dicom import find_series
from pleura.reading.dicom.mask_choice import sides
from pleura.reading.dicom.references import read_references
from pleura.reading.dicom.series import Series
from pleura.reading.dicom.sop_classes import SEGMENTATIONS, STRUCTURE_SET

NO_MASK = "there is no mask of this image"
_NOTHING = "nothing refers to this series or has the name of its folder"


def match_series(
    paths: Sequence[Path], masks: Mapping[PairKey, Sequence[ParsedName]], root: Path
) -> tuple[list[Pair], list[Refusal]]:
    """Pair DICOM series with the objects that refer to them, or with the masks that lie beside them.

    Parameters
    ----------
    paths : images without a mask of their name, and the objects; what is not DICOM among them stays without
    masks : those without an image of their name

    Returns
    -------
    pairs, and why each of the rest is none
    """
    dicom, others = _sorted_out(paths)
    series, damaged = _read_series(dicom, root)
    objects = [entry for entry in series if entry.header.sop_class in SEGMENTATIONS | {STRUCTURE_SET}]
    images = {entry.key: entry for entry in series if entry not in objects}
    referring, unreferenced = _pairs_by_reference(objects, images, root)
    chosen, surplus = _one_each(referring, root)
    referred = {pair.series for pair in referring}
    left = {key: entry for key, entry in images.items() if key not in referred}
    folders = {key: _folder(entry) for key, entry in left.items() if entry.rejection is None}
    beside = masks_beside(folders, {key for key, files in masks.items() if are_whole(files)}, root)
    chosen += [with_masks(_pair(left[key], root, key), masks[mask]) for key, mask in beside.items()]
    refused = [
        *(_refusal(path, root, "no-mask", NO_MASK) for path in others),
        *damaged,
        *unreferenced,
        *surplus,
        *_without_mask([entry for key, entry in left.items() if key not in beside], root),
        *_without_image(masks, set(beside.values()), root),
    ]
    return _with_keys_of_their_folders(chosen, images), refused


def _with_keys_of_their_folders(pairs: Sequence[Pair], images: Mapping[str, Series]) -> list[Pair]:
    """Give each pair the key that its series has where its own folder alone is read.

    Phases, or patients, that share a series UID are `#1` and `#2` together; each in a folder of its own has no number.
    """
    locations = {key: _location(entry) for key, entry in images.items() if "#" in key}
    found = []
    for pair in pairs:
        if pair.series is not None and pair.series in locations:
            uid = images[pair.series].header.series_uid
            inside = [key for key, location in locations.items() if location.is_relative_to(pair.image)]
            alike = [key for key in inside if images[key].header.series_uid == uid]
            pair = replace(pair, series=uid if len(alike) == 1 else f"{uid}#{alike.index(pair.series) + 1}")
        found.append(pair)
    return found


def _read_series(paths: Sequence[Path], root: Path) -> tuple[list[Series], list[Refusal]]:
    """Return the series that DICOM files make, and the files that are damaged."""
    if not paths:
        return [], []
    try:
        series = list(find_series(paths)[0])
    except PleuraError as error:
        return [], [_refusal(path, root, error.code, "the DICOM file is damaged") for path in paths]
    read = {frame.header.path for entry in series for frame in entry.frames}
    damaged = [path for path in paths if series and path not in read]
    return series, [_refusal(path, root, "damaged", "the DICOM file is damaged") for path in damaged]


def _pairs_by_reference(
    objects: Sequence[Series], images: Mapping[str, Series], root: Path
) -> tuple[list[Pair], list[Refusal]]:
    """Pair segmentations and structure sets with the series that they refer to."""
    pairs, refused = [], []
    for path in sorted({frame.header.path for entry in objects for frame in entry.frames}):
        image = _referred(path, images)
        if image is None:
            refused.append(_refusal(path, root, "no-image", "the series that it refers to is not here"))
        else:
            pair = _pair(image, root, path.stem)
            pairs.append(replace(pair, mask=path, files=(*pair.files, path)))
    return pairs, refused


def _one_each(pairs: Sequence[Pair], root: Path) -> tuple[list[Pair], list[Refusal]]:
    """Keep one mask a series, and list the others."""
    by_series: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_series[pair.series or ""].append(pair)
    chosen: list[Pair] = []
    refused: list[Refusal] = []
    for several in by_series.values():
        best, text = _best(several)
        chosen += best
        used = {path for pair in best for path in (pair.mask, *(part for _, part in pair.parts))}
        refused += [
            _refusal(pair.mask or pair.image, root, "ambiguous-pair", text) for pair in several if pair.mask not in used
        ]
    return chosen, refused


def _without_mask(series: Sequence[Series], root: Path) -> list[Refusal]:
    """List series that have no mask; slices that stand alone, and radiographs, by their files."""
    refused: list[Refusal] = []
    for entry in series:
        code, text = "no-mask", NO_MASK if entry.is_radiograph else _NOTHING
        if entry.rejection is not None:
            code, text = entry.rejection.code, str(entry.rejection)
        paths = {frame.header.path for frame in entry.frames} if code in {"no-mask", "radiograph"} else set()
        alone = sorted(paths) if len(entry.frames) == 1 or code == "radiograph" else []
        refused += [_refusal(path, root, code, text) for path in alone or [_folder(entry)]]
    return refused


def _without_image(
    masks: Mapping[PairKey, Sequence[ParsedName]], used: Collection[PairKey], root: Path
) -> list[Refusal]:
    """List masks that belong to nothing."""
    text = "a mask without an image of its name"
    left = [key for key in masks if key not in used and not is_of_used_scan(key, used)]
    return [_refusal(mask.path, root, "no-image", text) for key in left for mask in masks[key]]


def _best(pairs: list[Pair]) -> tuple[list[Pair], str]:
    """Return the pair whose mask names most of the lungs, and why the others are none.

    Where one names the right lung and one the left, they are the halves of one mask; with more objects than these two,
    and none that names both, there is no telling.
    """
    if len(pairs) == 1:
        return pairs, ""
    lungs = [sides(pair.mask) if pair.mask else set[int]() for pair in pairs]
    if sorted(map(sorted, lungs)) == [[RIGHT], [LEFT]]:
        return [_joined(dict(zip(map(min, lungs), pairs, strict=True)))], ""
    best = max(range(len(pairs)), key=lambda k: len(lungs[k]))  # the first of equal ones
    if set().union(*lungs) > lungs[best]:
        return [], "right and left lung lie in different segmentations of one series; join them"
    text = f"{len(pairs)} segmentations refer to one series; the first one with most of the lungs was taken"
    return [pairs[best]], text


def _joined(halves: Mapping[int, Pair]) -> Pair:
    """Return one pair of the pairs that hold one lung each."""
    parts = tuple((side, halves[side].mask or halves[side].image) for side in (RIGHT, LEFT))
    files = dict.fromkeys((*halves[RIGHT].files, *halves[LEFT].files))
    return replace(halves[RIGHT], parts=parts, files=tuple(files))


def _sorted_out(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    dicom: list[Path] = []
    others: list[Path] = []
    for path in paths:
        (dicom if _is_dicom(path) else others).append(path)
    return dicom, others


def _is_dicom(path: Path) -> bool:
    try:
        return detect_format(path) == (Format.DICOM, False)
    except PleuraError:
        return False


def _pair(series: Series, root: Path, name: str) -> Pair:
    """Return a series that is still without mask; `name` is for one that lies in the root itself."""
    files = sorted({frame.header.path for frame in series.frames})
    image = _location(series)
    name = str(image.relative_to(root)) if image != root else name
    return Pair(name, image, None, series=series.key, files=tuple(files))


def _location(series: Series) -> Path:
    """Return the file of a series that has one alone, else its folder."""
    files = {frame.header.path for frame in series.frames}
    return files.pop() if len(files) == 1 else _folder(series)


def _folder(series: Series) -> Path:
    return Path(os.path.commonpath([frame.header.path.parent for frame in series.frames]))


def _referred(path: Path, images: Mapping[str, Series]) -> Series | None:
    """Return the series that a segmentation refers to: by its UID, by its slices, or as the only one of its frame."""
    try:
        named = read_references(path)
    except (PleuraError, OSError):
        return None
    entries = images.values()
    by_uid = [entry for entry in entries if entry.header.series_uid in named.series]
    by_slice = [entry for entry in entries if named.images & {frame.instance_uid for frame in entry.frames}]
    by_frame = [entry for entry in entries if entry.header.frame_of_reference_uid in named.frames]
    for candidates in (by_slice, by_uid, by_frame):
        if len(candidates) == 1:
            return candidates[0]
    return None


def _refusal(path: Path, root: Path, code: str, message: str) -> Refusal:
    return Refusal(str(path.relative_to(root)), code, message)
