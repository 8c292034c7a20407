"""What runs the network: onnxruntime by default, OpenVINO and PyTorch where installed and asked for.

A backend is a function from planes (n, c, side, side) uint8 to arrays. Of a bundle whose output is "lungs", they are
`lung` (n, side, side) uint8, above 128 where lung is likelier than background, and `side_score` (n, side / 2, side / 2)
uint8, above 128 where left is likelier than right; of one whose output is "probabilities", there is one array, (n,
classes, s, s) uint8, 255 where a class is certain. Backends agree to within rounding, not to the bit, but for integers
of 8 bits, which move single voxels of a border.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pleura.arrays import Array
from pleura.conventions import BACKENDS, DEVICES
from pleura.errors import InvalidBundle, InvalidOption, PleuraError, missing_extra
from pleura.inference.bundle import Bundle
from pleura.inference.recipe import INT8, SIDED_LUNGS, Graph

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

PROCESSOR = Path("/proc/cpuinfo")
"""Where Linux says what the processor can do."""

MOST_RUNS = 4
"""Runs of a graph side by side, each with some of the planes, which come by fours. Of 133 slices two runs of
one thread each took 0.44 s, one run of two threads 0.57 s: its threads wait for each other in each layer."""

Bytes = NDArray[np.uint8]
Backend = Callable[[Bytes], tuple[Bytes, ...]]

_RAISED_BY = sys.stdlib_module_names | {"numpy", "onnxruntime", "openvino", "torch"}
"""Packages whose exceptions speak of a graph or of a file of a bundle."""


def make_backend(
    bundle: Bundle, *, backend: str = "auto", device: str = "auto", threads: int | None = None
) -> tuple[str, Backend]:
    """Return the name and the function of the backend asked for.

    `backend` "auto" is onnxruntime, in 8-bit integers where the bundle has such a network and the processor is made for
    it; torch where a device other than the processor is asked for that onnxruntime does not know. `device` "auto" is
    the processor. `threads`: see `cpu_count`.

    Raises `MissingExtra` where a package is not installed, `InvalidOption` (``unknown-backend``, ``no-device``,
    ``no-int8``) where what is asked for does not exist, `InvalidBundle` where the graph cannot be run; the function
    raises it too.
    """
    device = "cpu" if device == "auto" else device
    if backend not in BACKENDS or device not in DEVICES:
        message = f"backend {backend} on {device}: choose from {', '.join(BACKENDS[1:])} and {', '.join(DEVICES[1:])}"
        raise InvalidOption(message, code="unknown-backend")
    if backend == "auto" and device == "cpu":
        backend = "onnxruntime-int8" if INT8 in bundle.graphs and _has_vnni() else "onnxruntime"
    elif backend == "auto":
        backend = "onnxruntime" if _onnxruntime_provider(device) else "torch"
    makers = {
        "onnxruntime": _onnxruntime,
        "onnxruntime-int8": _onnxruntime_int8,
        "openvino": _openvino,
        "torch": _torch,
    }
    with fit(bundle):
        run = makers[backend](bundle, device, cpu_count(threads))
    return backend, _checked(run, bundle)


@contextmanager
def fit(bundle: Bundle) -> Iterator[None]:
    """Turn what a graph of a bundle raises into `InvalidBundle`, but for a lack of memory or of a package.

    What the caller's own signal handlers raise meanwhile, such as the end of a time limit, is passed on.
    """
    try:
        yield
    except (PleuraError, ImportError, MemoryError, TimeoutError):
        raise
    except Exception as problem:  # each backend has errors of its own
        if type(problem).__module__.partition(".")[0] not in _RAISED_BY:
            raise
        if "alloc" in str(problem) or "out of memory" in str(problem):
            raise MemoryError from problem
        raise unfit(bundle) from problem


def unfit(bundle: Bundle) -> InvalidBundle:
    """Return the error for a graph that cannot be run, or gives other than it should."""
    message = f"{bundle.folder}: a graph of this bundle is damaged or does not fit its recipe; export it again"
    return InvalidBundle(message, code="bundle-damaged")


def run_graph(bundle: Bundle, graph: Graph, threads: int, shape: tuple[int, ...], **inputs: Array) -> Bytes:
    """Return what "prepare" or "restore" makes of its inputs, (n, 1, ...) of the `shape` that it has to have."""
    with fit(bundle):
        outputs = cached_session(bundle, graph, threads).run(None, inputs)
    if len(outputs) != 1 or outputs[0].shape != shape or outputs[0].dtype != np.uint8:
        raise unfit(bundle)
    found: Bytes = outputs[0]
    if graph == "restore" and found.max() > len(bundle.labels):
        raise unfit(bundle)
    return found


def _checked(run: Backend, bundle: Bundle) -> Backend:
    """Return a backend that says so where the network gives other than the recipe says."""
    side, classes = bundle.side, len(bundle.labels) + 1

    def checked(planes: Bytes) -> tuple[Bytes, ...]:
        with fit(bundle):
            outputs = run(planes)
        count = len(planes)
        shapes = [output.shape for output in outputs]
        if bundle.output == SIDED_LUNGS:
            sound = shapes == [(count, side, side), (count, side // 2, side // 2)]
        else:
            sound = len(shapes) == 1 and shapes[0][:2] == (count, classes) and 0 < shapes[0][-1] <= side
            sound = sound and len(shapes[0]) == 4 and shapes[0][2] == shapes[0][3]
        if not sound or any(output.dtype != np.uint8 for output in outputs):
            raise unfit(bundle)
        return outputs

    return checked


def cpu_count(wanted: int | None = None) -> int:
    """Return how many threads or processes to use: those wanted, but not more than the cores that may be used.

    More than cores take memory and gain nothing. Where none are wanted, it is one a core.

    Raises `InvalidOption` (``bad-threads``) for a number below 1.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if wanted is None:
        return cores
    if wanted < 1:
        raise InvalidOption(f"{wanted} is not a number of threads or processes, 1 or more", code="bad-threads")
    return min(wanted, cores)


def onnx_session(
    path: Path, threads: int, providers: list[str] | None = None, *, spin: bool = True
) -> InferenceSession:
    """Return an onnxruntime session for a graph, quiet, with `threads` threads.

    Threads that `spin` for their next task are ready sooner, and keep a processor from those of other sessions.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", str(int(spin)))
    return onnxruntime.InferenceSession(str(path), options, providers=providers or ["CPUExecutionProvider"])


def import_openvino() -> Any:
    """Return the package openvino, imported without its telemetry.

    `import openvino` imports openvino_telemetry, which at once calls an analytics host and writes into the home folder;
    where that package is missing, openvino does without. A module that is None in `sys.modules` counts as missing.
    """
    name = "openvino_telemetry"
    before = sys.modules.get(name)
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        return import_module("openvino")
    except ImportError as problem:
        raise missing_extra("openvino", "openvino") from problem
    finally:
        del sys.modules[name]
        if before is not None:
            sys.modules[name] = before


_MAKING = Lock()
"""Held while a session is made: threads that ask for it at once would make one each."""


def cached_session(bundle: Bundle, graph: Graph, threads: int) -> InferenceSession:
    """Return the session for a graph but "network", made once: a picture takes less time than its making."""
    with _MAKING:
        return _cached(bundle.graph(graph), bundle.graphs[graph], threads)


@lru_cache(maxsize=8)
def _cached(path: Path, sha256: str, threads: int) -> InferenceSession:  # noqa: ARG001 - tells apart what lay there at different times
    return onnx_session(path, threads, spin=False)


def _onnxruntime_provider(device: str) -> str | None:
    import onnxruntime

    name = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}.get(device)
    return name if name in onnxruntime.get_available_providers() else None


def _onnxruntime_int8(bundle: Bundle, device: str, threads: int) -> Backend:
    if INT8 not in bundle.graphs:
        message = f"{bundle.name} has no network in 8-bit integers; use --backend onnxruntime"
        raise InvalidOption(message, code="no-int8")
    return _onnxruntime(bundle, device, threads, INT8)


def _onnxruntime(bundle: Bundle, device: str, threads: int, graph: Graph = "network") -> Backend:
    provider = _onnxruntime_provider(device)
    if provider is None:
        message = f"the installed onnxruntime has no {device}; use --device cpu or --backend torch"
        raise InvalidOption(message, code="no-device")
    runs = min(threads, MOST_RUNS) if device == "cpu" else 1
    # Each run has the thread that asks for it; those of the session, which counts one of them, are shared by all runs.
    session = onnx_session(bundle.graph(graph), threads - runs + 1, [provider])

    def run_part(planes: Bytes) -> tuple[Bytes, ...]:
        return tuple(session.run(None, {"planes": planes}))

    def run(planes: Bytes) -> tuple[Bytes, ...]:
        count = min(runs, len(planes))
        if count == 1:
            return run_part(planes)
        # One that is kept has no threads left in a process that is forked, and waits for them.
        with ThreadPoolExecutor(count) as pool:
            parts = list(pool.map(run_part, np.array_split(planes, count)))
        return tuple(np.concatenate(outputs) for outputs in zip(*parts, strict=True))

    return run


def _openvino(bundle: Bundle, device: str, threads: int) -> Backend:
    if device != "cpu":
        raise InvalidOption(f"the openvino backend runs on the cpu, not on {device}", code="no-device")
    openvino = import_openvino()
    settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
    if not _has_amx():
        settings["INFERENCE_PRECISION_HINT"] = "f32"
    own = bundle.folder / "network.xml"
    graph = own if own.is_file() else bundle.graph("network")
    compiled = openvino.Core().compile_model(str(graph), "CPU", settings)

    def run(planes: Bytes) -> tuple[Bytes, ...]:
        results = compiled(planes)
        return tuple(np.array(results[index]) for index in range(len(compiled.outputs)))

    return run


def _has_amx() -> bool:
    """Say whether the processor multiplies matrices of bfloat16 in tiles.

    OpenVINO takes bfloat16 wherever the processor knows it; without the tiles that took 1.5 times as long as float32.
    """
    return _processor_has("amx_bf16")


def _has_vnni() -> bool:
    """Say whether the processor multiplies and adds bytes in one instruction, without overflow of what lies between.

    The network in 8-bit integers took 0.42 of the time of float32 with it (benchmarks/precisions.py); elsewhere it may
    be slower, and less exact.
    """
    return _processor_has("avx512_vnni") or _processor_has("avx_vnni")


def _processor_has(flag: str) -> bool:
    """Say whether Linux names a feature of the processor; other systems do not say."""
    try:
        return flag in PROCESSOR.read_text(encoding="utf-8").split()
    except OSError:
        return False


def _torch(bundle: Bundle, device: str, threads: int) -> Backend:
    try:
        from pleura.networks.deploy import from_bundle
    except ImportError as problem:
        raise missing_extra("torch", "train") from problem
    return from_bundle(bundle.folder, bundle.network, bundle.output, device, threads)
