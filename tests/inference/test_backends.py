"""Every backend gives what onnxruntime gives, to within rounding."""

from __future__ import annotations

from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

import pleura
from pleura.conventions import BACKENDS
from pleura.errors import PleuraError
from pleura.geometry import to_axial
from pleura.inference.backends import cpu_count, make_backend
from pleura.inference.bundle import load_bundle
from pleura.inference.grid import body_fov
from pleura.inference.resample import resample_to_grid
from pleura.phantom import chest
from pleura.volume import Kind

BUNDLE = load_bundle()


@pytest.fixture(scope="module")
def planes() -> np.ndarray:
    volume = chest((6, 128, 128), (30.0, 3.0, 3.0)).volume
    slices = to_axial(volume.voxels, volume.affine)
    sampled = resample_to_grid(slices, body_fov(slices, (3.0, 3.0), Kind.HU), Kind.HU, BUNDLE, 1)
    return np.stack([sampled] * 3, axis=1)


@pytest.mark.parametrize("name", BACKENDS[1:])
def test_backend_agrees_with_onnxruntime(name: str, planes: np.ndarray) -> None:
    lung, side_score = make_backend(BUNDLE, backend="onnxruntime", threads=1)[1](planes)
    chosen, run = make_backend(BUNDLE, backend=name, threads=1)
    same, same_side_score = run(planes)
    assert chosen == name
    assert same.shape == lung.shape == planes[:, 0].shape
    assert same_side_score.shape == side_score.shape
    assert ((same > 128) == (lung > 128)).mean() > 0.999


@pytest.mark.parametrize("name", ["onnxruntime", "onnxruntime-int8"])
def test_result_does_not_depend_on_batch_or_threads(name: str, planes: np.ndarray) -> None:
    one = make_backend(BUNDLE, backend=name, threads=1)[1]
    two = make_backend(BUNDLE, backend=name, threads=2)[1]
    whole = one(planes)[0]
    assert np.array_equal(np.concatenate([one(planes[z : z + 1])[0] for z in range(len(planes))]), whole)
    assert np.array_equal(two(planes)[0], whole)


def test_backend_that_was_used_works_in_a_process_that_is_forked(planes: np.ndarray) -> None:
    run = make_backend(BUNDLE, backend="onnxruntime", threads=2)[1]
    run(planes)
    child = get_context("fork").Process(target=run, args=(planes,), daemon=True)
    child.start()
    child.join(30)
    assert child.exitcode == 0


@pytest.mark.parametrize(
    ("flags", "chosen"),
    [
        ("fpu avx2 avx512f avx512_vnni", "onnxruntime-int8"),
        ("fpu avx2 avx_vnni", "onnxruntime-int8"),
        ("fpu avx2 avx512f", "onnxruntime"),
        (None, "onnxruntime"),  # a system that does not say
    ],
)
def test_integers_are_chosen_where_the_processor_is_made_for_them(
    flags: str | None, chosen: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "cpuinfo"
    if flags is not None:
        file.write_text(f"processor : 0\nflags : {flags}\n")
    monkeypatch.setattr("pleura.inference.backends.PROCESSOR", file)
    assert make_backend(BUNDLE, threads=1)[0] == chosen
    assert make_backend(BUNDLE, backend="onnxruntime", threads=1)[0] == "onnxruntime"


def test_integers_are_not_chosen_on_another_device(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("flags : avx512_vnni\n")
    monkeypatch.setattr("pleura.inference.backends.PROCESSOR", tmp_path / "cpuinfo")
    monkeypatch.setattr("pleura.inference.backends._onnxruntime_provider", lambda device: "CPUExecutionProvider")
    assert make_backend(BUNDLE, device="cuda", threads=1)[0] == "onnxruntime"


def test_model_without_integers_says_so_where_they_are_asked_for() -> None:
    with pytest.raises(PleuraError, match="no network in 8-bit integers; use --backend onnxruntime") as caught:
        make_backend(load_bundle("chest-radiograph"), backend="onnxruntime-int8")
    assert caught.value.code == "no-int8"
    assert make_backend(load_bundle("chest-radiograph"), threads=1)[0] == "onnxruntime"


def test_unknown_backend_is_named() -> None:
    with pytest.raises(PleuraError, match="tensorrt") as caught:
        make_backend(BUNDLE, backend="tensorrt")
    assert caught.value.code == "unknown-backend"


def test_device_that_is_not_there_is_named() -> None:
    with pytest.raises(PleuraError) as caught:
        make_backend(BUNDLE, backend="openvino", device="cuda")
    assert caught.value.code == "no-device"


def test_openvino_computes_in_bfloat16_only_where_the_processor_has_tiles_for_it(
    planes: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openvino", reason="OpenVINO is not installed")
    monkeypatch.setattr("pleura.inference.backends._has_amx", lambda: False)
    exact = make_backend(BUNDLE, backend="onnxruntime", threads=1)[1](planes)[0].astype(int)
    found = make_backend(BUNDLE, backend="openvino", threads=1)[1](planes)[0].astype(int)
    assert np.abs(found - exact).max() <= 1


def test_there_are_never_more_threads_than_cores() -> None:
    cores = cpu_count()
    assert [cpu_count(wanted) for wanted in (None, 1, cores, 1000)] == [cores, 1, cores, cores]
    assert pleura.Segmenter(threads=1000).threads == cores


@pytest.mark.parametrize("wanted", [0, -1])
def test_no_number_of_threads_is_refused(wanted: int) -> None:
    with pytest.raises(PleuraError) as caught:
        pleura.Segmenter(threads=wanted)
    assert caught.value.code == "bad-threads"
