"""One case on its way: an image and a mask as they lie in the source, into the files and the records of a data set.

The same functions run in this process and in helper processes, so everything here takes and returns plain values, and
whatever is wrong with one case becomes a `Refusal`.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pleura.datasets.files import file_hash
from pleura.datasets.manifest import Record
from pleura.errors import PleuraError
from pleura.file_format import Format, detect_format
from pleura.geometry import axial_affine, to_axial
from pleura.labels import RIGHT_AND_LEFT, renumbered
from pleura.modality.resolve import resolve_kind
from pleura.preparation.label_mapping import LabelMapping, MaskInfo, inspect_labels, to_integer_labels
from pleura.preparation.mask_checks import find_faults, with_oriented_sides
from pleura.preparation.mask_parts import read_object_parts, read_parts
from pleura.preparation.pair import Pair, Refusal
from pleura.preparation.save import AlignedCase, sample_case, save_case
from pleura.preparation.settings import Settings
from pleura.reading import read
from pleura.reading.alignment import on_image
from pleura.reading.dicom.dataset import quiet_dcmread
from pleura.reading.dicom.lungs import object_class, object_names, read_object
from pleura.reading.labelmap import read_label_map
from pleura.reading.raw_image import LabelMap
from pleura.volume import Kind, Note, Volume

_MODALITIES = {Kind.WINDOWED.value: "ct", Kind.RADIOGRAPH.value: "cr"}


@dataclass(frozen=True)
class Identified:
    """What is known of a pair before it is read: the hash of its files, and whose it is by their headers."""

    source_sha256: str
    patient: str


@dataclass(frozen=True)
class ConversionTask:
    """A pair to make a case of, with what its mask says and all else that the making depends on."""

    pair: Pair
    identity: Identified
    mask: MaskInfo
    mapping: LabelMapping
    settings: Settings
    dest: Path


Argument = TypeVar("Argument")
Result = TypeVar("Result")


def _or_refusal(step: Callable[[Argument], Result]) -> Callable[[Argument], Result | Refusal]:
    """Let a step return a refusal where it would raise."""

    @wraps(step)
    def guarded(argument: Argument) -> Result | Refusal:
        pair: Any = getattr(argument, "pair", argument)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # libraries warn about odd files; what matters here raises
                return step(argument)
        except PleuraError as error:
            return Refusal(pair.name, error.code, _without_name(str(error), pair))
        except MemoryError:
            return Refusal(pair.name, "too-large", "there is not enough memory for it")
        except FileNotFoundError:
            return Refusal(pair.name, "not-found", "a file of it is missing")
        except PermissionError:
            return Refusal(pair.name, "no-permission", "a file of it may not be read")
        except Exception:  # libraries raise anything on damaged files, and one file never stops the rest
            return Refusal(pair.name, "damaged", "a file of it is damaged")

    return guarded


@_or_refusal
def identify(pair: Pair) -> Identified:
    """Return what the files of a pair are known by."""
    return Identified(file_hash(pair.files), pair.patient or _patient_in_header(pair))


@_or_refusal
def inspect_mask(pair: Pair) -> MaskInfo:
    """Return what the mask of a pair says, before anything is decided; nothing where there is none."""
    if pair.mask is None:
        return MaskInfo(())
    if object_class(pair.mask):
        return MaskInfo((), dict(enumerate(RIGHT_AND_LEFT, 1)) if pair.parts else object_names(pair.mask))
    return inspect_labels(_mask(pair.mask, pair), pair.names)


@_or_refusal
def convert_case(task: ConversionTask) -> tuple[Record, ...]:
    """Write the files of one case and return their records, without patient, finding and split."""
    case = _align(task)
    as_volume = len(case.image.voxels) > 1 and task.settings.slices is None
    return tuple(save_case(case, sample_case(case, task.settings), task.dest, as_volume=as_volume))


def _align(task: ConversionTask) -> AlignedCase:
    """Read image and mask and bring the labels onto the image's grid."""
    volume, image_notes = _image(task.pair, task.settings)
    notes = [*image_notes, *volume.notes]
    labels, sides = None, False
    if task.pair.mask is None:
        image, _ = _axial(volume, np.zeros(volume.shape, np.uint8))
    else:
        label_map, values, sides = _labels(task.pair.mask, task, volume)
        stored, alignment_notes = on_image(to_integer_labels(label_map), label_map, volume)
        image, labels = _axial(volume, renumbered(stored, values))
        notes += [*label_map.notes, *alignment_notes, *find_faults(image, labels)]
        if task.mapping.sided:
            labels, sides, more = with_oriented_sides(labels, image, sides and task.pair.sides is not False)
            notes += more
    codes = frozenset(note.code for note in notes)
    pixels = hashlib.sha256(f"{volume.shape}{volume.identity.sha256}".encode()).hexdigest()
    return AlignedCase(image, labels, sides, codes, task.identity.source_sha256, pixels)


def _image(pair: Pair, settings: Settings) -> tuple[Volume, tuple[Note, ...]]:
    """Read the image; what caller or source say of its values goes before what they look like, a header before all."""
    stated = {"hu": Kind.HU, "windowed": Kind.WINDOWED}.get(pair.kind)
    volume = read(pair.image, series=pair.series, kind=stated)
    return resolve_kind(volume, settings.modality or _MODALITIES.get(pair.kind, "auto"))


def _labels(mask: Path, task: ConversionTask, volume: Volume) -> tuple[LabelMap, dict[int, int], bool]:
    """Return the labels as stored, stored value -> new value, and whether right and left are distinguished."""
    if not object_class(mask):
        return _mask(mask, task.pair), *task.mapping.for_mask(task.mask)
    values, sided = task.mapping.for_names(task.mask.names)
    if task.pair.parts:
        return read_object_parts(task.pair.parts, volume), values, sided
    return read_object(mask, volume, values), values, sided


def _mask(mask: Path, pair: Pair) -> LabelMap:
    label_map = read_parts(pair.parts) if pair.parts else read_label_map(mask)
    return replace(label_map, colours=()) if pair.names else label_map  # names are given to numbers


def _axial(volume: Volume, labels: NDArray[np.uint8]) -> tuple[Volume, NDArray[np.uint8]]:
    """Turn image and labels so that their axes run to the head, to the back and to the left."""
    voxels, affine = to_axial(volume.voxels, volume.affine), axial_affine(volume.affine, volume.shape)
    return replace(volume, voxels=voxels, affine=affine), to_axial(labels, volume.affine)


def _patient_in_header(pair: Pair) -> str:
    """Return PatientID, or the study's UID where that is empty; "" where the image is not DICOM."""
    if detect_format(pair.files[0])[0] is not Format.DICOM:
        return ""
    tags = ["PatientID", "StudyInstanceUID"]
    with quiet_dcmread(pair.files[0], specific_tags=tags, stop_before_pixels=True) as header:
        return str(header.get("PatientID") or header.get("StudyInstanceUID") or "")


def _without_name(message: str, pair: Pair) -> str:
    """Return an error's message without the name of a file before it."""
    paths = [path for path in (pair.image, pair.mask, *(part for _, part in pair.parts)) if path]
    known = "|".join(re.escape(name) for path in paths for name in (path.name, str(path)))
    return re.sub(f"^({known}): ", "", message)
