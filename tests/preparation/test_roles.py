"""Names of files say together which are images and which are masks, and a folder says it for all in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pleura.preparation.roles import parse_names

ROOT = Path("/source")


def masks_among(*names: str) -> list[str]:
    return sorted(
        str(file.path.relative_to(ROOT)) for file in parse_names([ROOT / n for n in names], ROOT) if file.is_mask
    )


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("images/image1.png", "masks/mask1.png"),
        ("a.jpg", "a_mask.jpg"),
        ("p1/ct.nrrd", "p1/lungs.nrrd"),
        ("train/images/x_12.png", "train/labels/x_12.png"),
    ],
)
def test_an_image_and_its_mask_have_one_key(image: str, mask: str) -> None:
    found = parse_names([ROOT / image, ROOT / mask], ROOT)
    assert {file.path: file.is_mask for file in found} == {ROOT / image: False, ROOT / mask: True}
    assert len({file.key for file in found}) == 1


def test_a_folder_that_holds_both_says_nothing_of_either() -> None:
    names = ["Lung Segmentation/images/a.png", "Lung Segmentation/masks/a.png"]
    found = parse_names([ROOT / name for name in names], ROOT)
    assert [file.is_mask for file in sorted(found, key=lambda file: file.name)] == [False, True]


def test_a_folder_overrules_the_names_in_it_where_their_counterparts_lie_in_one_of_the_other_kind() -> None:
    assert masks_among("images/0.png", "images/gt1.png", "masks/0.png", "masks/gt1.png") == [
        "masks/0.png",
        "masks/gt1.png",
    ]
    assert masks_among("masks/ct1.png", "masks/mask2.png", "images/ct1.png", "images/2.png") == [
        "masks/ct1.png",
        "masks/mask2.png",
    ]


def test_names_tell_where_more_counterparts_lie_beside_each_other() -> None:
    files = [f"images/{k}{word}.png" for k in (1, 2) for word in ("", "_mask")]
    assert masks_among(*files) == ["images/1_mask.png", "images/2_mask.png"]
    assert masks_among(*files, "masks/2.png") == ["images/1_mask.png", "images/2_mask.png", "masks/2.png"]


def test_equal_names_of_many_patients_say_nothing_of_each_other() -> None:
    files = [f"p{k}/ct/{name}.nii.gz" for k in range(60) for name in ("image", "mask")]
    assert masks_among(*files) == sorted(name for name in files if "mask" in name)


@pytest.mark.parametrize("patients", [("gt1", "p2"), ("mask01", "mask02"), ("CT001", "CT002")])
def test_a_folder_called_for_a_patient_says_nothing_where_images_and_masks_both_have_it(
    patients: tuple[str, str],
) -> None:
    masks = [f"masks/{patient}/1.png" for patient in patients]
    assert masks_among(*[f"images/{patient}/1.png" for patient in patients], *masks) == sorted(masks)


def test_folders_for_images_and_for_masks_say_so_in_each_of_several_data_sets() -> None:
    files = [f"{name}/{kind}_512/1.png" for name in ("Lung Segmentation", "CXR 2") for kind in ("images", "masks")]
    assert masks_among(*files) == sorted(name for name in files if "masks" in name)


def test_the_folder_of_a_patient_holds_both_whatever_it_is_called() -> None:
    files = [f"{patient}/{name}.nii.gz" for patient in ("seg12", "CT3", "p4") for name in ("image", "lungs")]
    assert masks_among(*files) == sorted(name for name in files if "lungs" in name)
