"""The masks of a folder by their stems, also where it holds images, previews and masks of more than one making.

A stem is what is left of a file's name without the suffix and without a word for a mask at its end, so that
`scan_lungs.nii.gz` and `scan_mask.png` belong to `scan`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from pleura.errors import UnsuitableInput
from pleura.file_format import is_image_name, without_suffix
from pleura.writing.signature import is_mask_output, is_pleura_output

_WORD_FOR_MASK = re.compile(r"([_-](masks?|lungs?|seg|labels?))$", re.IGNORECASE)


def stem_of(path: Path) -> str:
    """Return the name of a file without suffix and without a word for a mask at its end."""
    return _WORD_FOR_MASK.sub("", without_suffix(path.name))


def references_by_stem(folder: Path) -> dict[str, Path]:
    """Return the reference masks of a folder by their stems; of several files of a stem, what `pleura` has not written.

    Raises
    ------
    UnsuitableInput
        Several may be meant (`ambiguous-pair`).
    """
    return {stem: _chosen(files, ours=False) for stem, files in _files_by_stem(folder).items()}


def predictions_by_stem(folder: Path) -> dict[str, Path]:
    """Return the predicted masks of a folder by their stems; of several files of a stem, the mask that `pleura` wrote.

    Raises
    ------
    UnsuitableInput
        Several may be meant (`ambiguous-pair`).
    """
    return {stem: _chosen(files, ours=True) for stem, files in _files_by_stem(folder).items()}


def _files_by_stem(folder: Path) -> dict[str, list[Path]]:
    """Return the files that may be masks; previews and other pictures that `pleura` wrote are none."""
    found: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.iterdir()):
        if not path.is_file() or path.name.startswith(".") or not is_image_name(path.name):
            continue
        if is_mask_output(path) or not is_pleura_output(path):
            found[stem_of(path)].append(path)
    return found


def _chosen(files: Sequence[Path], *, ours: bool) -> Path:
    """Return the mask among files of one stem: by who wrote it, then by its name.

    A name without a word for a mask, beside one that has it, is that of the image.
    """
    if len(files) == 1:
        return files[0]
    ranks = {path: (is_mask_output(path) is not ours, stem_of(path) == without_suffix(path.name)) for path in files}
    best = [path for path in files if ranks[path] == min(ranks.values())]
    if len(best) > 1:
        text = f"{best[0]} and {best[1].name} have the same stem; keep one of them"
        raise UnsuitableInput(text, code="ambiguous-pair")
    return best[0]
