"""What came of one scan, printed: as lines for people, or as an object for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from pleura.batch.results import Outcome
from pleura.cli.console import complain, flush, say, warn
from pleura.labels import have_sides
from pleura.measurement import Sizes
from pleura.quality import Quality
from pleura.quality.record import ADVICE
from pleura.quality.words import dice_text, dice_words


def report(outcome: Outcome, prefix: str, *, as_json: bool, quiet: bool, debug: bool) -> None:
    """Print what came of one scan: results to stdout, warnings and errors to stderr."""
    if outcome.error is not None:
        complain(outcome.error, debug=debug)
    if as_json:
        say(json.dumps(outcome.data()))
    elif outcome.mask and not quiet:
        for number, line in enumerate(lines(outcome)):
            say(line if number else prefix + line)
    flush()
    for warning in outcome.warnings:
        warn(f"{outcome.job.named}: {warning.message}")


def lines(outcome: Outcome) -> Iterator[str]:
    """Give what was read, what was found and where it is, line by line."""
    if outcome.sizes is None:
        yield f"there already: {_listed(outcome.outputs.values())}"
        return
    yield outcome.scan
    yield from (f"note: {note.message}" for note in outcome.notes)
    yield ", ".join(measured_words(outcome.sizes))
    if outcome.quality is not None:
        yield quality_words(outcome.quality)
    yield f"written: {_listed([*outcome.outputs.values(), *outcome.pictures])}"


def _listed(paths: Iterable[Path]) -> str:
    """Return paths as words: a, b and c."""
    *before, last = map(str, paths)
    return f"{', '.join(before)} and {last}" if before else last


def quality_words(quality: Quality) -> str:
    """Return the verdict in words, the Dice to expect with its interval, and what stands out."""
    words = [quality.verdict if quality.verdict == "good" else f"{quality.verdict}, {ADVICE[quality.verdict]}"]
    words += [
        f"{'Dice' if is_whole else f'of the {one.name}'} about {one.expected} ({one.low} to {one.high})"
        + ("" if one.below is None else f", below {one.below:.2f}")
        for is_whole in (True, False)
        for one in dice_words(quality)
        if (quality.dice[one.name] is quality.both) is is_whole and (is_whole or one.below is not None)
    ]
    words += [", ".join(flag.code for flag in quality.flags)] if quality.flags else []
    return f"quality: {'; '.join(words)}"


def shortfall(quality: Quality | None, least: float) -> str | None:
    """Return why a mask is not expected to reach `least`; None where it is. One that is rejected never is."""
    if quality is None or quality.both is None:
        return f"no Dice is expected of the mask, and {least:g} is asked for"
    expected = quality.both.expected
    if expected < least:
        return f"the Dice to expect, {dice_text(expected, least)}, is below {least:g}"
    if quality.verdict == "reject":
        return f"the verdict is reject, though the Dice to expect, {expected:.2f}, is not below {least:g}"
    return None


def measured_words(measured: Sizes) -> Iterator[str]:
    """Give the size of each structure; of lungs their litres, of a radiograph heights and what left is of right."""
    for size in measured.sizes:
        yield f"{size.label.name} {size}"
        if size.height_cm is not None:
            yield f"{size.height_cm:.1f} cm high"
    millilitres = [size.ml for size in measured.sizes if size.ml is not None]
    if millilitres and have_sides([size.label for size in measured.sizes]):
        yield f"together {sum(millilitres) / 1000:.2f} L"
    if measured.left_to_right is not None:
        yield f"left to right {measured.left_to_right:.2f}"
