"""Names of images and masks as people give them are pairs; what could be a pair in two ways is not guessed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from pleura.file_names import key_of, without_padding
from pleura.preparation.pairing import match_names

ROOT = Path("/source")


def pairs_of(*names: str) -> list[tuple[str, str]]:
    """Return image and mask of each pair among files below a folder, all of which have to be in one."""
    pairs, refused, alone, lonely = match_names([ROOT / name for name in names], ROOT)
    assert not refused
    assert not alone
    assert not lonely
    assert not any(pair.parts for pair in pairs)
    return sorted((str(pair.image.relative_to(ROOT)), str((pair.mask or ROOT).relative_to(ROOT))) for pair in pairs)


def ambiguous(*names: str) -> dict[str, str]:
    return {
        one.name: one.message
        for one in match_names([ROOT / name for name in names], ROOT)[1]
        if one.code == "ambiguous-pair"
    }


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("image{}", "mask{}"),
        ("img_00{}", "00{}_mask"),
        ("IMG-{}", "mask_{}"),
        ("slice{}", "seg{}"),
        ("case-{}_ct", "case-{}_lungs"),
        ("ct.{}", "gt.{}"),
        ("CXR{}", "CXR{} label"),
        ("scan_{}", "annotation_{}"),
        ("im{}", "msk{}"),
        ("CTscan{}", "LungMask{}"),
        ("patient{}_slice3", "patient{}_slice3_segmentation"),
        ("Image ({})", "Mask ({})"),
        ("{}", "lung_{}"),
        ("lung_{}", "lung_{}_mask"),
        ("lungseg{}", "lungseg{}_mask"),
        ("{}_orig", "{}_ground_truth"),
    ],
)
@pytest.mark.parametrize(
    ("images", "masks"),
    [
        ("images/{}.png", "masks/{}.png"),
        ("dataset/images/{}.jpg", "dataset/masks/{}.png"),
        ("data/Images/{}.PNG", "data/Masks/{}.PNG"),
        ("images/{}.JPG", "labels/{}.PNG"),
        ("train/images/{}.png", "train/masks/{}.png"),
        ("images/train/{}.png", "masks/train/{}.png"),
        ("train_images/{}.png", "train_masks/{}.png"),
        ("2d_images/{}.tif", "2d_masks/{}.tif"),
        ("images/img/{}.png", "masks/img/{}.png"),
        ("Lung Segmentation/CXR_png/{}.png", "Lung Segmentation/masks/{}.png"),
        ("imagesTr/{}.nii.gz", "labelsTr/{}.nii.gz"),
        ("{}.png", "{}.png"),
        ("3d_images/{}.nii.gz", "3d_images/{}.nii.gz"),
    ],
)
def test_names_are_equal_once_the_words_for_image_and_mask_are_taken_away(
    image: str, mask: str, images: str, masks: str
) -> None:
    numbers = (1, 2, 12)
    wanted = [(images.format(image.format(n)), masks.format(mask.format(n))) for n in numbers]
    assert pairs_of(*[name for pair in wanted for name in pair]) == sorted(wanted)


WORDS = (
    ("image", "Img", "IM", "ct", "CXR", "slice", "scan"),
    ("mask", "Msk", "SEG", "label", "lungs", "gt", "annotation"),
)
SEPARATORS = st.sampled_from(["", "_", "-", " ", "."])
IDS = st.from_regex(r"[a-z]{0,3}[0-9]{1,4}(_[0-9]{1,3})?", fullmatch=True)


@given(
    ids=st.lists(IDS, min_size=1, max_size=6, unique_by=lambda one: without_padding(key_of(one))),
    words=st.tuples(*(st.sampled_from(words) for words in WORDS)),
    separators=st.tuples(SEPARATORS, SEPARATORS),
    first=st.tuples(st.booleans(), st.booleans()),
    folders=st.sampled_from([("images/", "masks/"), ("x/img/", "x/seg/"), ("train/images/", "train/labels/")]),
)
@example(
    ids=["0", "gt1"],
    words=("image", "mask"),
    separators=("", ""),
    first=(False, False),
    folders=("images/", "masks/"),
)
def test_names_of_any_making_pair_in_folders_of_their_own(
    ids: Sequence[str],
    words: tuple[str, str],
    separators: tuple[str, str],
    first: tuple[bool, bool],
    folders: tuple[str, str],
) -> None:
    def name(one: str, k: int) -> str:
        parts = (words[k], one) if first[k] else (one, words[k])
        # a word and an id that begins with a letter are one word to a reader too
        assume(separators[k] or not (parts[0][-1].isalpha() and parts[1][0].isalpha()))
        return f"{folders[k]}{separators[k].join(parts)}.png"

    wanted = [(name(one, 0), name(one, 1)) for one in ids]
    assert pairs_of(*[file for pair in wanted for file in pair]) == sorted(wanted)


def test_zeros_before_a_number_are_nothing_where_only_one_file_has_it() -> None:
    names = [f"images/{k}.png" for k in range(1, 12)] + [f"masks/mask_{k:03}.png" for k in range(1, 12)]
    assert len(pairs_of(*names)) == 11
    messages = ambiguous("images/image1.png", "images/image01.png", "masks/mask001.png")
    assert set(messages) == {"images/image1.png", "images/image01.png", "masks/mask001.png"}
    assert "images/image1.png and images/image01.png both match masks/mask001.png" in messages["masks/mask001.png"]


def test_what_matches_in_two_ways_is_an_error_that_names_both() -> None:
    messages = ambiguous("images/image1.png", "images/img1.png", "images/a.png", "masks/mask1.png", "masks/a.png")
    assert set(messages) == {"images/image1.png", "images/img1.png", "masks/mask1.png"}
    for message in messages.values():
        assert "images/image1.png and images/img1.png both match masks/mask1.png" in message
    messages = ambiguous("image1.png", "mask1.png", "seg1.png")
    assert "mask1.png and seg1.png both match image1.png" in messages["image1.png"]


def test_names_that_differ_by_such_a_word_alone_are_distinguished_by_masks_of_the_same_names() -> None:
    for mask in ("{}.png", "{}_mask.png"):
        wanted = [(f"images/{name}.png", f"masks/{mask.format(name)}") for name in ("ct_1", "cxr_1")]
        assert pairs_of(*[name for pair in wanted for name in pair]) == wanted


@pytest.mark.parametrize("ids", [("0", "gt1"), ("1", "gt1"), ("mask01", "seg12", "img3"), ("label_3", "gt", "3", "4")])
@pytest.mark.parametrize(
    ("images", "masks"),
    [
        ("images/{}.png", "masks/{}.png"),
        ("images/{}.png", "masks/{}_mask.png"),
        ("images/image_{}.png", "masks/mask_{}.png"),
        ("x/img/{}_img.png", "x/seg/{}_seg.png"),
        ("images/a/{}.png", "masks/{}.png"),
        ("Lung Segmentation/CXR_png/{}.png", "Lung Segmentation/masks/{}_mask.png"),
    ],
)
def test_a_word_for_a_mask_in_an_id_is_none_where_images_have_a_folder_of_their_own(
    ids: Sequence[str], images: str, masks: str
) -> None:
    wanted = [(images.format(one), masks.format(one)) for one in ids]
    assert pairs_of(*[name for pair in wanted for name in pair]) == sorted(wanted)


def test_an_id_that_ends_with_a_word_for_a_mask_is_no_mask_of_the_image_called_without_it() -> None:
    wanted = [(f"images/{name}.png", f"masks/{name}.png") for name in ("patient", "patient_gt")]
    assert pairs_of(*[name for pair in wanted for name in pair]) == wanted
    files = ["images/0.png", "images/1.png", "images/gt1.png", "masks/0.png"]
    pairs, refused, alone, lonely = match_names([ROOT / name for name in files], ROOT)
    assert [pair.name for pair in pairs] == ["images/0"]
    assert alone == [ROOT / "images/1.png", ROOT / "images/gt1.png"]
    assert not refused
    assert not lonely


def test_images_and_masks_in_one_folder_pair_there_whatever_lies_in_others() -> None:
    wanted = [("images/1.png", "images/1_mask.png"), ("x/images/1.png", "x/masks/1.png")]
    assert pairs_of(*[name for pair in wanted for name in pair]) == wanted
    wanted = [(f"{name}.png", f"{name}_mask.png") for name in ("gt1", "label_2", "p3")]
    assert pairs_of(*[name for pair in wanted for name in pair]) == wanted


def test_words_glued_to_letters_are_taken_away_where_nothing_else_pairs() -> None:
    wanted = [(f"images/image{letter}.png", f"masks/mask{letter}.png") for letter in "abc"]
    assert pairs_of(*[name for pair in wanted for name in pair]) == wanted
    assert pairs_of("images/imagery.png", "masks/imagery.png") == [("images/imagery.png", "masks/imagery.png")]


def test_one_patient_never_gets_the_mask_of_another() -> None:
    files = ["p1/image1.png", "p1/image2.png", "p1/mask2.png", "p2/mask1.png", "p2/mask3.png", "p2/image3.png"]
    pairs, _, alone, lonely = match_names([ROOT / name for name in files], ROOT)
    assert [(pair.image.name, pair.mask and pair.mask.name) for pair in pairs] == [
        ("image2.png", "mask2.png"),
        ("image3.png", "mask3.png"),
    ]
    assert alone == [ROOT / "p1/image1.png"]
    assert list(lonely) == [(("p2",), "1")]


def test_an_image_to_train_on_never_gets_a_mask_to_test_on() -> None:
    files = ["images/train/1.png", "images/test/2.png", "masks/test/1.png", "masks/test/2.png"]
    pairs, _, alone, _ = match_names([ROOT / name for name in files], ROOT)
    assert [pair.name for pair in pairs] == ["images/test/2"]
    assert alone == [ROOT / "images/train/1.png"]


def test_a_mask_belongs_to_the_nearest_image_of_its_name() -> None:
    wanted = [(f"{part}/CXR_png/a.png", f"{part}/masks/a_mask.png") for part in ("one", "two")]
    assert pairs_of(*[name for pair in wanted for name in pair]) == wanted


def test_splits_are_those_of_the_folders() -> None:
    files = [f"{part}/{kind}/{kind[:-1]}1.png" for part in ("train", "val", "test") for kind in ("images", "masks")]
    assert {pair.split for pair in match_names([ROOT / name for name in files], ROOT)[0]} == {"train", "val", "test"}
    files = [f"{part}_{kind}/1.png" for part in ("train", "valid", "test") for kind in ("images", "masks")]
    assert {pair.split for pair in match_names([ROOT / name for name in files], ROOT)[0]} == {"train", "val", "test"}
