"""Which reference belongs to which prediction or image, and which labels can be distinguished in it.

Three forms are known: a folder with a manifest, two folders whose files match by stem, and two files. Whatever has no
partner is kept as a case that failed, or is noted; nothing is dropped without a word.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pleura.datasets.description import label_names_by_value, read_description
from pleura.datasets.manifest import MANIFEST, is_dataset, read_manifest, read_sources
from pleura.errors import UnreadableInput, UnsuitableInput
from pleura.evaluation.mask_files import predictions_by_stem, references_by_stem, stem_of
from pleura.evaluation.names import infer_names, lungs, values_in
from pleura.file_format import without_suffix
from pleura.file_names import key_of
from pleura.labels import of_lungs
from pleura.text import quantity
from pleura.volume import Note


@dataclass(frozen=True)
class Case:
    """One case to be scored.

    Attributes
    ----------
    id : of the manifest, or a running number in the order of the references' names
    name : what people know it by: the file of the reference, or of the image that a data set was made of
    patient : a number; cases of one patient share it
    reference : file of the mask that is believed
    prediction : file of the mask that is scored; None where it is missing, or where a model makes it
    image : file or folder of the scan; None where only masks are compared
    sides : True where the reference distinguishes the labels, not only inside from outside
    spacing : millimetres along (z, y, x) or (y, x), where the manifest states them
    pixels : hash of the voxels of the image, where the manifest states it
    """

    id: str
    patient: int
    reference: Path
    prediction: Path | None = None
    image: Path | None = None
    sides: bool = True
    spacing: tuple[float, ...] | None = None
    name: str = ""
    pixels: str = ""


@dataclass(frozen=True)
class CaseList:
    """The cases of a command, the names of their labels by value, and what was left out and why.

    `convention` is what the data set says of its masks of radiographs, "" where it says nothing.
    """

    cases: tuple[Case, ...]
    labels: Mapping[int, str]
    notes: tuple[Note, ...] = ()
    convention: str = ""

    @property
    def names(self) -> dict[str, str]:
        """Id of each case -> what people know it by."""
        return {case.id: case.name or case.id for case in self.cases}


def find_cases(references: Path, predictions: Path | None = None, *, split: str = "val") -> CaseList:
    """Return the cases of a command line.

    Parameters
    ----------
    references : a folder with a manifest, that manifest, a folder of masks, or a mask
    predictions : a folder of masks, or a mask; None where a model makes them, which needs a manifest
    split : of the manifest's cases

    Raises
    ------
    UnreadableInput
        A path is missing (`not-found`), or the manifest is damaged (`bad-manifest`).
    UnsuitableInput
        There is nothing to compare (`no-pairs`), or a stem is there twice (`ambiguous-pair`).
    """
    references = references.parent if references.name == MANIFEST else references
    for path in (references, *([predictions] if predictions else [])):
        if not path.exists():
            raise UnreadableInput(f"{path}: there is no such file or folder", code="not-found")
    if is_dataset(references):
        return _of_manifest(references, predictions, split)
    if predictions is None:
        text = f"{references} has no manifest.jsonl, so a model finds no images; give PREDICTIONS, or make a data set"
        raise UnsuitableInput(f"{text} of it with: pleura prepare {references} DATASET", code="no-pairs")
    if references.is_dir() != predictions.is_dir():
        raise UnsuitableInput("give two folders of masks, or two masks; one of each does not match", code="no-pairs")
    if not references.is_dir():
        labels, apart = _labels_distinguished([references], [predictions])
        return CaseList((Case("case-1", 1, references, predictions, sides=apart, name=_bare(references)),), labels)
    return _of_folders(references, predictions)


def _of_folders(references: Path, predictions: Path) -> CaseList:
    wanted = references_by_stem(references)
    given = _renamed(predictions_by_stem(predictions), wanted)
    if not wanted.keys() & given.keys():
        text = f"no file of {predictions} is named as one of {references}, whatever the words for image and mask"
        raise UnsuitableInput(text, code="no-pairs")
    digits = len(str(len(wanted)))
    labels, apart = _labels_distinguished(
        list(wanted.values()), [path for stem, path in given.items() if stem in wanted]
    )
    cases = tuple(
        Case(f"case-{number:0{digits}}", number, path, given.get(stem), sides=apart, name=_bare(path))
        for number, (stem, path) in enumerate(sorted(wanted.items()), start=1)
    )
    return CaseList(cases, labels, _left_over(len(given.keys() - wanted.keys())))


def _renamed(given: Mapping[str, Path], wanted: Collection[str]) -> dict[str, Path]:
    """Return predictions by the stems of what they belong to: their own, or the only one with the same key.

    So `image1_lungs.png` belongs to `mask1.png`.
    """
    missing = Counter(key_of(stem) for stem in wanted if stem not in given)
    spare = Counter(key_of(stem) for stem in given if stem not in wanted)
    known = {key_of(stem): stem for stem in wanted if stem not in given}
    return {
        known[key] if stem not in wanted and missing[key] == spare[key] == 1 else stem: path
        for stem, path in given.items()
        for key in [key_of(stem)]
    }


def _labels_distinguished(references: Sequence[Path], predictions: Sequence[Path]) -> tuple[Mapping[int, str], bool]:
    """Return the names of the labels, and whether they are distinguished.

    The names are those of a `dataset.json` beside the references or above. Lungs are distinguished where references and
    predictions, each taken together, hold 1 and 2 and nothing else.
    """
    folder, held = references[0].parent, values_in(references)
    labels = label_names_by_value(folder) or label_names_by_value(folder.parent) or infer_names(held)
    return labels, not of_lungs(labels.values()) or held == values_in(predictions) == lungs().keys()


def _of_manifest(folder: Path, predictions: Path | None, split: str) -> CaseList:
    records = [record for record in read_manifest(folder) if record.split == split]
    labelled = [(record, record.mask) for record in records if record.mask]
    if not labelled:
        raise UnsuitableInput(f"{folder} has no case with a mask in the split {split!r}", code="no-pairs")
    given = _predicted(predictions) if predictions else {}
    labels = label_names_by_value(folder) or lungs()
    apart = not of_lungs(labels.values())  # what is not a lung has no side to be unsure of
    marked = not given or values_in(given.values()) == lungs().keys()
    patients: dict[str, int] = {}
    sources = read_sources(folder)
    cases, used = [], set()
    for record, mask in labelled:
        name = sources.get(record.id, "")
        stems = [stem_of(Path(record.image)), stem_of(Path(mask)), record.id, Path(name).name]
        found = next((stem for stem in stems if stem in given), None)
        used.add(found)
        cases.append(
            Case(
                id=record.id,
                patient=patients.setdefault(record.patient, len(patients) + 1),
                reference=folder / mask,
                prediction=given[found] if found else None,
                image=folder / record.image,
                sides=apart or (marked and record.sides),
                spacing=record.spacing[::-1] if record.spacing else None,
                name=name,
                pixels=record.pixels,
            )
        )
    if predictions and used == {None}:
        raise UnsuitableInput(f"no file of {predictions} has the stem of a case of {folder}", code="no-pairs")
    notes = _left_over(len(given.keys() - used))
    if bare := len(records) - len(labelled):
        text = quantity(bare, "case of the split has no mask and was", "cases of the split have no mask and were")
        notes = (*notes, Note("no-reference", f"{text} left out"))
    return CaseList(tuple(cases), labels, notes, read_description(folder).convention)


def _predicted(predictions: Path) -> dict[str, Path]:
    return predictions_by_stem(predictions) if predictions.is_dir() else {stem_of(predictions): predictions}


def _bare(path: Path) -> str:
    return without_suffix(path.name)


def _left_over(count: int) -> tuple[Note, ...]:
    text = quantity(count, "prediction has no reference and was", "predictions have no reference and were")
    return (Note("no-reference", f"{text} left out"),) if count else ()


def with_predictions(cases: Sequence[Case], others: Sequence[Case]) -> tuple[Case, ...]:
    """Return `cases` in their order, each as in `others`, where a second folder of predictions was matched."""
    found = {case.id: case for case in others}
    return tuple(found[case.id] for case in cases)
