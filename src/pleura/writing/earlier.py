"""Whether what lies where a result is to go may be replaced: only an earlier result of the same input may.

A result is known by its signature, its input by the sidecar beside the mask or, where that is lost or broken, by the
signature again. A mask whose file is whole and is not the one of the sidecar was changed by somebody, and is theirs.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from pleura.errors import PleuraError, UnwritableOutput
from pleura.reading import read_label_map
from pleura.segmentation import Provenance
from pleura.volume import Volume
from pleura.writing.dicom.explicit_vr import is_whole
from pleura.writing.formats import suffix_of
from pleura.writing.sidecar import Sidecar, fingerprint, matches, read_sidecar, sidecar_path
from pleura.writing.signature import input_of, is_pleura_output

_ENDS = {".png": b"IEND\xaeB`\x82", ".html": b"</html>", ".pdf": b"%%EOF"}
"""What files for people end in, when they are whole."""


def refuse_to_replace(file: Path) -> None:
    """Refuse to write over a file that is not ours.

    An empty file, such as one made to reserve a name, is free to be written to. Beside a mask of ours, what cannot be
    read under the name of its sidecar is ours too.

    Raises
    ------
    UnwritableOutput
        With the code `output-exists`.
    """
    if not file.exists() or (file.is_file() and not file.stat().st_size) or is_pleura_output(file):
        return
    if file.suffix == ".json" and is_pleura_output(file.with_suffix("")) and not _is_json(file):
        return
    text = f"{file} exists and is not an earlier result; name another output or remove it"
    raise UnwritableOutput(text, code="output-exists")


def refuse_to_lose(mask: Path, pictures: Sequence[Path], volume: Volume) -> None:
    """Refuse to replace a result of ours that making it again would not bring back.

    Parameters
    ----------
    mask, pictures : paths of the result, where there is nothing or a file of ours
    volume : the input whose result is to be written there

    Raises
    ------
    UnwritableOutput
        It is the result of another input (`other-input`), or a mask that was changed since (`changed-mask`).
    """
    if mask.is_dir() or (mask.is_file() and mask.stat().st_size):
        known = read_sidecar(sidecar_path(mask))
        if not (matches(known, volume) if known else _may_be_of(mask, volume)):
            raise _other(mask)
        if known and not _is_as_written(mask, known) and _is_whole(mask):
            text = f"{mask} was changed after it was written; name another output, or replace it with --overwrite"
            raise UnwritableOutput(text, code="changed-mask")
    for picture in pictures:
        if not _may_be_of(picture, volume):
            raise _other(picture)


def masks_by_input(folder: Path) -> dict[str, list[Path]]:
    """Return the masks of ours that lie in a folder, each with its sidecar, by the `input_of` them."""
    found: dict[str, list[Path]] = defaultdict(list)
    for kept in sorted(folder.glob("*.json")):
        digits = input_of(kept.with_suffix(""))
        if digits and is_pleura_output(kept):
            found[digits].append(kept.with_suffix(""))
    return found


def remove_preview_of_other(mask: Path, picture: Path, volume: Volume) -> None:
    """Remove the preview of a mask of another input, which is about to be overwritten."""
    if is_pleura_output(picture) and not _may_be_of(picture, volume) and input_of(picture) == input_of(mask):
        picture.unlink()


def up_to_date(
    mask: Path, pictures: Sequence[Path], volume: Volume, provenance: Provenance, form: Mapping[str, str]
) -> Sidecar | None:
    """Return the sidecar of a result of this volume, made in this way, that is there as a whole; None where none is.

    A mask that somebody has corrected since is up to date too.

    Parameters
    ----------
    pictures : what is shown to people, a preview or a page, which lies beside it
    form : how the mask is to be written (`formats.written_as`)
    """
    known = read_sidecar(sidecar_path(mask)) if all(map(is_pleura_output, (mask, *pictures))) else None
    if known is None or not matches(known, volume) or not provenance.items() <= known.items():
        return None
    if not form.items() <= known["mask"].items():
        return None
    for picture in pictures:
        if not (_may_be_of(picture, volume) and picture.read_bytes().rstrip(b"\r\n").endswith(_ENDS[picture.suffix])):
            return None
    return known if _is_as_written(mask, known) or _is_whole(mask) else None


def _is_as_written(mask: Path, known: Sidecar) -> bool:
    """Say whether a mask's file is the one that its sidecar describes."""
    return bool(fingerprint(mask).items() <= known["mask"].items())


def _is_whole(mask: Path) -> bool:
    """Say whether a mask can be read to its end."""
    if mask.is_dir():
        return all(is_whole(file.read_bytes()) for file in mask.iterdir())
    if suffix_of(mask) == ".dcm":
        return is_whole(mask.read_bytes())
    try:
        read_label_map(mask)
    except PleuraError:
        return False
    return True


def _may_be_of(file: Path, volume: Volume) -> bool:
    """Say whether the signature of a file names this input, or none."""
    return volume.identity.sha256.startswith(input_of(file))


def _other(file: Path) -> UnwritableOutput:
    text = f"{file} is the result of another input; name another output, or replace it with --overwrite"
    return UnwritableOutput(text, code="other-input")


def _is_json(file: Path) -> bool:
    try:
        json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return True
