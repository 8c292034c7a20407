"""Cases are matched, scored and summed up; whatever cannot be scored counts as a failure, with its reason."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pleura import Segmenter
from pleura.errors import PleuraError
from pleura.evaluation.cases import find_cases
from pleura.evaluation.masks import AlignedMasks
from pleura.evaluation.run import differences, evaluate_files, evaluate_model, failure_rate, summaries
from pleura.evaluation.scoring import score_masks
from pleura.evaluation.statistics import bootstrap, summarise
from pleura.evaluation.thresholds import count_by_probability, threshold_curves
from pleura.evaluation.worst_slices import find_worst_slices
from pleura.phantom import chest

LUNGS = {1: "right lung", 2: "left lung"}


def save(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array.astype(np.uint8)).save(path)


def lungs(shift: int = 0) -> np.ndarray:
    """Return two squares of 10 x 10 pixels, moved down by `shift`."""
    labels = np.zeros((40, 40), np.uint8)
    labels[5 + shift : 15 + shift, 5:15] = 1
    labels[5 + shift : 15 + shift, 25:35] = 2
    return labels


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Return references and predictions of three cases: perfect, moved by five rows, and missing."""
    for name in ("a", "b", "c"):
        save(tmp_path / "ref" / f"{name}.png", lungs())
    save(tmp_path / "pred" / "a_mask.png", lungs())
    save(tmp_path / "pred" / "b.png", lungs(5))
    return tmp_path / "ref", tmp_path / "pred"


@pytest.mark.parametrize("suffix", [".bmp", ".webp", ".gif", ".tiff"])
def test_masks_of_every_format_that_is_read_are_found(tmp_path: Path, suffix: str) -> None:
    for folder in ("ref", "pred"):
        save(tmp_path / folder / f"a{suffix}", lungs() * 100)
    assert [case.prediction for case in find_cases(tmp_path / "ref", tmp_path / "pred").cases] == [
        tmp_path / "pred" / f"a{suffix}"
    ]


def test_files_are_matched_by_stem_and_a_missing_one_counts_as_a_failure(folders: tuple[Path, Path]) -> None:
    cases = find_cases(*folders)
    evaluation = evaluate_files(cases)
    assert [score.error for score in evaluation.scores] == [None, None, "no-prediction"]
    dice = [score.agreements["both lungs"].dice for score in evaluation.scores]
    assert dice == [1.0, 0.5, 0.0]  # 50 of 100 rows overlap
    assert failure_rate(evaluation.scores, "both lungs", 0.9) == pytest.approx(2 / 3)


def test_figures_of_squares_moved_by_half_their_height() -> None:
    found, confusion = score_masks(AlignedMasks(lungs(), lungs(5), (1.0, 1.0), "px"), LUNGS, sides=True)
    right = found["right lung"]
    assert right.dice == right.precision == right.recall == 0.5
    assert right.iou == pytest.approx(1 / 3)
    assert right.volume_error_percent == 0.0
    assert right.volume_error_ml is None  # a picture
    assert (right.reference_parts, right.prediction_parts) == (1, 1)
    assert confusion is not None
    assert confusion[1, 1] == 50
    assert confusion[1, 2] == 0


def test_exchanged_sides_are_seen_in_the_confusion(tmp_path: Path) -> None:
    exchanged = np.array([0, 2, 1], np.uint8)[lungs()]
    save(tmp_path / "ref.png", lungs())
    save(tmp_path / "pred.png", exchanged)
    score = evaluate_files(find_cases(tmp_path / "ref.png", tmp_path / "pred.png")).scores[0]
    assert score.swapped == 1.0
    assert score.agreements["both lungs"].dice == 1.0
    assert score.agreements["right lung"].dice == 0.0


def test_volumes_are_in_millilitres_where_millimetres_are_known() -> None:
    reference = np.zeros((4, 10, 10), np.uint8)
    reference[:, 2:8, 2:8] = 1  # 144 voxels of 10 mm3
    masks = AlignedMasks(reference, np.zeros_like(reference), (10.0, 1.0, 1.0), "mm", voxel_ml=0.01)
    found, _ = score_masks(masks, {1: "lung"}, sides=False)
    lung = found["lung"]
    assert lung.reference_ml == pytest.approx(1.44)
    assert lung.volume_error_ml == pytest.approx(-1.44)
    assert lung.volume_error_percent == pytest.approx(-100.0)
    assert math.isinf(lung.hd95)


def test_distances_on_a_picture_are_millimetres_where_the_manifest_knows_them(tmp_path: Path) -> None:
    save(tmp_path / "set" / "masks" / "a.png", lungs())
    save(tmp_path / "pred" / "a.png", lungs(5))
    record = {"id": "a", "patient": "p", "split": "val", "image": "images/a.png", "mask": "masks/a.png"}
    found = {}
    for spacing in (None, [4.0, 3.0]):  # along x, y
        (tmp_path / "set" / "manifest.jsonl").write_text(json.dumps({**record, "spacing": spacing}))
        (score,) = evaluate_files(find_cases(tmp_path / "set", tmp_path / "pred")).scores
        found[score.unit] = score.agreements["right lung"].hd95
    assert found == {"px": 5.0, "mm": 15.0}  # moved down by five rows


def test_summary_takes_the_worse_tail_and_names_infinite_ones() -> None:
    values = np.array([1.0, 2.0, 3.0, math.inf])
    found = summarise(values, np.arange(4), "low")
    assert (found.cases, found.infinite, found.mean, found.median) == (4, 1, 2.0, 2.5)
    assert math.isinf(found.worst or 0)


def test_bootstrap_draws_patients_not_cases() -> None:
    # a thousand slices of one patient are one observation
    many = bootstrap(np.array([0.9] * 1000 + [0.5]), np.array([1] * 1000 + [2]))
    assert many is not None
    assert many[0] == pytest.approx(0.5)
    assert many[1] == pytest.approx(0.9)
    assert bootstrap(np.array([0.9, 0.8]), np.array([1, 1])) is None


def test_difference_of_two_sets_of_predictions(folders: tuple[Path, Path], tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        save(tmp_path / "better" / f"{name}.png", lungs(1))
    first = evaluate_files(find_cases(*folders))
    second = evaluate_files(find_cases(folders[0], tmp_path / "better"))
    dice = differences(first, second, LUNGS)["both lungs"]["dice"]
    # 1.0 -> 0.9, 0.5 -> 0.9, 0.0 -> 0.9
    assert dice.mean == pytest.approx((-0.1 + 0.4 + 0.9) / 3)
    assert (dice.better, dice.worse, dice.cases) == (2, 1, 3)


def test_curves_over_thresholds_count_voxels_exactly() -> None:
    probabilities = np.array([[0, 51, 102, 255]], np.uint8)
    inside = np.array([[False, False, True, True]])
    found = threshold_curves([count_by_probability(probabilities, inside)])
    assert found is not None
    at = {threshold: place for place, threshold in enumerate(np.round(found.thresholds, 2))}
    assert found.dice[at[0.1]] == pytest.approx(2 * 2 / (2 + 3))  # three marked, two of them right
    assert found.dice[at[0.4]] == 1.0
    assert found.recall[at[0.5]] == 0.5
    assert found.precision[at[1.0]] == 1.0


def test_calibration_error_of_a_coin_that_keeps_its_word_is_zero() -> None:
    probabilities = np.full((1, 100), 51, np.uint8)  # one in five
    inside = np.arange(100)[None] < 20
    found = threshold_curves([count_by_probability(probabilities, inside)])
    assert found is not None
    assert found.ece == pytest.approx(0.0, abs=1e-9)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data set of two slices of a drawn chest, one of them in the split val."""
    folder = tmp_path_factory.mktemp("dataset")
    phantom = chest(shape=(3, 256, 256), spacing=(60.0, 1.5, 1.5))
    records = []
    for number, split in ((0, "train"), (1, "val")):
        Image.fromarray(phantom.volume.voxels[1].astype(np.int16)).save(folder / f"{number}.tif")
        save(folder / f"{number}.png", phantom.labels[1])
        records.append({"id": str(number), "patient": str(number), "split": split, "image": f"{number}.tif"})
        records[-1] |= {"mask": f"{number}.png", "sides": True}
    (folder / "manifest.jsonl").write_text("\n".join(map(json.dumps, records)))
    return folder


def test_model_is_run_on_the_split_and_gives_curves_and_run_time(dataset: Path) -> None:
    cases = find_cases(dataset)
    assert [case.id for case in cases.cases] == ["1"]
    assert find_cases(dataset / "manifest.jsonl") == cases
    segmenter = Segmenter(threads=1)
    evaluation = evaluate_model(cases, segmenter, None)
    assert evaluation.scores[0].agreements["both lungs"].dice > 0.9
    assert evaluation.curves is not None
    middle = evaluation.curves.dice[50]
    assert middle == pytest.approx(evaluation.scores[0].agreements["both lungs"].dice, abs=0.02)
    assert evaluation.run_times[0].device == "cpu"
    assert evaluation.run_times[0].milliseconds is not None
    assert summaries(evaluation, cases.labels)["left lung"]["dice"].cases == 1
    picture = find_worst_slices(evaluation, cases, segmenter)[0]
    assert picture.grey.shape == picture.reference.shape == picture.prediction.shape == (256, 256)


def test_structures_that_are_no_lungs_are_scored_one_by_one(tmp_path: Path) -> None:
    save(tmp_path / "set" / "a.png", lungs())
    save(tmp_path / "pred" / "a.png", lungs(5))
    record = {"id": "a", "patient": "a", "split": "val", "image": "a.png", "mask": "a.png", "sides": False}
    (tmp_path / "set" / "manifest.jsonl").write_text(json.dumps(record))
    (tmp_path / "set" / "dataset.json").write_text(json.dumps({"labels": {"1": "heart", "2": "aorta"}}))
    cases = find_cases(tmp_path / "set", tmp_path / "pred")
    found = summaries(evaluate_files(cases), cases.labels)
    assert {name: found[name]["dice"].mean for name in found} == {"all labels": 0.5, "heart": 0.5, "aorta": 0.5}


def rows(references: Path, predictions: Path) -> dict[str, float | None]:
    """Return the mean Dice of everything that was scored."""
    cases = find_cases(references, predictions)
    return {name: found["dice"].mean for name, found in summaries(evaluate_files(cases), cases.labels).items()}


@pytest.mark.parametrize(("reference", "prediction"), [(255, 255), (1, 2), (255, 2), (2, 255)])
def test_lungs_are_scored_as_one_where_either_side_does_not_tell_them_apart(
    tmp_path: Path, reference: int, prediction: int
) -> None:
    """A value of 2 stands for masks with right and left here, any other for masks that mark both by it."""
    for name, mark in (("ref", reference), ("pred", prediction)):
        save(tmp_path / name / "a.png", lungs() if mark == 2 else mark * (lungs() > 0))
    assert rows(tmp_path / "ref", tmp_path / "pred") == {"both lungs" if reference == 2 else "lung": 1.0}


def test_lungs_are_told_apart_by_the_folder_as_a_whole(tmp_path: Path) -> None:
    for name, value in (("right", 1), ("left", 2)):  # two masks of one lung each
        save(tmp_path / "ref" / f"{name}.png", value * (lungs() == value))
    assert rows(tmp_path / "ref", tmp_path / "ref") == {"both lungs": 1.0, "right lung": 1.0, "left lung": 1.0}


def test_other_values_are_named_as_a_description_says_or_by_number(tmp_path: Path) -> None:
    table = np.array([0, 3, 5])
    save(tmp_path / "ref" / "a.png", table[lungs()])
    assert list(rows(tmp_path / "ref", tmp_path / "ref")) == ["all labels", "label 3", "label 5"]
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": {"background": 0, "heart": 3, "aorta": 5}}))
    assert list(rows(tmp_path / "ref", tmp_path / "ref")) == ["all labels", "heart", "aorta"]
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": {"background": 0, "lung": [3, 5]}}))
    assert list(rows(tmp_path / "ref", tmp_path / "ref")) == ["lung"]


def test_model_of_one_label_is_scored_on_both_lungs_together(dataset: Path) -> None:
    segmenter = Segmenter(threads=1)
    segmenter.bundle = replace(segmenter.bundle, labels=("lung",))
    cases = find_cases(dataset)
    assert list(summaries(evaluate_model(cases, segmenter, None), cases.labels)) == ["both lungs"]


def test_nothing_to_compare_is_an_error_by_name(tmp_path: Path, dataset: Path) -> None:
    save(tmp_path / "ref" / "a.png", lungs())
    save(tmp_path / "pred" / "b.png", lungs())
    for arguments in ((tmp_path / "ref", tmp_path / "pred"), (tmp_path / "ref",)):
        with pytest.raises(PleuraError) as caught:
            find_cases(*arguments)
        assert caught.value.code == "no-pairs"
    with pytest.raises(PleuraError) as caught:
        find_cases(dataset, split="test")
    assert caught.value.code == "no-pairs"


def test_grids_that_differ_are_a_failed_case(tmp_path: Path) -> None:
    save(tmp_path / "ref.png", lungs())
    save(tmp_path / "pred.png", np.ones((10, 10)))
    score = evaluate_files(find_cases(tmp_path / "ref.png", tmp_path / "pred.png")).scores[0]
    assert score.error == "grid-mismatch"
    assert score.agreements["both lungs"].dice == 0.0
