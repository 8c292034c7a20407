"""The tables of the quality: how expected and reached Dice go together, of patients and kinds that no fit has seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from quality_cases import UNDISTURBED
from quality_fit import CT_FAMILIES, GOOD, HARMLESS, RADIOGRAPH_FAMILIES, TURNED, errors, fit, rows, scores
from quality_run import Record
from scipy.stats import spearmanr

from pleura.quality.flags import verdict_of
from pleura.quality.record import BOTH_LUNGS, ExpectedDice, Flag, Verdict
from pleura.quality.signals import MIRRORED, NAMES

Array = NDArray[Any]

FOLDS = 5
"""Parts of the patients, each left out once."""

BAD = 0.1
"""Error above which a mask has failed."""

FALSE_ALARMS = 0.05
"""Share of good masks of undisturbed scans that may be caught too."""

SAME_KIND = {
    "painted consolidation": "dense-lung",
    "painted collapse": "dense-lung",
    "painted effusion": "fluid",
    "painted total-effusion": "fluid",
    "painted ball": "mass",
    "painted crop": "crop",
}
"""Kinds of painted disease that are the same as one of slices: they are left out together."""


@dataclass(frozen=True, eq=False)
class Judged:
    """Masks as a calibration judged them that has not seen their patients.

    Attributes
    ----------
    score : errors to expect, before the knots
    error : 1 - Dice
    expected, worse_lung : the Dice to expect, and that of the lung of which less is to be expected
    """

    found: list[tuple[Record, str]]
    score: Array
    error: Array
    expected: list[ExpectedDice]
    worse_lung: list[ExpectedDice]

    @property
    def kind(self) -> Array:
        """What was done to each scan."""
        return np.array([kind_of(one) for one, _ in self.found])

    @property
    def verdicts(self) -> list[Verdict]:
        """The verdict on each mask."""
        return [
            verdict_of([Flag(code, "") for code in one.codes], {BOTH_LUNGS: dice, "worse lung": worse})
            for (one, _), dice, worse in zip(self.found, self.expected, self.worse_lung, strict=True)
        ]

    def where(self, chosen: Array) -> Judged:
        """Return some of the masks."""
        index = np.flatnonzero(chosen)
        found, expected, worse = (
            [one[place] for place in index] for one in (self.found, self.expected, self.worse_lung)
        )
        return Judged(found, self.score[index], self.error[index], expected, worse)

    @property
    def threshold(self) -> float:
        """Return the score that `FALSE_ALARMS` of the good masks of undisturbed scans exceed."""
        quiet = (self.kind == UNDISTURBED) & (self.error <= GOOD)
        return float(np.quantile(self.score[quiet], 1 - FALSE_ALARMS, method="higher"))


def kind_of(record: Record) -> str:
    """Return what was done to a scan, the same for slices and whole scans."""
    return SAME_KIND.get(record.kind, record.kind)


def judged(
    records: Sequence[Record],
    part: str,
    *,
    kinds_out: bool,
    lungs: Judged | None = None,
    names: Sequence[str] = NAMES,
) -> Judged:
    """Return masks as judged by fits without their patients and, with `kinds_out`, without their kind of failure.

    Of both lungs `lungs` holds each of them as judged in the same way, by the signals of these names.
    """
    found = rows(records, part)
    patients = sorted({one.patient for one, _ in found})
    fold_of = {patient: place % FOLDS for place, patient in enumerate(patients)}
    score, expected = np.zeros(len(found)), [ExpectedDice(0, 0, 0)] * len(found)
    for fold in range(FOLDS):
        here = [place for place, (one, _) in enumerate(found) if fold_of[one.patient] == fold]
        for kind in sorted({kind_of(found[place][0]) for place in here}) if kinds_out else [""]:
            unseen = kind if kind != UNDISTURBED else ""
            seen = [one for one in records if fold_of.get(one.patient) != fold and kind_of(one) != unseen]
            fitted = fit(seen, part, names)
            for place in here:
                one, _ = found[place]
                if not kinds_out or kind_of(one) == kind:
                    score[place] = scores(fitted[one.family], [found[place]])[0]
                    expected[place] = fitted[one.family].expected_dice(score[place])
    return Judged(found, score, errors(found), expected, _worse_lungs(found, expected, lungs))


def _worse_lungs(
    found: list[tuple[Record, str]], expected: list[ExpectedDice], lungs: Judged | None
) -> list[ExpectedDice]:
    """Return the Dice to expect of the worse lung of each mask; of single lungs it is their own."""
    if lungs is None:
        return expected
    worse: dict[int, ExpectedDice] = {}
    for (one, _), dice in zip(lungs.found, lungs.expected, strict=True):
        worse[id(one)] = min(worse.get(id(one), dice), dice, key=lambda each: each.expected)
    return [worse.get(id(one), dice) for (one, _), dice in zip(found, expected, strict=True)]


def auroc(one: Judged, error: float) -> float:
    """Return how often a mask with more error has the higher score than one with less."""
    bad, good = one.score[one.error > error][:, None], one.score[one.error <= error]
    return float((bad > good).mean() + 0.5 * (bad == good).mean())


def aurc(order: Array, error: Array) -> float:
    """Return the mean error of the masks kept, over all shares kept, the lowest of `order` first."""
    kept = error[np.argsort(order, kind="stable")]
    return float((np.cumsum(kept) / np.arange(1, len(kept) + 1)).mean())


def print_report(records: Sequence[Record]) -> None:
    """Print every table."""
    for title, families in (("CT", CT_FAMILIES), ("radiographs", RADIOGRAPH_FAMILIES)):
        here = [one for one in records if one.family in families]
        (lungs, _), (plain, strict) = both_ways(here, NAMES)
        print(f"\n# {title}: {len(here)} cases, {sum(bool(one.refused) for one in here)} refused")
        print_figures(plain, strict, families)
        print_kinds(plain, strict, here)
        print_calibration(plain)
        print_coverage(plain)
        print(f"one lung: Spearman {spearman(lungs):.3f}, AUROC < 0.90 {auroc(lungs, BAD):.3f}")
        print(f"\n# {title}, full")
        print_figures(*both_ways(here, (*NAMES, MIRRORED))[1], families)


def both_ways(records: Sequence[Record], names: Sequence[str]) -> tuple[tuple[Judged, Judged], tuple[Judged, Judged]]:
    """Return single lungs and both as judged by signals of these names, without their patients and without kinds."""
    outs = (False, True)
    lungs = tuple(judged(records, "one", kinds_out=out, names=names) for out in outs)
    both = (judged(records, "both", kinds_out=out, lungs=lungs[out], names=names) for out in outs)
    return (lungs[0], lungs[1]), (next(both), next(both))


def spearman(one: Judged) -> float:
    """Return the correlation of ranks of expected and true error."""
    return float(spearmanr(one.score, one.error).statistic)


FIGURES: dict[str, Callable[[Judged], float]] = {
    "masks": lambda one: float(len(one.error)),
    "Spearman, undisturbed": lambda one: spearman(one.where(one.kind == UNDISTURBED)),
    "Spearman, all": spearman,
    "AUROC < 0.95": lambda one: auroc(one, GOOD),
    "AUROC < 0.90": lambda one: auroc(one, BAD),
    "AURC / oracle": lambda one: aurc(one.score, one.error) / aurc(one.error, one.error),
    "random / oracle": lambda one: float(one.error.mean()) / aurc(one.error, one.error),
    "caught of < 0.90": lambda one: float((one.score[one.error > BAD] > one.threshold).mean()),
    "good, undisturbed: not `good`": lambda one: not_good(one, [UNDISTURBED]),
    "good, harmless: not `good`": lambda one: not_good(one, [kind for kind in HARMLESS if kind not in TURNED]),
    "within the interval": lambda one: within(one),
    "mean |expected - reached|": lambda one: float(
        np.abs(np.array([1 - dice.expected for dice in one.expected]) - one.error).mean()
    ),
}


def not_good(one: Judged, kinds: Sequence[str]) -> float:
    """Return the share of good masks of some kinds whose verdict is another than good."""
    chosen = np.isin(one.kind, kinds) & (one.error <= GOOD)
    return float(np.mean([verdict != "good" for verdict in one.where(chosen).verdicts]))


def within(one: Judged) -> float:
    """Return the share of masks whose Dice lies in its interval."""
    reached = 1 - one.error
    return float(np.mean([dice.low <= value <= dice.high for dice, value in zip(one.expected, reached, strict=True)]))


def print_figures(plain: Judged, strict: Judged, families: Sequence[str]) -> None:
    """Print the figures of all masks and of each family, with patients left out, and with kinds left out too."""
    groups = {"all": np.ones(len(plain.error), bool)}
    family = np.array([one.family for one, _ in plain.found])
    if len(families) > 1:
        groups |= {name: family == name for name in families} | {"slices": family != "scan"}
    print(f"\n{'':<32}", *(f"{name:>10} {'kind out':>9}" for name in groups))
    for title, figure in FIGURES.items():
        values = (f"{figure(plain.where(group)):10.3f} {figure(strict.where(group)):9.3f}" for group in groups.values())
        print(f"{title:<32}", *values)


def print_kinds(plain: Judged, strict: Judged, records: Sequence[Record]) -> None:
    """Print what was caught of each kind."""
    titles = ("cases", "refused", "< 0.90", "caught", "kind out", "not good", "silent", "alarms")
    print(f"\n{'kind':<22}", *(f"{title:>8}" for title in titles))
    verdicts = np.array(plain.verdicts)
    for kind in sorted({kind_of(one) for one in records}):
        here = plain.kind == kind
        bad, fine = here & (plain.error > BAD), here & (plain.error <= GOOD)
        cases = [one for one in records if kind_of(one) == kind]
        numbers = (len(cases), sum(bool(one.refused) for one in cases), bad.sum())
        columns = [f"{number:8}" for number in numbers]
        columns += [share(one.score[bad] > one.threshold) for one in (plain, strict)]
        columns += [share(verdicts[bad] != "good"), f"{(verdicts[bad] == 'good').sum():8}"]
        print(f"{kind:<22}", *columns, share(verdicts[fine] != "good"))


def share(chosen: Array) -> str:
    """Return the mean as text, a dash of nothing."""
    return f"{chosen.mean():8.2f}" if chosen.size else f"{'-':>8}"


def print_calibration(one: Judged) -> None:
    """Print the Dice that masks reached by the Dice that was expected of them."""
    expected, reached = np.array([dice.expected for dice in one.expected]), 1 - one.error
    print(f"\n{'expected':<16}{'masks':>6}{'mean expected':>15}{'mean reached':>14}")
    edges = (0.0, 0.8, 0.9, 0.93, 0.95, 0.97, 0.98, 1.0)
    for low, high in pairwise(edges):
        here = (expected > low) & (expected <= high)
        if here.any():
            means = f"{expected[here].mean():15.3f}{reached[here].mean():14.3f}"
            print(f"{low:.2f} to {high:.2f}{'':4}{here.sum():6}{means}")


def print_coverage(one: Judged) -> None:
    """Print the mean error of the masks kept, by how many are kept: by the quality, by an oracle, by none."""
    print(f"\n{'kept':<8}{'error by quality':>18}{'by an oracle':>14}{'by chance':>11}")
    for part in (0.2, 0.4, 0.6, 0.8, 0.9, 1.0):
        count = max(1, round(part * len(one.error)))
        kept, best = (one.error[np.argsort(order, kind="stable")][:count].mean() for order in (one.score, one.error))
        print(f"{part:<8.0%}{kept:18.4f}{best:14.4f}{one.error.mean():11.4f}")
