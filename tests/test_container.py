"""The container: what its file asks for, and that its command works without network on a disk that may only be read.

No builder is needed: the command runs in namespaces that have what a container has. `.ci/run` builds the image where it
can.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from pleura.cli.parser import VERBS
from pleura.phantom import chest, write_dicom

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "container" / "segment-folder"
INSTRUCTIONS = [
    tuple(line.split(maxsplit=1))
    for line in (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    if line and not line.startswith("#")
]
ALONE = ("unshare", "--map-root-user", "--mount", "--net")


def values(instruction: str) -> list[str]:
    return [value for name, value in INSTRUCTIONS if name == instruction]


def test_the_base_is_one_version_of_a_slim_python_that_the_package_allows() -> None:
    (python,) = (value.removeprefix("PYTHON=") for value in values("ARG"))
    version = re.fullmatch(r"(3\.\d+)\.\d+-slim-[a-z]+", python)
    assert version
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert tuple(map(int, version[1].split("."))) >= tuple(
        map(int, project["requires-python"].removeprefix(">=").split("."))
    )
    assert {value.split()[0] for value in values("FROM")} == {"python:${PYTHON}"}


def test_it_runs_as_a_user_of_a_number_who_is_not_root() -> None:
    assert [name for name, _ in INSTRUCTIONS[-2:]] == ["USER", "ENTRYPOINT"]
    (user,) = values("USER")
    assert all(int(number) >= 10_000 for number in user.split(":"))


def test_it_fetches_packages_by_pip_alone_and_installs_the_tested_versions() -> None:
    assert values("ADD") == []
    (run,) = values("RUN")
    assert not re.search(r"curl|wget|apt|://|git", run)
    assert "--constraint constraints.txt" in run
    assert not any(re.search(r"://", value) for value in values("COPY"))


def test_extras_and_commands_of_the_image_are_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (extras,) = re.findall(r"'\.\[(.*?)\]'", values("RUN")[0])
    assert set(extras.split(",")) <= project["optional-dependencies"].keys()
    assert values("ENTRYPOINT") == ['["segment-folder"]']
    assert os.access(SCRIPT, os.X_OK)
    assert {"segment", "batch", "node"} <= set(VERBS)
    assert "pleura" in project["scripts"]


def test_the_image_states_the_licences_of_the_code_and_of_the_weights_in_it() -> None:
    recipes = [json.loads(path.read_text()) for path in (ROOT / "src").rglob("recipe.json")]
    (stated,) = re.findall(r'licenses="(.*?)"', values("LABEL")[0])
    assert set(stated.split(" AND ")) == {"Apache-2.0", *(recipe["licence"] for recipe in recipes)}


def allowed(path: str) -> bool:
    """Say whether a file reaches the builder: the last line of .dockerignore counts that fits it or a folder of it."""
    reaches = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        parents = [path, *map(str, Path(path).parents)]
        if line and not line.startswith("#") and any(fnmatch.fnmatch(part, pattern) for part in parents if part != "."):
            reaches = line.startswith("!")
    return reaches


def test_the_builder_is_given_what_the_wheel_is_made_of_and_nothing_else() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = [
        "pyproject.toml",
        "constraints.txt",
        "container/segment-folder",
        project["project"]["readme"],
        *project["project"]["license-files"],
        *wheel["shared-data"],
        *(f"{package}/api.py" for package in wheel["packages"]),
    ]
    assert [path for path in needed if not (ROOT / path).is_file() or not allowed(path)] == []
    others = (
        ".git/config",
        ".venv/bin/python",
        "shared/scan.dcm",
        "tests/conftest.py",
        "src/pleura/__pycache__/api.pyc",
    )
    assert [path for path in others if allowed(path)] == []


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Return a folder with a drawn chest, as a platform hands it over, and one for results."""
    source, results = tmp_path / "data", tmp_path / "output"
    write_dicom(chest((24, 64, 64), (13.0, 6.0, 6.0)), source)
    (source / "task.json").write_text("{}")  # what mercure writes beside the images
    results.mkdir()
    return source, results


def segment(source: Path, results: Path, names: tuple[str, str], *options: str, **more: str) -> list[str]:
    """Run the command of the container as in one, and return the names of the results."""
    seal = "mount -o remount,bind,ro / && ! touch /written 2>&-"
    if not shutil.which(ALONE[0]) or subprocess.run([*ALONE, "sh", "-c", seal], capture_output=True).returncode:
        pytest.skip("the system makes no namespaces")
    variables = {"PATH": f"{Path(sys.executable).parent}:{os.defpath}", "HOME": "/nowhere", **more}
    variables |= dict(zip(names, map(str, (source, results)), strict=True))
    inside = ["env", "-i", *(f"{name}={value}" for name, value in variables.items()), str(SCRIPT), "--quiet", *options]
    only = shlex.quote(str(results))
    command = f"mount --bind {only} {only} && {seal} && exec {shlex.join(inside)}"
    done = subprocess.run([*ALONE, "sh", "-c", command], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return sorted(path.name for path in results.iterdir())


@pytest.mark.slow
def test_its_command_needs_no_network_no_home_and_nothing_to_write_to_but_the_results(
    folders: tuple[Path, Path],
) -> None:
    names = segment(*folders, ("MERCURE_IN_DIR", "MERCURE_OUT_DIR"), PLEURA_OPTIONS="--to dicom-seg,rtstruct")
    assert names == [f"data_lungs-{name}" for name in ("rtstruct.dcm", "rtstruct.dcm.json", "seg.dcm", "seg.dcm.json")]


@pytest.mark.slow
def test_options_of_its_command_are_those_of_segment(folders: tuple[Path, Path]) -> None:
    names = segment(*folders, ("HOLOSCAN_INPUT_PATH", "HOLOSCAN_OUTPUT_PATH"), "--preview")
    assert names == ["data_lungs-preview.png", "data_lungs.nii.gz", "data_lungs.nii.gz.json"]
