"""A bundle is whole or it is refused, with the reason."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from spoiled_recipes import spoil

from pleura.conventions import BackendName
from pleura.errors import InvalidBundle
from pleura.inference.bundle import load_bundle
from pleura.inference.recipe import GRAPHS, INT8
from pleura.phantom import chest
from pleura.segmenter import Segmenter


def zipped(files: dict[str, bytes]) -> bytes:
    """Return an archive of files."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(load_bundle().folder, tmp_path / "copy"))


def test_shipped_bundle_is_small_and_says_what_it_is() -> None:
    bundle = load_bundle()
    assert sum(file.stat().st_size for file in bundle.folder.iterdir()) < 12_000_000
    assert bundle.facts["licence"]
    assert bundle.labels == ("right lung", "left lung")
    assert len(bundle.sha256) == 64


def test_an_empty_name_is_not_the_shipped_model() -> None:
    with pytest.raises(InvalidBundle, match="an empty name"):
        load_bundle("")


@pytest.mark.parametrize("name", ["chest-ct", "chest-radiograph"])
def test_shipped_bundle_has_a_name_however_it_is_given(name: str) -> None:
    assert load_bundle(name).name == load_bundle(Path(name)).name == name


def test_graph_of_integers_may_be_missing_and_is_checked_where_it_is_named(copy: Path) -> None:
    recipe = json.loads((copy / "recipe.json").read_text())
    (copy / "network-int8.onnx").unlink()
    with pytest.raises(InvalidBundle, match=r"network-int8\.onnx is missing"):
        load_bundle(copy)
    del recipe["graphs"]["network-int8"]
    (copy / "recipe.json").write_text(json.dumps(recipe))
    assert set(load_bundle(copy).graphs) == set(GRAPHS)


def test_changed_graph_is_refused(copy: Path) -> None:
    with (copy / "network.onnx").open("ab") as file:
        file.write(b"0")
    with pytest.raises(InvalidBundle) as caught:
        load_bundle(copy)
    assert caught.value.code == "bundle-damaged"


def test_missing_graph_is_refused(copy: Path) -> None:
    (copy / "restore.onnx").unlink()
    with pytest.raises(InvalidBundle) as caught:
        load_bundle(copy)
    assert caught.value.code == "bundle-incomplete"


def test_bundle_of_another_version_is_refused(copy: Path) -> None:
    spoil(copy, bundle=99)
    with pytest.raises(InvalidBundle) as caught:
        load_bundle(copy)
    assert caught.value.code == "bundle-version"


def test_a_model_that_is_not_there_is_answered_with_the_shipped_ones() -> None:
    with pytest.raises(InvalidBundle, match=r"no model nosuch; .*: chest-ct, chest-radiograph$") as caught:
        load_bundle("nosuch")
    assert caught.value.code == "bundle-missing"


def test_folder_without_a_recipe_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(InvalidBundle) as caught:
        load_bundle(tmp_path)
    assert caught.value.code == "bundle-missing"


def test_a_pipe_in_place_of_a_record_is_not_waited_for(copy: Path) -> None:
    (copy / "recipe.json").unlink()
    os.mkfifo(copy / "recipe.json")
    with pytest.raises(InvalidBundle):
        load_bundle(copy)


@pytest.mark.parametrize("name", ["a" * 5000, "a\0b", "a\nb", "\x1b[2J"])
def test_a_name_that_no_file_can_have_is_no_model(name: str) -> None:
    with pytest.raises(InvalidBundle) as caught:
        load_bundle(name)
    assert caught.value.code == "bundle-missing"
    assert str(caught.value).isprintable()


def test_a_file_in_place_of_the_folder_is_no_bundle(copy: Path) -> None:
    with pytest.raises(InvalidBundle, match=r"name the folder"):
        load_bundle(copy / "recipe.json")


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
@pytest.mark.parametrize("name", ["recipe.json", "network.onnx"])
def test_what_is_no_file_is_no_part_of_a_bundle(copy: Path, name: str, make: Callable[[Path], None]) -> None:
    (copy / name).unlink()
    make(copy / name)
    with pytest.raises(InvalidBundle):
        load_bundle(copy)


NO_NETWORKS = (b"", b"noise" * 99, b"PK\x03\x04" + bytes(99), zipped({"a": b"b"}))


@pytest.mark.parametrize("content", NO_NETWORKS)
def test_a_network_of_torch_that_is_none_is_refused(copy: Path, content: bytes) -> None:
    pytest.importorskip("torch")
    (copy / "network.pt2").write_bytes(content)
    with pytest.raises(InvalidBundle) as caught:
        Segmenter(model=copy, backend="torch", threads=1)
    assert caught.value.code == "bundle-damaged"


def test_a_network_of_openvino_that_is_none_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    folders = [Path(shutil.copytree(load_bundle().folder, tmp_path / str(number))) for number in range(4)]
    for folder, content in zip(folders, NO_NETWORKS, strict=True):
        (folder / "network.xml").write_bytes(content)
    # In a process of its own: where OpenVINO has failed to read a file, with AMX on, a later signal ends the process.
    done = subprocess.run([sys.executable, "-c", REFUSED, *folders], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["bundle-damaged"] * 4, done.stderr


REFUSED = """
import sys
from pleura import Segmenter
from pleura.errors import InvalidBundle
for folder in sys.argv[1:]:
    try:
        Segmenter(model=folder, backend="openvino", threads=1)
    except InvalidBundle as error:
        print(error.code)
"""


def replace_graph(folder: Path, name: str, content: bytes) -> None:
    """Put another graph into a bundle, and its hash into the recipe, as someone does who means harm."""
    (folder / f"{name}.onnx").write_bytes(content)
    recipe = json.loads((folder / "recipe.json").read_text())
    recipe["graphs"][name] = hashlib.sha256(content).hexdigest()
    (folder / "recipe.json").write_text(json.dumps(recipe))


@pytest.mark.parametrize("name", [*GRAPHS, INT8])
@pytest.mark.parametrize("other", ["empty", "truncated", "noise", *GRAPHS])
def test_a_graph_that_is_another_is_refused_in_one_sentence(copy: Path, name: str, other: str) -> None:
    if name in (other, f"{other}-int8"):
        return
    whole = (copy / f"{name}.onnx").read_bytes()
    contents = {"empty": b"", "truncated": whole[: len(whole) // 2], "noise": np.arange(999, dtype="<i4").tobytes()}
    replace_graph(copy, name, contents[other] if other in contents else (copy / f"{other}.onnx").read_bytes())
    backend: BackendName = "onnxruntime-int8" if name == INT8 else "onnxruntime"
    with pytest.raises(InvalidBundle) as caught:
        Segmenter(model=copy, backend=backend, threads=1)(chest(shape=(8, 64, 64)).volume)
    assert caught.value.code == "bundle-damaged"
    assert str(caught.value).isprintable()


def test_a_network_for_other_classes_is_refused(copy: Path) -> None:
    radiographs = load_bundle("chest-radiograph").graph("network").read_bytes()
    replace_graph(copy, "network", radiographs)
    with pytest.raises(InvalidBundle):
        Segmenter(model=copy, backend="onnxruntime", threads=1)(chest(shape=(8, 64, 64)).volume)


def test_labels_without_a_name_are_refused(copy: Path) -> None:
    spoil(copy, classes=["background", "lung"], output="probabilities")
    replace_graph(copy, "network", load_bundle("chest-radiograph").graph("network").read_bytes())
    with pytest.raises(InvalidBundle):
        Segmenter(model=copy, threads=1)(chest(shape=(8, 64, 64)).volume)


def test_the_end_of_a_time_limit_is_not_taken_for_a_damaged_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    from pleura.inference import backends

    class TimeLimit(Exception):
        """What a signal handler of the caller raises, wherever the program is."""

    class Session:
        def run(self, *_: object) -> None:
            raise TimeLimit

    monkeypatch.setattr(backends, "cached_session", lambda *_: Session())
    with pytest.raises(TimeLimit):
        Segmenter(threads=1)(chest(shape=(8, 64, 64)).volume)
