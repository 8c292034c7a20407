"""Everything in a source that may be an image with a mask, whatever the layout, and why the rest is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pleura.datasets.description import read_description
from pleura.datasets.manifest import MANIFEST, SPLITS, Record, manifest_lines, parse_record
from pleura.errors import PleuraError, UnreadableInput
from pleura.file_format import HEAD, companions, has_dicom_preamble, is_image_name
from pleura.preparation.dicom_pairs import NO_MASK, match_series
from pleura.preparation.names import parse_name
from pleura.preparation.pair import Pair, Refusal
from pleura.preparation.pairing import match_names
from pleura.preparation.progress import PROGRESS_FILE
from pleura.preparation.rsna import is_rsna, read_findings, with_finding
from pleura.reading.dicom.lungs import object_class
from pleura.reading.walk import files_below


def find_pairs(source: Path, dest: Path) -> tuple[list[Pair], list[Refusal]]:
    """Find images with masks below `source`; what lies in `dest` is left out.

    Folders with a `manifest.jsonl` are taken as it says; everything else by the names of files and folders, then DICOM
    series by the objects that refer to them, or by the folders they lie in. Images of the RSNA challenge are kept
    without masks where none has one.

    Raises
    ------
    UnreadableInput
        There is no such folder (`not-found`), or the `dataset.json` beside a manifest cannot be used (`bad-manifest`).
    """
    if not source.is_dir():
        raise UnreadableInput(f"{source}: there is no such folder", code="not-found")
    files = [path for path in _files(source) if not path.is_relative_to(dest)]
    listed = [path for path in files if path.name == MANIFEST]
    pairs: list[Pair] = []
    refused: list[Refusal] = []
    for manifest in listed:
        listed_pairs, unusable = _from_manifest(manifest, source)
        pairs, refused = pairs + listed_pairs, refused + unusable
    roots = [path.parent for path in listed]
    rest = [path for path in files if not any(path.is_relative_to(root) for root in roots)]
    found, unusable, alone = _by_name_and_uid(rest, source)
    seen, odd = read_findings(rest, source)
    pairs, refused = [*pairs, *found], [*refused, *unusable, *odd]
    if pairs:
        refused += [Refusal(str(path.relative_to(source)), "no-mask", NO_MASK) for path in alone]
    else:
        pairs = [Pair(str(path.relative_to(source).with_suffix("")), path, None, files=(path,)) for path in alone]
    return [with_finding(pair, seen) for pair in pairs], refused


def _by_name_and_uid(files: Sequence[Path], source: Path) -> tuple[list[Pair], list[Refusal], list[Path]]:
    """Return pairs, what is none, and the images of the challenge that have no mask.

    What DICOM segmentations and structure sets belong to, they say themselves, whatever they are called.
    """
    images = [path for path in files if is_image_name(path.name)]
    drawn = {path for path in images if parse_name(path, source).is_mask and object_class(path)}
    matched, unmatched, maskless, masks = match_names([path for path in images if path not in drawn], source)
    unnamed = [path for path in files if not is_image_name(path.name) and _is_dicom(path)]
    plain = [path for path in maskless if not is_rsna(path)]
    series, unpaired = match_series(sorted([*plain, *unnamed, *drawn]), masks, source)
    challenge = [path for path in maskless if is_rsna(path)]
    return [*_with_names(matched, source), *series], [*unmatched, *unpaired], challenge


def is_collection(folder: Path) -> bool:
    """Say whether a folder holds images with masks as they were collected, not a data set that was made of them."""
    if is_unfinished(folder) or any(folder.glob(MANIFEST)) or any(folder.glob(f"*/{MANIFEST}")):
        return False
    return bool(match_names([path for path in _files(folder) if is_image_name(path.name)], folder)[0])


def is_unfinished(folder: Path) -> bool:
    """Say whether a folder is that of a data set of which making it was broken off, or came to nothing."""
    return (folder / PROGRESS_FILE).is_file() and not (folder / MANIFEST).is_file()


def _files(source: Path) -> list[Path]:
    return [path for path in files_below(source) if path.is_file()]


def _is_dicom(path: Path) -> bool:
    with path.open("rb") as file:
        return has_dicom_preamble(file.read(HEAD))


def _from_manifest(manifest: Path, source: Path) -> tuple[list[Pair], list[Refusal]]:
    """Return the pairs of a folder with a manifest, as it describes them."""
    folder = manifest.parent
    names = read_description(folder).labels
    pairs, refused = [], []
    for number, line in manifest_lines(folder):
        name = f"{manifest.relative_to(source)}:{number}"
        try:
            record = parse_record(line)
        except UnreadableInput as error:
            refused.append(Refusal(name, "damaged", f"this line of the manifest cannot be used: {error}"))
            continue
        if record.mask:
            pairs.append(_listed(record, record.mask, folder, name, names))
        else:
            refused.append(Refusal(name, "no-mask", NO_MASK))
    return pairs, refused


def _listed(record: Record, mask_file: str, folder: Path, name: str, names: Mapping[int, str]) -> Pair:
    image, mask = folder / record.image, folder / mask_file
    return Pair(
        name=record.id or name,
        image=image,
        mask=mask,
        files=(*companions(image), *companions(mask)),
        names=names,
        patient=record.patient,
        split=record.split if record.split in SPLITS else "",
        sides=record.sides,
        kind=record.kind,
        finding=record.finding or "",
    )


def _with_names(pairs: Sequence[Pair], source: Path) -> list[Pair]:
    """Return the pairs with what the dataset.json nearest to each mask calls its values."""
    folders = [(pair.mask or pair.image).parent for pair in pairs]
    names = {folder: _names_above(folder, source) for folder in set(folders)}
    return [
        pair if pair.parts else replace(pair, names=names[folder]) for pair, folder in zip(pairs, folders, strict=True)
    ]


def _names_above(folder: Path, source: Path) -> Mapping[int, str]:
    """Return what the nearest dataset.json at or above `folder`, up to the source, calls the values."""
    above = [parent for parent in (folder, *folder.parents) if parent.is_relative_to(source)]
    return next((names for parent in above if (names := _label_names(parent))), {})


def _label_names(folder: Path) -> Mapping[int, str]:
    """Return value -> name from the dataset.json of a folder; nothing where it is another program's."""
    try:
        return read_description(folder).labels
    except PleuraError:
        return {}
