"""What is not loaded costs no time: a fresh interpreter shows what an import brings along."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from pleura.cli.parser import VERBS

HEAVY = {"cc3d", "fill_voids", "gdcm", "nibabel", "onnxruntime", "openvino", "PIL", "pydicom", "rich", "scipy", "torch"}


def loaded_after(code: str) -> set[str]:
    program = f"{code}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}  # it imports much
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "code",
    [
        "import pleura",
        "from pleura import Kind, Note, PleuraError, Segmentation, Volume",
        "import pleura.evaluation",
    ],
)
def test_importing_loads_no_heavy_package(code: str) -> None:
    assert not loaded_after(code) & HEAVY


@pytest.mark.parametrize("name", ["Segmenter", "read", "segment"])
def test_naming_a_function_loads_neither_torch_nor_scipy(name: str) -> None:
    assert not loaded_after(f"from pleura import {name}") & {"torch", "scipy", "openvino"}


def test_asking_for_the_version_loads_no_heavy_package_and_not_even_numpy() -> None:
    program = "import sys; sys.argv = ['pleura', '--version']\nfrom pleura.cli import main\n"
    program += "try:\n    main()\nexcept SystemExit:\n    pass"
    assert not loaded_after(program) & (HEAVY | {"numpy", "argparse", "dataclasses"})


@pytest.mark.parametrize("verb", VERBS)
def test_asking_for_help_loads_no_heavy_package_and_not_even_numpy(verb: str) -> None:
    program = "import contextlib, io\nfrom pleura.cli import main\n"
    program += f"with contextlib.redirect_stdout(io.StringIO()):\n    main([{verb!r}, '--help'])"
    assert not loaded_after(program) & (HEAVY | {"numpy"})
