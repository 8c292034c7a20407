"""Names of results: whatever is given, in whatever order, no two meet, and each stays what it is."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from pleura.batch.result_names import ResultName, distinct_names

PART = st.sampled_from(["a", "A", "a_b", "b", "ä", "a\u0308", "ct"])
SUFFIX = st.sampled_from(["", ".nii", ".nii.gz", ".png", ".dcm"])
PATHS = st.lists(st.tuples(st.lists(PART, min_size=1, max_size=3), SUFFIX), min_size=1, max_size=8, unique_by=str)


def names(paths: list[Path], depth: int) -> dict[Path, str]:
    found = distinct_names([ResultName.of(path, depth=depth) for path in paths])
    return dict(zip(paths, found, strict=True))


@given(PATHS, st.integers(1, 2), st.randoms(use_true_random=False))
def test_names_are_distinct_on_any_disc_and_do_not_depend_on_the_order(parts, depth: int, rng) -> None:
    paths = [Path("/in", *folders[:-1], folders[-1] + suffix) for folders, suffix in parts]
    found = names(paths, depth)
    assert len({unicodedata.normalize("NFC", name).casefold() for name in found.values()}) == len(paths)
    rng.shuffle(paths)
    assert names(paths, depth) == found


@given(PATHS)
def test_name_that_nothing_else_claims_is_that_of_the_input(parts) -> None:
    paths = [
        Path("/in", *folders[:-1], f"{folders[-1]}-{number}{suffix}") for number, (folders, suffix) in enumerate(parts)
    ]
    for path, name in names(paths, 1).items():
        assert path.name.startswith(name)
        assert path.name.removeprefix(name) in {"", ".nii", ".nii.gz", ".png", ".dcm"}
