"""Every example of the docs is run, page by page and top to bottom, in a folder that holds a drawn chest.

`python` blocks share one namespace a page. In `console` blocks each line after `$` is a command; lines below it are
what it prints, with `...` for what differs from machine to machine. `sh` blocks are for the reader alone.
"""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pleura.phantom import chest, write_dicom

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHORT = "--set steps=2 --set batch=2 --set validate_every=2"
"""Stands for the length of the run in the tutorial on training."""

BLOCK = re.compile(r"^```(python|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="session")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with drawn chests as the docs name them: a DICOM series, a NIfTI file, a picture, a batch.

    The series is that of `pleura demo`, so that who follows a page with `pleura-demo/dicom` sees what the page shows.
    """
    import nibabel
    from PIL import Image

    folder = tmp_path_factory.mktemp("scans")
    phantom = chest(shape=(32, 160, 160), spacing=(10.0, 2.4, 2.4))
    write_dicom(chest(), folder / "scan")
    voxels = np.asarray(phantom.volume.voxels)
    ras = np.diag([-1, -1, 1, 1]) @ phantom.volume.affine[:, [2, 1, 0, 3]]
    nibabel.Nifti1Image(voxels.T, ras).to_filename(folder / "scan.nii.gz")
    grey = np.clip((voxels[16] + 1150.0) * 255 / 1400, 0, 255).astype(np.uint8)
    Image.fromarray(grey).save(folder / "slice.png")
    for place in range(8, 20):  # the pictures with masks of the pages on training
        for kind, plane in (
            ("images", np.clip((voxels[place] + 1150.0) * 255 / 1400, 0, 255)),
            ("masks", phantom.labels[place]),
        ):
            (folder / "pictures" / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(plane.astype(np.uint8)).save(folder / "pictures" / kind / f"slice{place}.png")
    (folder / "scans").mkdir()
    for name in ("a.nii.gz", "b.nii.gz"):
        shutil.copy(folder / "scan.nii.gz", folder / "scans" / name)
    return folder


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_examples_run_as_written(page: Path, scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(scans, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    namespace: dict[str, object] = {"__name__": "example"}
    for language, code in BLOCK.findall(page.read_text(encoding="utf-8")):
        if language == "python":
            exec(compile(code, page.name, "exec"), namespace)
        else:
            run_console(code)


PROGRESS = re.compile(
    r"^(still )?(preparing|evaluating|reading|making|step \d+|exporting|comparing|drawing)\b.*\n", re.MULTILINE
)
"""Lines that are printed only where the machine is slow."""


def run_console(block: str) -> None:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        command = command.replace("--set steps=600", SHORT)
        done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if not expected.strip():
            assert done.returncode == 0, f"{command}\n{done.stdout}"
            continue
        flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
        printed = PROGRESS.sub("", done.stdout)
        same = doctest.OutputChecker().check_output(expected.strip(), printed.strip(), flags)
        assert same, f"{command}\nexpected:\n{expected}\ngot:\n{done.stdout}"
