"""Each case through the pipeline as an array: the Dice that its mask reaches, and what the mask is judged by."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from keeping_judge import KeepingJudge
from numpy.typing import NDArray
from quality_cases import QualityCase

import pleura
from pleura.geometry import to_axial
from pleura.inference.clock import Clock
from pleura.labels import BOTH_LUNGS, LEFT, RIGHT
from pleura.modality.resolve import resolve_kind
from pleura.quality.assess import family_of
from pleura.quality.flags import known_flags
from pleura.quality.polarity import inverted_flag
from pleura.quality.signals import UNION, find_signals
from pleura.reading.source import as_volume
from pleura.volume import Volume

UNKNOWN = 255
STRUCTURES = {"right lung": RIGHT, "left lung": LEFT, BOTH_LUNGS: UNION}


@dataclass(frozen=True)
class Record:
    """What came of a case.

    Attributes
    ----------
    family : that its mask is judged as
    kind : what was done to it
    dice : structure -> Dice, voxels of unknown truth left out; without those that are neither marked nor there
    signals : structure -> signal -> value, of what was marked
    codes : of the flags that are known without a calibration
    network : sha256 of the network that made the mask
    refused : code of the error, where there was no mask
    """

    family: str
    base: str
    patient: str
    kind: str
    dice: dict[str, float] = field(default_factory=dict)
    signals: dict[str, dict[str, float]] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)
    network: str = ""
    refused: str = ""


def run_cases(cases: Iterable[QualityCase], model: Path | None) -> list[Record]:
    """Return what came of every case, and print how far it is to stderr."""
    records = []
    segmenters: dict[str, pleura.Segmenter] = {}
    for case in cases:
        if case.convention not in segmenters:
            chosen = None if case.family == "radiograph" else model
            segmenters[case.convention] = pleura.Segmenter(model=chosen, convention=case.convention)  # type: ignore[arg-type]
        records.append(_run(segmenters[case.convention], case))
        if not len(records) % 100:
            print(f"{len(records)} cases, {time.process_time():.0f} s of a processor", file=sys.stderr, flush=True)
    return records


def _run(segmenter: pleura.Segmenter, case: QualityCase) -> Record:
    try:
        volume, warnings = resolve_kind(_volume(case), "cr" if case.family == "radiograph" else "auto")
        model = segmenter.model_for(volume.kind)
        judge = KeepingJudge("full")
        found = model.predict(volume, Clock(), judge=judge)
    except pleura.PleuraError as error:
        family = {"grey slice": "grey"}.get(case.family, case.family)
        return Record(family, case.base, case.patient, case.kind, refused=error.code)
    assert judge.evidence is not None
    flag = inverted_flag(volume)
    flags = known_flags((*([flag] if flag else []), *warnings, *found.warnings, *volume.notes))
    signals = find_signals(judge.evidence)
    return Record(
        family_of(judge.evidence, volume),
        case.base,
        case.patient,
        case.kind,
        dice=_dice(to_axial(found.labels, volume.affine), case.picture.truth),
        signals={
            name: {key: one.value for key, one in signals.of[value].items()}
            for name, value in STRUCTURES.items()
            if value in signals.of
        },
        codes=[flag.code for flag in flags],
        network=model.bundle.sha256,
    )


def _volume(case: QualityCase) -> Volume:
    """Return a case as a reader gives it: whole numbers, and its values judged."""
    values, is_hu = np.rint(case.picture.values), case.family in {"scan", "slice"}
    array = np.clip(values, -3000, 4000).astype(np.int16) if is_hu else values.astype(np.uint8)
    return as_volume(array if case.family == "scan" else array[0], case.picture.spacing)


def _dice(labels: NDArray[np.uint8], truth: NDArray[np.uint8]) -> dict[str, float]:
    known = truth != UNKNOWN
    found = {}
    for name, value in STRUCTURES.items():
        marked, wanted = ((one > 0 if value == UNION else one == value) & known for one in (labels, truth))
        total = int(np.count_nonzero(marked)) + int(np.count_nonzero(wanted))
        if total:
            found[name] = 2.0 * int(np.count_nonzero(marked & wanted)) / total
    return found


def save(records: list[Record], path: Path) -> None:
    """Write records, a line each."""
    path.write_text("".join(json.dumps(asdict(one)) + "\n" for one in records), encoding="utf-8")


def load(path: Path) -> list[Record]:
    """Return the records of a file."""
    lines: list[dict[str, Any]] = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Record(**line) for line in lines]
