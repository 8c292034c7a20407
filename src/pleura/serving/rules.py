"""Which rule wants a series, and of one that none wants, by which of their fields."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pleura.reading.dicom.header import Header
from pleura.reading.dicom.sop_classes import MODALITIES
from pleura.serving.config import Rule
from pleura.serving.qido import FoundSeries


def rule_for(rules: Iterable[Rule], header: Header, count: int) -> Rule | None:
    """Return the first rule that wants a series of so many objects."""
    return next((rule for rule in rules if not mismatches(rule, header, count)), None)


def mismatches(rule: Rule, header: Header | FoundSeries, count: int) -> tuple[str, ...]:
    """Return the fields of a rule that a series of so many objects does not have; none where the rule wants it."""
    fits = {
        "modality": rule.modality.upper() in {"", header.modality},
        "body_part": rule.body_part.upper() in {"", header.body_part},
        "description": rule.description.casefold() in header.description.casefold(),
        "min_slices": count >= rule.min_slices,
    }
    return tuple(field for field, holds in fits.items() if not holds)


def why_unwanted(rules: Sequence[Rule], header: Header, count: int) -> str:
    """Return for the log by which of its fields each rule does not want a series; no value of a header is in it."""
    found = [", ".join(mismatches(rule, header, count)) for rule in rules]
    return "; ".join(f"rule {number}: {fields}" for number, fields in enumerate(found, start=1))


def modalities(rules: Iterable[Rule]) -> list[str]:
    """Return the modalities that an archive is asked for: those of the rules, and all that can be for a rule of any."""
    named = {rule.modality.upper() for rule in rules}
    return sorted(named - {""} | (MODALITIES if "" in named else set()))


def may_want(rules: Iterable[Rule], series: FoundSeries, count: int) -> bool:
    """Say whether a rule may want a series that an archive lists; what is not said of it is seen when it is fetched."""
    return any(series.unstated.issuperset(mismatches(rule, series, count)) for rule in rules)
