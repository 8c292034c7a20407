"""Many scans in one call: several at a time where that is worth while, in order, and none stops the others."""

from __future__ import annotations

import pickle
import shutil
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from quick_network import Threshold

from pleura.batch import engine
from pleura.batch.engine import MANY, BatchOptions, SegmenterOptions, SegmentScan, in_order, segment_batch
from pleura.batch.plan import Job, plan
from pleura.errors import InvalidBundle
from pleura.inference import backends
from pleura.phantom import chest, write_dicom


@pytest.fixture
def many_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "cpu_count", lambda wanted=None: wanted or 4)


def at_a_time(sources: list[Path], **options) -> int:
    return engine._scans_at_a_time([Job(source, str(source)) for source in sources], SegmenterOptions(**options))


def files(folder: Path, count: int) -> list[Path]:
    found = [folder / f"{number}.png" for number in range(count)]
    for file in found:
        file.write_bytes(b"picture")
    return found


def test_many_small_files_go_at_a_time_and_one_that_is_missing_does_not_matter(many_cores, tmp_path: Path) -> None:
    assert at_a_time([*files(tmp_path, MANY), tmp_path / "gone.png"]) == 4
    assert at_a_time(files(tmp_path, MANY), threads=3) == 3
    assert at_a_time(files(tmp_path, MANY - 1)) == 1
    for name in ("onnxruntime", "onnxruntime-int8"):
        assert at_a_time(files(tmp_path, MANY), backend=name) == 4


def test_folders_and_large_files_go_alone(many_cores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = files(tmp_path, MANY)
    assert at_a_time([*sources, tmp_path]) == 1
    monkeypatch.setattr(engine, "SMALL", 3)
    assert at_a_time(sources) == 1


@pytest.mark.parametrize("options", [{"backend": "torch"}, {"backend": "openvino"}, {"device": "cuda"}])
def test_what_several_threads_may_not_call_is_called_by_one(many_cores, tmp_path: Path, options) -> None:
    assert at_a_time(files(tmp_path, MANY), **options) == 1


@pytest.mark.parametrize("workers", [1, 3])
def test_results_come_in_order_whichever_is_ready_first(workers: int) -> None:
    def work(number: int) -> int:
        time.sleep(0.02 if number % 2 else 0.0)
        return number

    assert list(in_order(work, range(9), workers)) == list(range(9))


def test_who_stops_asking_stops_the_work() -> None:
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        time.sleep(0.05 if number else 0.0)
        return number

    results = in_order(work, range(100), 2)
    assert next(results) == 0
    results.close()
    assert len(begun) < 100


def test_outcomes_say_what_is_where_and_what_failed(network, scan: Path, elsewhere: Path) -> None:
    (elsewhere / "bad.png").write_bytes(b"")
    good, bad = segment_batch(plan([str(scan), "bad.png"], Path("out")), SegmenterOptions(), BatchOptions(preview=True))
    assert (good.number, good.job.given, good.mask) == (1, str(scan), Path("out/chest_lungs.nii.gz"))
    assert good.mask.is_file()
    assert good.preview == Path("out/chest_lungs-preview.png")
    assert good.preview.is_file()
    assert [label["name"] for label in good.sidecar["labels"]] == ["background", "right lung", "left lung"]
    assert set(good.seconds) == {"read"}
    assert good.error is None
    assert (bad.number, bad.mask, bad.sidecar, bad.error.code) == (2, None, {}, "empty-file")


def test_option_that_cannot_be_is_an_error_of_the_call(scan: Path, elsewhere: Path) -> None:
    with pytest.raises(InvalidBundle):
        segment_batch(plan([str(scan)], Path("out")), SegmenterOptions(model=str(elsewhere)), BatchOptions())


def test_result_that_is_there_is_left_alone_with_its_warnings(network, slice_picture: Path, elsewhere: Path) -> None:
    jobs = plan([str(slice_picture)], Path("out"))
    (first,) = segment_batch(jobs, SegmenterOptions(), BatchOptions())
    (second,) = segment_batch(jobs, SegmenterOptions(), BatchOptions(resume=True))
    assert first.scan == "raster, 128 x 128"
    assert [size.label.name for size in first.sizes.sizes] == ["right lung", "left lung"]
    assert (second.scan, second.sizes, second.seconds) == ("", None, {})
    assert (second.sidecar, second.warnings) == (first.sidecar, first.warnings)
    assert len(network) == 2
    assert len(set(pickle.loads(pickle.dumps(second)).sidecar)) == len(first.sidecar)


def test_processes_give_the_same_files_and_errors(slice_picture: Path, elsewhere: Path) -> None:
    for name in ("one.png", "two.png"):
        shutil.copy(slice_picture, elsewhere / name)
    (elsewhere / "three.png").write_bytes(b"")
    options = SegmenterOptions(threads=1), BatchOptions()
    given = ["one.png", "two.png", "three.png"]
    here = list(segment_batch(plan(given, Path("here")), *options))
    Path("there").mkdir()
    numbered = list(enumerate(plan(given, Path("there")), start=1))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        there = list(pool.map(SegmentScan(*options, frozenset()), numbered))
    for one, other in zip(here[:2], there[:2], strict=True):
        assert one.mask.read_bytes() == other.mask.read_bytes()
        assert (one.sidecar, one.warnings) == (other.sidecar, other.warnings)
    assert (str(here[2].error), here[2].error.code) == (str(there[2].error), there[2].error.code)


def test_result_without_labels_is_made_again_where_it_is_to_be_measured(network, elsewhere: Path) -> None:
    write_dicom(chest((24, 64, 64), (13.0, 6.0, 6.0)), elsewhere / "scan")
    jobs = plan(["scan"], Path("out"), formats=("dicom-sc",))
    (first,) = segment_batch(jobs, SegmenterOptions(), BatchOptions())
    (second,) = segment_batch(jobs, SegmenterOptions(), BatchOptions(resume=True, measure=True))
    assert (first.error, first.measurements, second.error) == (None, None, None)
    assert second.measurements.region("right lung").voxels > 0
    assert Threshold.segmented == [first.sidecar["input"]["sha256"]] * 2
