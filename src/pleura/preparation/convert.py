"""The road of one case: an image and a mask as they lie in the source, into the files and the record of a dataset.

The same functions run in this process and in helper processes, so everything here takes and returns plain values, and
whatever is wrong with one case becomes a `Refusal`.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pleura.datasets.files import file_hash, write_slice, write_volume
from pleura.errors import PleuraError
from pleura.file_format import Format, detect_format
from pleura.modality.shown import shown
from pleura.preparation.checks import find_faults, with_oriented_sides
from pleura.preparation.dicom_pairs import STRUCTURE_SET, object_class, object_names
from pleura.preparation.label_mapping import Facts, Meaning, facts_of, whole
from pleura.preparation.mask_parts import read_parts
from pleura.preparation.record import Pair, Record, Refusal
from pleura.preparation.sampling import plan
from pleura.preparation.settings import Settings
from pleura.reading import read
from pleura.reading.alignment import on_image
from pleura.reading.dicom.dataset import read_dataset
from pleura.reading.dicom.rtstruct import read_rtstruct
from pleura.reading.dicom.seg import read_seg
from pleura.reading.labelmap import LabelMap, read_labels
from pleura.reading.values import AIR
from pleura.volume import Affine, Kind, Note, Volume, axial_order, to_axial

_ID = 16
"""Hexadecimal digits of a content hash that make an id."""
_MODALITIES = {Kind.WINDOWED.value: "ct", Kind.RADIOGRAPH.value: "cr"}
_LEAST_CROPPED = 0.001
"""Share of a mask beyond the crop that is worth a look; less is the rounding of an edge."""


@dataclass(frozen=True)
class Seen:
    """What is known of a pair before it is read: the hash of its files, and whose it is by their headers."""

    source_sha256: str
    patient: str


@dataclass(frozen=True)
class Job:
    """A pair to make a case of, with all that the making depends on."""

    pair: Pair
    seen: Seen
    meaning: Meaning
    settings: Settings
    dest: Path


Taken = TypeVar("Taken")
Given = TypeVar("Given")


def _or_refusal(station: Callable[[Taken], Given]) -> Callable[[Taken], Given | Refusal]:
    """Let a station return a refusal where it would raise."""

    @wraps(station)
    def guarded(taken: Taken) -> Given | Refusal:
        pair: Any = getattr(taken, "pair", taken)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # libraries warn about odd files; what matters here raises
                return station(taken)
        except PleuraError as error:
            return Refusal(pair.name, error.code, _without_name(str(error), pair))
        except MemoryError:
            return Refusal(pair.name, "too-large", "there is not enough memory for it")
        except FileNotFoundError:
            return Refusal(pair.name, "not-found", "a file of it is missing")
        except Exception:  # libraries raise anything on damaged files, and one file never stops the rest
            return Refusal(pair.name, "damaged", "a file of it is damaged")

    return guarded


@_or_refusal
def see(pair: Pair) -> Seen:
    """Return what the files of a pair are known by."""
    return Seen(file_hash(pair.files), pair.patient or _patient_in_header(pair))


@_or_refusal
def ask(pair: Pair) -> Facts:
    """Return what the mask of a pair says, before anything is decided; nothing where there is none."""
    if pair.mask is None:
        return Facts(())
    if object_class(pair.mask):
        return Facts((), object_names(pair.mask))
    return facts_of(_mask(pair.mask, pair), pair.names)


@_or_refusal
def make(job: Job) -> tuple[Record, ...]:
    """Write the files of one case and return their records, without patient, finding and split."""
    volume, doubts = _image(job.pair, job.settings)
    image, labels, sided, notes = _laid(job, volume)
    pixels = hashlib.sha256(f"{volume.shape}{volume.identity.sha256}".encode()).hexdigest()
    codes = tuple(sorted({note.code for note in (*doubts, *notes, *volume.notes)}))
    common = Record("", "", "", "", None, (), None, "", False, sided, "", job.seen.source_sha256, pixels, codes)
    return tuple(_written(image, labels, common, job.settings, job.dest))


def _laid(job: Job, volume: Volume) -> tuple[Volume, NDArray[np.uint8] | None, bool, list[Note]]:
    """Return image and labels, or None, in axial order, whether sides are told apart, and what was noted."""
    if job.pair.mask is None:
        return _axial(volume, np.zeros(volume.shape, np.uint8))[0], None, False, []
    label_map, values, sided = _labels(job.pair.mask, job, volume)
    labels, notes = on_image(whole(label_map), label_map, volume)
    image, new = _axial(volume, _translated(labels, values))
    notes += find_faults(image, new)
    if job.meaning.sided:
        new, sided, more = with_oriented_sides(new, image, sided and job.pair.sides is not False)
        notes += more
    return image, new, sided, notes


def _written(
    image: Volume, labels: NDArray[np.uint8] | None, common: Record, settings: Settings, dest: Path
) -> Iterator[Record]:
    """Sample, window and write a case: one volume, one slice, or several slices of a stack."""
    sampling = plan(image, settings)
    window = settings.window if image.kind is Kind.HU else None
    values = _in_range(sampling.image(image.voxels, AIR if image.kind is Kind.HU else 0), image.kind, window)
    kind = Kind.WINDOWED if window else image.kind
    marked = None if labels is None else sampling.labels(labels)
    affine = sampling.affine(image.affine)
    lengths = np.linalg.norm(affine[:3, :3], axis=0)[::-1]
    steps = tuple(round(float(step), 4) for step in lengths) if image.spacing_known else None
    content = common.pixels.encode() + values.tobytes() + (b"" if marked is None else marked.tobytes())
    name = hashlib.sha256(content).hexdigest()[:_ID]
    cut = labels is not None and sampling.cropped(labels) > _LEAST_CROPPED
    notes = tuple(sorted({*common.notes, "mask-cropped"})) if cut else common.notes
    common = replace(common, id=name, kind=kind.value, hu=kind is Kind.HU, notes=notes)
    if len(values) > 1 and settings.slices is None:
        image_file = _stored(dest, f"images/{name}.nii.gz", values, affine)
        mask_file = None if marked is None else _stored(dest, f"masks/{name}.nii.gz", marked, affine)
        yield _recorded(common, dest, image_file, mask_file, values.shape[::-1], steps)
        return
    for k, plane in enumerate(values):
        alone = len(values) == 1
        single = name if alone else f"{name}_{k:03d}"
        image_file = _stored(dest, f"images/{single}{'.tif' if kind is Kind.HU else '.png'}", plane)
        mask_file = None if marked is None else _stored(dest, f"masks/{single}.png", marked[k])
        stack = common if alone else replace(common, id=single, volume=name, index=k)
        yield _recorded(stack, dest, image_file, mask_file, plane.shape, steps and steps[:2])


def _stored(dest: Path, file: str, array: NDArray[Any], affine: Affine | None = None) -> str:
    """Write a slice, or with an affine a volume, and return its path below the dataset."""
    if affine is None:
        write_slice(dest / file, array)
    else:
        write_volume(dest / file, array, affine)
    return file


def _recorded(
    record: Record,
    dest: Path,
    image: str,
    mask: str | None,
    shape: tuple[int, ...],
    steps: tuple[float, ...] | None,
) -> Record:
    return replace(record, image=image, mask=mask, shape=shape, spacing=steps, sha256=file_hash((dest / image,)))


def _in_range(values: NDArray[np.float32], kind: Kind, window: tuple[float, float] | None) -> NDArray[Any]:
    """Return int16 HU, or 8-bit grey: HU stretched from the window, pictures as they are."""
    if window is not None:
        values = (values - np.float32(window[0])) * np.float32(255 / (window[1] - window[0]))
    elif kind is Kind.HU:
        return np.rint(values).astype(np.int16)
    return np.rint(np.clip(values, 0, 255)).astype(np.uint8)


def _image(pair: Pair, settings: Settings) -> tuple[Volume, tuple[Note, ...]]:
    """Read the image; what caller or source say of its values goes before what they look like, a header before all."""
    stated = {"hu": Kind.HU, "windowed": Kind.WINDOWED}.get(pair.kind)
    volume = read(pair.image, series=pair.series, kind=stated)
    return shown(volume, settings.modality or _MODALITIES.get(pair.kind, "auto"))


def _labels(mask: Path, job: Job, volume: Volume) -> tuple[LabelMap, dict[int, int], bool]:
    """Return the labels as stored, stored value -> new value, and whether right and left are told apart."""
    drawn = object_class(mask)
    if not drawn:
        label_map = _mask(mask, job.pair)
        return label_map, *job.meaning.of(facts_of(label_map, job.pair.names))
    values, sided = job.meaning.of_names(object_names(mask))
    label_map = read_rtstruct(mask, volume, values) if drawn == STRUCTURE_SET else read_seg(mask, values)
    return label_map, values, sided


def _mask(mask: Path, pair: Pair) -> LabelMap:
    return read_parts(pair.parts) if pair.parts else read_labels(mask)


def _translated(labels: NDArray[np.int32], values: dict[int, int]) -> NDArray[np.uint8]:
    new = np.zeros(labels.shape, np.uint8)
    for old, value in values.items():
        new[labels == old] = value
    return new


def _axial(volume: Volume, labels: NDArray[np.uint8]) -> tuple[Volume, NDArray[np.uint8]]:
    """Turn image and labels so that their axes run to the head, to the back and to the left."""
    axes, flips = axial_order(volume.affine)
    turn = np.zeros((4, 4))
    turn[3, 3] = 1.0
    for new, (old, flip) in enumerate(zip(axes, flips, strict=True)):
        turn[old, new] = -1.0 if flip else 1.0
        turn[old, 3] = volume.shape[old] - 1 if flip else 0.0
    turned = replace(volume, voxels=to_axial(volume.voxels, volume.affine), affine=volume.affine @ turn)
    return turned, to_axial(labels, volume.affine)


def _patient_in_header(pair: Pair) -> str:
    """Return PatientID, or the study's UID where that is empty; "" where the image is not DICOM."""
    if detect_format(pair.files[0])[0] is not Format.DICOM:
        return ""
    tags = ["PatientID", "StudyInstanceUID"]
    header = read_dataset(pair.files[0], specific_tags=tags, stop_before_pixels=True)
    return str(header.get("PatientID") or header.get("StudyInstanceUID") or "")


def _without_name(message: str, pair: Pair) -> str:
    """Return an error's message without the name of a file before it."""
    paths = [path for path in (pair.image, pair.mask, *(part for _, part in pair.parts)) if path]
    known = "|".join(re.escape(name) for path in paths for name in (path.name, str(path)))
    return re.sub(f"^({known}): ", "", message)
