"""Which scan a mask is of: a mask holds none, and its sidecar names none, so that no name of a patient is in it.

What `pleura segment` writes is called after its scan. So scans are known by the names that their results would have,
and by the hash of their voxels where a sidecar states it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pleura.batch.plan import Job, plan
from pleura.conventions import MODALITIES
from pleura.errors import PleuraError, UnsuitableInput
from pleura.file_format import without_suffix
from pleura.modality.resolve import resolve_kind
from pleura.reading import read
from pleura.volume import Volume
from pleura.writing import possible_stems
from pleura.writing.sidecar import Sidecar, matches
from pleura.writing.signature import is_pleura_output

_ENDING = "_lungs"
"""What `pleura segment` adds to the name of a scan."""


class ScansOfMasks:
    """Scans by the names of their masks.

    Parameters
    ----------
    scans : inputs as `pleura segment` takes them; what lies beside a mask is found without

    Raises
    ------
    PleuraError : there is no scan in one of them
    """

    def __init__(self, scans: Sequence[str] = ()) -> None:
        self._known = _by_stem(scans)
        self._by_name: dict[Path, dict[str, list[Path]]] = {}

    def scan_of(self, mask: Path, sidecar: Sidecar) -> Volume:
        """Return the scan of a mask.

        Raises
        ------
        PleuraError : none is known (`no-scan`), it cannot be read, or is not the one that the sidecar states
            (`another-scan`)
        """
        stems = possible_stems(mask)
        known = self._known | _by_stem([str(path) for path in self._beside(mask, stems)])
        job = next((known[stem] for stem in stems if stem in known), None)
        if job is None:
            raise UnsuitableInput("no scan of their name lies beside them, or is among --scans", code="no-scan")
        source = sidecar.get("input") or {}
        volume = read(job.source, series=str(source.get("series_uid") or "") or job.series)
        if sidecar and not matches(sidecar, volume):
            text = "the scan of their name is not the one that they were made of"
            raise UnsuitableInput(text, code="another-scan")
        return resolve_kind(volume, _modality(sidecar))[0]

    def _beside(self, mask: Path, stems: set[str]) -> list[Path]:
        """Return files and folders beside a mask that are called as it is but for what was added, and are no results.

        Each folder is listed once, however many masks lie in it.
        """
        names = sorted(stem.removesuffix(_ENDING) for stem in stems if stem.endswith(_ENDING))
        folder = mask.absolute().parent
        if names and folder not in self._by_name:
            self._by_name[folder] = _listed(folder)
        found = sorted(path for name in names for path in self._by_name[folder].get(name, ()))
        return [path for path in found if not _is_result(path)]


def _modality(sidecar: Sidecar) -> str:
    """Return what was asked for when a mask was made; "auto" where the sidecar does not state what can be."""
    parameters = sidecar.get("parameters")
    stated = parameters.get("modality") if isinstance(parameters, dict) else None
    return stated if isinstance(stated, str) and stated in MODALITIES else "auto"


def _by_stem(scans: Sequence[str]) -> dict[str, Job]:
    """Return name of a result -> scan that has it."""
    return {job.stem.name: job for job in plan(scans, Path())} if scans else {}


def _listed(folder: Path) -> dict[str, list[Path]]:
    """Return name without suffix -> files and folders of a folder, in their order."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        found.setdefault(_name(path), []).append(path)
    return found


def _name(path: Path) -> str:
    return path.name if path.is_dir() else without_suffix(path.name)


def _is_result(path: Path) -> bool:
    try:
        return is_pleura_output(path)
    except (PleuraError, OSError):
        return False
